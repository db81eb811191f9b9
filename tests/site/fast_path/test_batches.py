"""npy batches: the fast path responds as the view does, or leaves them to it."""

import numpy as np
import pytest

from noising.api.noise import fast_path as plain
from noising.configured import default_process
from noising_site.asgi import ASGIApplication
from noising_site.wsgi import application as wsgi_application
from tests.api.v1.forms import NPY, npy, tokens_of
from tests.site.asgi_requests import ask, post, same_response

ROWS = np.arange(24, dtype=np.uint16).reshape(3, 8)
TYPE = (b"content-type", NPY.encode())
SEEDED = b"timesteps=500&seed=7"

FAST = {
    "one timestep": SEEDED,
    "a timestep for each row": b"timesteps=0,500,999&seed=7",
    "times": b"times=0.5,0,1&seed=18446744073709551615",
    "percent": b"%74imesteps=500&seed=7",
    "ids and draw": b"timesteps=5&seed=7&sequence_ids=9,8,7&draw=3",
}
LEFT = {
    "refused timestep": b"timesteps=1000&seed=7",
    "no time": b"seed=7",
    "both": b"timesteps=5&times=0.5",
    "twice": b"timesteps=5&timesteps=6",
    "ids that do not fit": b"timesteps=5&sequence_ids=1",
    "not a number": b"timesteps=x",
    "not UTF-8": b"timesteps=\xff",
    "unknown": b"timesteps=5&seed=7&other=1",
    "extras": b"timesteps=5&seed=7&return=seed",
    "hyperschedule": b'timesteps=5&seed=7&hyperschedule={"type":"flat"}',
    "long": b"timesteps=5&seed=7" + 4096 * b"&",
    "many fields": b"timesteps=5&seed=7" + 1100 * b"&a=",
}
HEADERS = {
    "no accept": ((), True),
    "anything": (((b"accept", b"*/*"),), True),
    "npy first": (((b"accept", b"application/json;q=0.5, application/x-npy"),), True),
    "JSON first": (((b"accept", b"application/x-npy;q=0.5, application/json"),), False),
    "JSON": (((b"accept", b"application/json"),), False),
    "nothing on offer": (((b"accept", b"text/csv"),), False),
    "cookie": (((b"cookie", b"sessionid=x"),), False),
    "sent as JSON": (((b"content-type", b"application/json"),), False),
    "encoded": (((b"content-encoding", b"gzip"),), False),
}


def batch(query: bytes, body: bytes, *headers: tuple[bytes, bytes]):
    """Return the scope of a POST of a batch; headers may replace its type."""
    named = {name for name, _ in headers}
    types = [] if TYPE[0] in named else [TYPE]
    scope = post("/api/v1/noise", body, *types, *headers)
    return scope | {"query_string": query}


@pytest.fixture
def alone(fast, monkeypatch):
    """The fast path, with nobody to turn to."""
    monkeypatch.delattr(fast.bridge, "application")
    return fast


@pytest.mark.parametrize("query", FAST.values(), ids=FAST.keys())
@pytest.mark.parametrize("dtype", ["<u2", "<i4", "<i8"])
def test_answers_are_the_same_to_the_byte(alone, slow, query, dtype):
    body = npy(ROWS.astype(dtype))
    answer = same_response(alone, slow, batch(query, body), body)
    assert answer.status == 200
    assert dict(answer.headers)[b"content-type"] == NPY.encode()


def test_it_is_the_engines_noise(alone):
    body = npy(ROWS)
    answer = ask(alone, batch(SEEDED, body), body)
    noised = default_process().noise(ROWS, 500, seed=7)
    assert np.array_equal(tokens_of(NPY, answer.content), noised.tokens)


def test_without_a_seed_each_answer_names_its_own(alone):
    body = npy(ROWS)
    first, second = (ask(alone, batch(b"timesteps=999", body), body) for _ in range(2))
    seeds = [dict(answer.headers)[b"noise-seed"] for answer in (first, second)]
    assert seeds[0] != seeds[1]
    again = batch(b"timesteps=999&seed=" + seeds[0], body)
    assert ask(alone, again, body).content == first.content


def test_one_sequence_is_noised_as_well(alone, slow):
    body = npy(ROWS[0])
    assert same_response(alone, slow, batch(SEEDED, body), body).status == 200


@pytest.mark.parametrize("query", LEFT.values(), ids=LEFT.keys())
def test_other_queries_are_left_to_the_application(fast, slow, query):
    body = npy(ROWS)
    scope = batch(query, body)
    assert fast.fast_path.find(scope).respond(scope, body) is None
    same_response(fast, slow, scope, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x93NUMPY",
        npy(ROWS)[:-1],
        npy(ROWS.astype(np.float32)),
        npy(np.asfortranarray(ROWS)),
        npy(ROWS.astype(np.uint8)),
        npy(np.array([[50257]], np.uint16)),
        npy(np.zeros((0, 4), np.uint16)),
    ],
    ids=["empty", "cut", "short", "floats", "fortran", "narrow", "outside", "no rows"],
)
def test_other_bodies_are_left_to_the_application(fast, slow, body):
    assert same_response(fast, slow, batch(SEEDED, body), body).status >= 400


@pytest.mark.parametrize(("headers", "is_fast"), HEADERS.values(), ids=HEADERS.keys())
def test_only_what_is_sent_and_answered_in_npy_is_fast(fast, slow, headers, is_fast):
    body = npy(ROWS)
    scope = batch(SEEDED, body, *headers)
    assert (fast.fast_path.find(scope) is not None) == is_fast
    same_response(fast, slow, scope, body)


def test_long_bodies_are_not_worked_on_by_the_loop(fast):
    longest = batch(SEEDED, b"", (b"content-length", b"%d" % plain.MOST_BYTES))
    longer = batch(SEEDED, b"", (b"content-length", b"%d" % (plain.MOST_BYTES + 1)))
    assert fast.fast_path.find(longest) is not None
    assert fast.fast_path.find(longer) is None


@pytest.mark.parametrize(
    ("shape", "is_fast"),
    [
        (plain.MOST_TOKENS, True),
        (plain.MOST_TOKENS + 1, False),
        ((plain.MOST_ROWS, 2), True),
        ((plain.MOST_ROWS + 1, 2), False),
    ],
)
def test_nor_are_many_tokens_or_rows(fast, slow, shape, is_fast):
    body = npy(np.zeros(shape, np.int64))
    scope = batch(SEEDED, body)
    assert (fast.fast_path.find(scope).respond(scope, body) is not None) == is_fast
    assert same_response(fast, slow, scope, body).status == 200


def test_what_may_take_long_is_not_worked_on_by_the_loop(fast, slow, monkeypatch):
    monkeypatch.setattr(plain, "LONGEST_SECONDS", -1.0)
    body = npy(ROWS)
    scope = batch(SEEDED, body)
    assert fast.fast_path.find(scope).respond(scope, body) is None
    assert same_response(fast, slow, scope, body).status == 200


def test_the_limit_of_tokens_holds(fast, settings):
    settings.MAX_TOKENS = ROWS.size - 1
    body = npy(ROWS)
    assert ask(fast, batch(SEEDED, body), body).status == 413


def test_it_is_off_where_access_is_closed(settings):
    settings.ACCESS = "closed"
    body = npy(ROWS)
    application = ASGIApplication(wsgi_application)
    assert application.fast_path.find(batch(SEEDED, body)) is None
    assert ask(application, batch(SEEDED, body), body).status == 401
