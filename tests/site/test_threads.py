"""The WSGI application in threads, behind an event loop."""

import asyncio
import io
import threading

import orjson
import pytest

from noising_site.gate import Gate
from noising_site.requests import CROWDED
from noising_site.threads import (
    PIECE_BYTES,
    SMALL_BYTES,
    PieceWrapper,
    ThreadedApplication,
    answered,
    environ_of,
)
from noising_site.wsgi import application as wsgi_application
from tests.site.asgi_requests import HOST, Client, ask, post, scope_of
from tests.wsgi import database_left_alone


class Recorder:
    """A WSGI application that answers in pieces, and remembers what it was asked."""

    def __init__(self, *pieces: bytes, headers=()) -> None:
        self.pieces, self.headers = pieces, list(headers)
        self.environ = {}
        self.bodies = []
        self.given = 0
        self.closed = threading.Event()

    def __call__(self, environ, start_response):
        self.environ = environ
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", self.headers)
        return self

    def __iter__(self):
        for piece in self.pieces:
            self.given += 1
            yield piece

    def close(self):
        self.closed.set()


def threaded(application, threads=2):
    return ThreadedApplication(application, threads=threads)


def test_an_answer_of_one_piece_goes_out_whole():
    application = Recorder(b"abc", headers=[("Content-Length", "3"), ("X-Y", "\xe9")])
    client = ask(threaded(application), scope_of("GET", "/"))
    assert [message["type"] for message in client.sent] == [
        "http.response.start",
        "http.response.body",
    ]
    assert client.headers == [(b"content-length", b"3"), (b"x-y", b"\xe9")]
    assert client.content == b"abc"
    assert application.closed.is_set()


def test_an_answer_of_several_pieces_goes_out_piece_by_piece():
    application = Recorder(b"a", b"bc", b"d")
    client = ask(threaded(application), scope_of("GET", "/"))
    assert [message.get("body") for message in client.sent] == [
        *(None, b"a", b"bc", b"d", b"")
    ]
    assert [message.get("more_body") for message in client.sent[1:]] == [
        *(True, True, True, False)
    ]


def test_an_answer_without_content_is_whole():
    client = ask(threaded(Recorder()), scope_of("GET", "/"))
    assert len(client.sent) == 2
    assert client.content == b""


def test_a_stream_is_given_up_with_its_client():
    application = Recorder(*[b"x"] * 1000)
    ask(threaded(application), scope_of("GET", "/"), leaves_after=5)
    assert application.given < 20
    assert application.closed.wait(5)


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, 5 * SMALL_BYTES])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_is_passed_on_whole(size, declared):
    body = bytes(size)
    headers = [] if declared else [(b"content-length", b"")]
    application = Recorder(b"x")
    parts = [body[start : start + 50_000] for start in range(0, size, 50_000)]
    ask(threaded(application), post("/", body, *headers), *parts)
    assert application.bodies == [body]


def test_of_an_endless_body_no_more_is_taken_than_the_limit_needs(settings):
    settings.MAX_BODY_BYTES = 4 * SMALL_BYTES
    application = Recorder(b"x")
    scope = post("/", b"", (b"content-length", b""))
    client = ask(threaded(application), scope, *[bytes(SMALL_BYTES)] * 100)
    assert client.received == 5
    assert len(application.bodies[0]) == 5 * SMALL_BYTES


@pytest.mark.parametrize("length", ["16777217", "9" * 30])
def test_a_body_that_declares_too_much_is_not_asked_for(length):
    application = Recorder(b"x", b"y")
    scope = post("/", b"", (b"content-length", length.encode()))
    client = ask(threaded(application), scope, b"x", b"x")
    assert client.received == 0
    assert application.environ["CONTENT_LENGTH"] == length


def test_a_client_that_leaves_within_its_body_costs_no_thread():
    application = Recorder(b"x")

    async def exchange():
        client = Client()
        messages = iter([{"type": "http.request", "body": b"x", "more_body": True}])

        async def receive():
            return next(messages, {"type": "http.disconnect"})

        await threaded(application)(post("/", b"xy"), receive, client.send)
        return client

    assert asyncio.run(exchange()).sent == []
    assert application.bodies == []


def test_slow_bodies_hold_no_thread_and_keep_no_others_out():
    application = threaded(Recorder(b"x", headers=[("Content-Length", "1")]))

    async def exchange():
        release, awaited = asyncio.Event(), []

        def slow(size):
            client = Client(parts=[bytes(size), b""])
            received = client.receive

            async def receive():
                if client.received == 1:
                    awaited.append(size)
                    await release.wait()
                return await received()

            scope = post("/", b"", (b"content-length", b"%d" % size))
            task = application(scope, receive, client.send)
            return client, asyncio.create_task(task)

        small = [slow(10) for _ in range(50)]
        long = [slow(2 * SMALL_BYTES) for _ in range(20)]
        while len(awaited) < 70:
            await asyncio.sleep(0)
        quick = Client()
        await asyncio.wait_for(
            application(scope_of("GET", "/"), quick.receive, quick.send), 5
        )
        assert quick.content == b"x"
        release.set()
        await asyncio.gather(*(task for _, task in small + long))
        assert all(client.content == b"x" for client, _ in small + long)

    asyncio.run(exchange())


def test_where_there_is_no_room_the_edge_says_so():
    with database_left_alone():
        answer = answered(
            wsgi_application, environ_of(post("/noise", b""), b"") | {CROWDED: True}
        )
    headers = dict(answer.headers)
    assert answer.status == 503
    assert headers[b"retry-after"] == b"5"
    assert headers[b"content-type"] == b"application/problem+json"
    assert orjson.loads(answer.content)["detail"].startswith("The service has no room")


class Crowd(Recorder):
    """It answers 503 where there is no room, as the edge does."""

    def __call__(self, environ, start_response):
        if CROWDED in environ:
            start_response("503 Service Unavailable", [("Content-Length", "4")])
            return [b"full"]
        return super().__call__(environ, start_response)


def test_where_there_is_no_room_the_slowest_body_gives_way(settings):
    settings.MAX_BODY_BYTES = 4 * SMALL_BYTES
    recorder = Crowd(b"x", headers=[("Content-Length", "1")])
    application = threaded(recorder, threads=1)
    application.uploads.most_bytes = 6 * SMALL_BYTES
    size = 3 * SMALL_BYTES
    scope = post("/", b"", (b"content-length", b"%d" % size))

    async def exchange():
        release = asyncio.Event()
        slow = Client(parts=[bytes(2 * SMALL_BYTES), bytes(SMALL_BYTES)])
        received = slow.receive

        async def receive():
            if slow.received == 1:
                await release.wait()
            return await received()

        waiting = asyncio.create_task(application(scope, receive, slow.send))
        while slow.received < 1 or not application.uploads.taken:
            await asyncio.sleep(0)
        parts = [bytes(2 * SMALL_BYTES), bytes(SMALL_BYTES)]
        others = [Client(parts=list(parts)) for _ in range(2)]
        held = asyncio.gather(
            *(application(dict(scope), each.receive, each.send) for each in others)
        )
        await asyncio.gather(waiting, held)
        return slow, others

    slow, others = asyncio.run(asyncio.wait_for(exchange(), 20))
    assert (slow.status, slow.content) == (503, b"full")
    assert [other.status for other in others] == [200, 200]
    assert application.uploads.taken == 0
    assert [len(body) for body in recorder.bodies] == [size, size]


def test_a_body_that_is_called_off_leaves_its_room():
    application = threaded(Recorder(b"x"))

    async def exchange():
        client = Client(parts=[bytes(2 * SMALL_BYTES)])
        scope = post("/", b"", (b"content-length", b"%d" % (3 * SMALL_BYTES)))

        async def receive():
            message = await client.receive()
            return message | {"more_body": True}

        task = asyncio.create_task(application(scope, receive, client.send))
        while not application.uploads.taken:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(exchange(), 20))
    assert application.uploads.taken == 0


def test_slow_readers_keep_nobody_out_and_too_many_are_refused(monkeypatch):
    monkeypatch.setattr("noising_site.threads.MOST_STREAMS", 5)

    class Mixed(Crowd):
        def __call__(self, environ, start_response):
            if environ["PATH_INFO"] == "/quick":
                start_response("200 OK", [("Content-Length", "1")])
                return [b"q"]
            return super().__call__(environ, start_response)

    application = threaded(Mixed(b"a", b"b"))

    async def exchange():
        release = asyncio.Event()

        def slow():
            client = Client()

            async def send(message):
                await client.send(message)
                if message.get("body") == b"a":
                    await release.wait()

            scope = scope_of("GET", "/")
            return client, asyncio.create_task(application(scope, client.receive, send))

        readers = [slow() for _ in range(5)]
        while not all(len(client.sent) == 2 for client, _ in readers):
            await asyncio.sleep(0)
        quick, refused = Client(), Client()
        await application(scope_of("GET", "/quick"), quick.receive, quick.send)
        await application(scope_of("GET", "/"), refused.receive, refused.send)
        release.set()
        await asyncio.gather(*(task for _, task in readers))
        return readers, quick, refused

    readers, quick, refused = asyncio.run(asyncio.wait_for(exchange(), 20))
    assert quick.content == b"q"
    assert (refused.status, refused.content) == (503, b"full")
    assert all(client.content == b"ab" for client, _ in readers)


def test_the_request_is_as_a_wsgi_server_says_it():
    headers = [
        HOST,
        (b"content-type", b"text/plain"),
        (b"accept", b"a"),
        (b"accept", b"b"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x-forwarded-proto", b"http"),
        (b"x_forwarded_proto", b"https"),
    ]
    scope = scope_of("GET", "/", headers) | {
        "raw_path": b"/a%2Fb%ff%20",
        "query_string": b"a=%41",
    }
    environ = environ_of(scope, b"body")
    assert environ["PATH_INFO"] == "/a/b\xff "
    assert environ["QUERY_STRING"] == "a=%41"
    assert environ["HTTP_ACCEPT"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_FORWARDED_PROTO"] == "http"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == "8000"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["wsgi.input"].read() == b"body"


def test_a_scope_may_leave_out_what_asgi_lets_it():
    scope = scope_of("GET", "/\u00e9") | {"server": None, "client": None}
    scope["raw_path"] = None
    environ = environ_of(scope, b"")
    assert environ["PATH_INFO"] == "/\xc3\xa9"
    assert environ["REMOTE_ADDR"] == ""


def test_files_come_in_pieces_that_are_worth_it():
    pieces = list(PieceWrapper(io.BytesIO(bytes(PIECE_BYTES + 1)), 4096))
    assert [len(piece) for piece in pieces] == [PIECE_BYTES, 1]


def test_a_failure_is_the_servers_to_answer():
    def broken(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(threaded(broken), scope_of("GET", "/"))


def let_in(order, *, most, holds, patience_seconds=0.05):
    """Return when requests went in and out of a gate, which hold it as told."""

    async def go(gate, log, name, seconds):
        async with gate:
            log.append(f"{name} in")
            await asyncio.sleep(seconds)
        log.append(f"{name} out")

    async def exchange():
        gate, log = Gate(most, patience_seconds=patience_seconds), []
        await asyncio.gather(
            *(go(gate, log, *pair) for pair in zip(order, holds, strict=True))
        )
        await asyncio.wait_for(go(gate, log, "last", 0), 1)
        return log

    return asyncio.run(exchange())


def test_quick_requests_go_in_one_after_the_other():
    log = let_in("abc", most=8, holds=[0.001] * 3, patience_seconds=5)
    whole = [
        f"{name} {way}" for name in ("a", "b", "c", "last") for way in ("in", "out")
    ]
    assert log == whole


def test_long_ones_let_others_in_beside_them():
    log = let_in("abc", most=8, holds=[1.0, 0.001, 0.001])
    assert log.index("c out") < log.index("a out")


def test_but_never_more_than_there_are_threads():
    log = let_in("abcd", most=2, holds=[0.3] * 4, patience_seconds=0.02)
    inside = greatest = 0
    for entry in log:
        inside += 1 if entry.endswith("in") else -1
        greatest = max(greatest, inside)
    assert greatest == 2


def test_who_is_called_off_keeps_nobody_out():
    async def exchange():
        gate = Gate(2, patience_seconds=5)

        async def enter():
            async with gate:
                pass

        async with gate:
            waiting = [asyncio.create_task(enter()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()  # let in by now, but not yet running
        await asyncio.wait_for(waiting[2], 1)
        await asyncio.wait_for(enter(), 1)

    asyncio.run(exchange())
