"""The body of POST /noise as bytes: what is JSON, how much of it, and in what form."""

import gzip
import io

import orjson
import pytest
from rest_framework.response import Response

from noising.api.core.views import CoreView
from tests.api.conftest import SENTENCE
from tests.api.problems import problem_of
from tests.wsgi import Unreadable, ask

GOOD = orjson.dumps({"tokens": SENTENCE, "timestep": 500, "seed": 1})
JSON = "application/json"


class Recorded(io.BytesIO):
    """A body that remembers how much of it was asked for, each time."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked: list[int | None] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(size)
        return super().read(size)


def post(body, **variables):
    options = {"CONTENT_TYPE": JSON} | variables
    return ask("/noise", body, "POST", **options)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\n\t",
        b"{",
        b'{"tokens": [1,], "timestep": 0}',
        b'{"tokens": [1], "timestep": 0,}',
        b"{'tokens': [1], 'timestep': 0}",
        b'{tokens: [1], "timestep": 0}',
        b'{"tokens": [NaN], "timestep": 0}',
        b'{"tokens": [Infinity], "timestep": 0}',
        b'{"tokens": [-Infinity], "timestep": 0}',
        b'{"tokens": [1e400], "timestep": 0}',
        b'{"tokens": [1' + b"0" * 400 + b'], "timestep": 0}',
        b'{"tokens": [1], "timestep": -1' + b"0" * 400 + b"}",
        b'{"tokens": [01], "timestep": 0}',
        b'{"tokens": [+1], "timestep": 0}',
        b'{"tokens": [0x1], "timestep": 0}',
        b'{"tokens": [1.], "timestep": 0}',
        b'{"tokens": [.5], "timestep": 0}',
        b'{"tokens": [1], "timestep": 0} x',
        b'{"tokens": [1], "timestep": 0}{}',
        b'{"tokens": [1], "timestep": 0}\x00',
        b'{"tok\x00ens": [1], "timestep": 0}',
        b'{"tokens": [1], /* x */ "timestep": 0}',
        b'{"tokens": ["\\ud800"], "timestep": 0}',
        b'{"tokens": ["\\udc00\\ud800"], "timestep": 0}',
        b'{"tokens": ["\xed\xa0\x80"], "timestep": 0}',
        b'{"tokens": ["\xff"], "timestep": 0}',
        b'{"tokens": ["\xc0\xaf"], "timestep": 0}',
        b'{"tokens": ["\\x41"], "timestep": 0}',
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("utf-32"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"tokens": ' + b"[" * 100_000 + b"1" + b"]" * 100_000 + b', "timestep": 0}',
        b"tokens=1&timestep=0",
        b"\x1f\x8b\x08\x00",
        b"\x00",
    ],
)
def test_what_is_no_json_is_malformed(send, body):
    document = problem_of(send(body), 400)
    assert document["errors"] == []
    assert document["detail"].startswith("The body is")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/vnd.api+json",
        "application/*",
        "*/*",
        "application/jsonx",
        "json",
        ";charset=utf-8",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json; charset=latin-1",
        "application/json; charset=hex",
        "application/json; charset=idna",
        "application/json; charset=",
        "application/json; charset",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset=utf-16; charset=utf-8",
        "application/json; CHARSET=UTF-32",
        "application/json; charset*=utf-16''utf-16",
        'application/json; charset="utf-16"',
        "application/json; charset='utf-8'",
        "application/json, application/json",
        "application/json; a*=foo''%41; charset=x",
    ],
)
def test_another_content_type_is_unsupported(content_type):
    answer = post(GOOD, CONTENT_TYPE=content_type)
    assert answer.status == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert orjson.loads(answer.content)["status"] == 415


def test_a_form_is_unsupported(api):
    for response in (api.post("/noise", {"tokens": "1"}), api.post("/noise")):
        problem_of(response, 415)


@pytest.mark.parametrize(
    "encoding", ["gzip", "br", "deflate", "identity", "x", "utf-8"]
)
def test_an_encoded_body_is_unsupported(send, encoding):
    body = gzip.compress(GOOD)
    response = send(body, headers={"content-encoding": encoding})
    assert "Content-Encoding" in problem_of(response, 415)["detail"]


def test_a_body_of_the_greatest_size_is_taken(send, settings):
    settings.MAX_BODY_BYTES = len(GOOD)
    assert send(GOOD).status_code == 200
    problem_of(send(GOOD + b" "), 413)


@pytest.mark.parametrize("length", [16 * 2**20 + 1, 32 * 2**20, 10**30])
def test_a_body_that_says_it_is_too_long_is_not_read(length):
    answer = post(Unreadable(), CONTENT_LENGTH=str(length))
    assert answer.status == 413
    assert b"16777216 bytes" in answer.content


def test_nor_is_a_body_of_another_type_or_encoding():
    length = {"CONTENT_LENGTH": "100"}
    assert post(Unreadable(), CONTENT_TYPE="text/plain", **length).status == 415
    assert post(Unreadable(), HTTP_CONTENT_ENCODING="gzip", **length).status == 415


def test_a_chunked_body_is_read():
    stream = io.BytesIO(GOOD)
    answer = post(stream, **{"wsgi.input_terminated": True})
    assert answer.status == 200
    assert answer.headers["Noise-Seed"] == "1"


def test_of_a_chunked_body_no_more_is_read_than_the_limit_needs(settings):
    settings.MAX_BODY_BYTES = 1024
    stream = Recorded(b" " * 10_000)
    assert post(stream, **{"wsgi.input_terminated": True}).status == 413
    assert stream.asked[0] == 1025


def test_a_body_that_ends_early_is_malformed():
    answer = post(io.BytesIO(GOOD), CONTENT_LENGTH=str(len(GOOD) + 1))
    assert answer.status == 400
    assert b"ended before its Content-Length" in answer.content


@pytest.mark.parametrize("length", ["", "abc", "-5", "1.5", "\u00b2"])
def test_without_a_length_that_can_be_read_there_is_no_body(length):
    answer = post(io.BytesIO(GOOD), CONTENT_LENGTH=length)
    assert answer.status == 400
    assert b"The body is empty" in answer.content


@pytest.mark.parametrize(
    "content_type",
    ["text/plain; charset=hex", "text/plain; charset=idna", "text/plain; a*=foo''%41"],
)
@pytest.mark.parametrize("query", ["", "a=%41", "a=1&" * 1500])
@pytest.mark.parametrize("path", ["/info", "/livez", "/alpha/5"])
def test_a_content_type_cannot_break_a_read(path, content_type, query):
    answer = ask(path, CONTENT_TYPE=content_type, QUERY_STRING=query)
    assert answer.status == 200


def test_the_last_of_two_equal_keys_counts(send):
    body = b'{"tokens": [1], "timestep": 0, "timestep": 7, "seed": 1}'
    assert send(body).json()["alpha"] > send(GOOD).json()["alpha"]


def test_a_view_that_asks_drf_for_its_data_gets_the_same_parser(rf):
    class EchoView(CoreView):
        def post(self, request):
            return Response(request.data)

    view = EchoView.as_view()
    assert view(rf.post("/", GOOD, JSON)).data == orjson.loads(GOOD)
    assert view(rf.post("/", b"[NaN]", JSON)).status_code == 400
    assert view(rf.post("/", GOOD, "text/plain")).status_code == 415
