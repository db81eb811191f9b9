"""What is read of a body after it was refused."""

import io

from noising_site import draining
from noising_site.draining import MOST_BYTES, PIECE_BYTES, DrainedResponse
from tests.wsgi import Unreadable, ask


class Endless(io.RawIOBase):
    """A body without an end."""

    taken = 0

    def read(self, size: int = -1, /) -> bytes:
        self.taken += size
        return b" " * size


class Broken(io.RawIOBase):
    """A body whose client has gone."""

    def read(self, size: int = -1, /) -> bytes:
        raise ConnectionResetError


class Answer(list):
    """A response that knows whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def drained(body: io.RawIOBase) -> Answer:
    answer = Answer([b"a", b"b"])
    response = DrainedResponse(answer, {"wsgi.input": body})
    assert list(response) == [b"a", b"b"]
    response.close()
    return answer


def test_the_body_is_read_to_its_end_once_the_answer_is_closed():
    body = io.BytesIO(b" " * (3 * PIECE_BYTES + 5))
    assert drained(body).closed
    assert body.read() == b""


def test_an_endless_body_is_given_up():
    body = Endless()
    drained(body)
    assert body.taken == MOST_BYTES


def test_a_slow_body_is_given_up(monkeypatch):
    monkeypatch.setattr(draining, "MOST_SECONDS", -1.0)
    body = Endless()
    drained(body)
    assert body.taken == PIECE_BYTES


def test_a_client_that_has_gone_is_no_failure():
    assert drained(Broken()).closed


def test_a_response_that_cannot_be_closed_is_left_alone():
    DrainedResponse([b"a"], {"wsgi.input": io.BytesIO()}).close()


def test_only_refused_bodies_of_servers_that_end_them_are_drained():
    unread = {"body": Unreadable(), "method": "POST", "CONTENT_LENGTH": "5"}
    assert ask("/unknown", **unread).status == 404
    body = io.BytesIO(b"12345")
    terminated = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "5"}
    assert ask("/unknown", body, "POST", **terminated).status == 404
    assert body.tell() == 5
    body = io.BytesIO(b"12345")
    assert ask("/info", body, "OPTIONS", **terminated).status == 204
    assert body.tell() == 0
