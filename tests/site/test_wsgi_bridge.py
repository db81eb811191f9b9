"""The WSGI application in threads, behind an event loop."""

import asyncio
import threading

import orjson
import pytest

from noising.budget import MemoryBudget
from noising_site import wsgi_bridge
from noising_site.asgi import is_stateless, refuse
from noising_site.wsgi_bridge import CHUNK_BYTES, WSGIBridge, environ_of
from tests.site.asgi_requests import HOST, Client, ask, post, scope_of

LIMIT = 4 * CHUNK_BYTES
ROOM = 6 * CHUNK_BYTES


class Recorder:
    """A WSGI application that responds in pieces, and remembers its requests."""

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


class Bridge:
    """The bridge with limits that tests can reach."""

    def __init__(self, application) -> None:
        self.memory = MemoryBudget(ROOM)
        self.bridge = WSGIBridge(
            application,
            is_stateless=is_stateless,
            refuse=refuse,
            observe=lambda *response: self.observed.append(response),
            memory=self.memory,
        )
        self.observed: list[tuple[str, str, int, float]] = []

    async def __call__(self, scope, receive, send):
        await self.bridge(scope, receive, send, max_body_bytes=LIMIT)


def whole(content: bytes) -> Recorder:
    return Recorder(content, headers=[("Content-Length", str(len(content)))])


def run(exchange):
    return asyncio.run(asyncio.wait_for(exchange, 20))


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


def test_a_response_of_one_piece_is_sent_whole():
    application = Recorder(b"abc", headers=[("Content-Length", "3"), ("X-Y", "\xe9")])
    client = ask(Bridge(application), scope_of("GET", "/"))
    assert [message["type"] for message in client.sent] == [
        "http.response.start",
        "http.response.body",
    ]
    assert client.headers == [(b"content-length", b"3"), (b"x-y", b"\xe9")]
    assert client.content == b"abc"
    assert application.closed.is_set()


def test_a_long_response_is_sent_in_chunks():
    content = bytes(range(256)) * (CHUNK_BYTES // 100)
    client = ask(Bridge(whole(content)), scope_of("GET", "/"))
    sizes = [len(message["body"]) for message in client.sent[1:]]
    assert sizes == [CHUNK_BYTES, CHUNK_BYTES, len(content) - 2 * CHUNK_BYTES]
    assert client.content == content
    assert [message["more_body"] for message in client.sent[1:]] == [True, True, False]


def test_a_streamed_response_is_sent_to_its_end():
    application = Recorder(b"a", b"", bytes(CHUNK_BYTES), b"d")
    client = ask(Bridge(application), scope_of("GET", "/"))
    assert client.content == b"a" + bytes(CHUNK_BYTES) + b"d"
    assert client.sent[-1] == {
        "type": "http.response.body",
        "body": b"",
        "more_body": False,
    }
    assert application.closed.wait(5)


def test_a_response_without_content_is_whole():
    client = ask(Bridge(Recorder()), scope_of("GET", "/"))
    assert len(client.sent) == 2
    assert client.content == b""


def test_what_would_wait_behind_too_many_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MOST_WAITING", 2)
    monkeypatch.setattr(wsgi_bridge, "OTHER_THREADS", 1)
    released = threading.Event()

    def application(environ, start_response):
        released.wait(20)
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    async def exchange():
        bridge, clients = Bridge(application), [Client() for _ in range(5)]
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                scope = scope_of("GET", "/schedules/")
                tasks.create_task(bridge(scope, client.receive, client.send))
            await until(lambda: sum(bool(client.sent) for client in clients) == 2)
            released.set()
        again = Client()
        await bridge(scope_of("GET", "/schedules/"), again.receive, again.send)
        return [client.status for client in [*clients, again]], clients[-1]

    statuses, refused = run(exchange())
    assert statuses == [200, 200, 200, 503, 503, 200]
    assert int(dict(refused.headers)[b"retry-after"]) > 0


def test_a_stream_ends_when_its_client_leaves():
    application = Recorder(*[bytes(CHUNK_BYTES)] * 1000)
    ask(Bridge(application), scope_of("GET", "/"), leaves_after=5)
    assert application.given < 20
    assert application.closed.wait(5)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, LIMIT])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_reaches_the_application_whole(size, declared):
    body = bytes(size)
    headers = [] if declared else [(b"content-length", b"")]
    application = whole(b"x")
    parts = [body[start : start + 50_000] for start in range(0, size, 50_000)]
    bridge = Bridge(application)
    ask(bridge, post("/", body, *headers), *parts)
    assert application.bodies == [body]
    assert bridge.memory.used_bytes == 0


def test_an_endless_body_is_read_up_to_the_limit_and_discarded_after_the_response(
    monkeypatch,
):
    monkeypatch.setattr(wsgi_bridge, "DISCARD_BYTES", 3 * CHUNK_BYTES)
    application = whole(b"x")
    scope = post("/", b"", (b"content-length", b""))
    client = ask(Bridge(application), scope, *[bytes(CHUNK_BYTES)] * 100)
    assert len(application.bodies[0]) == 5 * CHUNK_BYTES
    assert client.content == b"x"
    assert client.received == 9


@pytest.mark.parametrize("length", [str(LIMIT + 1), "9" * 400])
def test_a_body_that_declares_too_much_is_discarded_after_the_response(length):
    application = whole(b"x")
    scope = post("/", b"", (b"content-length", length.encode()))
    client = ask(Bridge(application), scope, b"x", b"x")
    assert application.bodies == [b""]
    assert application.environ["CONTENT_LENGTH"] == length
    assert client.received == 2


def test_a_client_that_leaves_within_its_body_takes_no_thread():
    application = whole(b"x")

    async def exchange():
        client = Client()
        messages = iter([{"type": "http.request", "body": b"x", "more_body": True}])

        async def receive():
            return next(messages, {"type": "http.disconnect"})

        await Bridge(application)(post("/", b"xy"), receive, client.send)

    run(exchange())
    assert application.bodies == []


def test_a_body_that_trickles_in_is_refused(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(wsgi_bridge, "DISCARD_SECONDS", 0.05)
    bridge = Bridge(whole(b"x"))

    async def exchange():
        client = Client()

        async def receive():
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"x", "more_body": True}

        await bridge(post("/", b"", (b"content-length", b"99")), receive, client.send)
        return client

    client = run(exchange())
    assert client.status == 408
    assert orjson.loads(client.content)["detail"].startswith("The request's body")
    assert bridge.memory.used_bytes == 0


def test_a_client_that_does_not_read_is_given_up(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "CHUNK_SECONDS", 0.05)
    bridge = Bridge(whole(bytes(2 * CHUNK_BYTES)))

    async def exchange():
        client = Client()

        async def send(message):
            await client.send(message)
            if len(client.sent) == 2:
                await asyncio.Event().wait()

        with pytest.raises(asyncio.CancelledError):
            await bridge(scope_of("GET", "/"), client.receive, send)

    run(exchange())
    assert bridge.memory.used_bytes == 0


def test_slow_bodies_hold_no_thread():
    bridge = Bridge(whole(b"x"))

    async def exchange():
        release, waiting = asyncio.Event(), []

        def start_slow(size):
            client = Client(parts=[bytes(size), b""])
            received = client.receive

            async def receive():
                if client.received == 1:
                    waiting.append(size)
                    await release.wait()
                return await received()

            scope = post("/", b"", (b"content-length", b"%d" % size))
            return client, asyncio.create_task(bridge(scope, receive, client.send))

        slow = [start_slow(10) for _ in range(50)]
        await until(lambda: len(waiting) == 50)
        for path in ("/", "/other"):
            quick = Client()
            await bridge(scope_of("GET", path), quick.receive, quick.send)
            assert quick.content == b"x"
        release.set()
        await asyncio.gather(*(task for _, task in slow))
        assert all(client.content == b"x" for client, _ in slow)

    run(exchange())


def test_slow_readers_hold_no_thread():
    class Mixed(Recorder):
        def __call__(self, environ, start_response):
            if environ["PATH_INFO"] == "/quick":
                start_response("200 OK", [("Content-Length", "1")])
                return [b"q"]
            return super().__call__(environ, start_response)

    bridge = Bridge(Mixed(b"a", b"b"))

    async def exchange():
        release = asyncio.Event()

        def start_slow():
            client = Client()

            async def send(message):
                await client.send(message)
                if message.get("body") == b"a":
                    await release.wait()

            scope = scope_of("GET", "/stream")
            return client, asyncio.create_task(bridge(scope, client.receive, send))

        readers = [start_slow() for _ in range(2 * wsgi_bridge.OTHER_THREADS)]
        await until(lambda: all(len(client.sent) == 2 for client, _ in readers))
        quick = Client()
        await bridge(scope_of("GET", "/quick"), quick.receive, quick.send)
        assert quick.content == b"q"
        release.set()
        await asyncio.gather(*(task for _, task in readers))
        assert all(client.content == b"ab" for client, _ in readers)

    run(exchange())


def test_what_waits_takes_no_thread_of_stateless_requests():
    release = threading.Event()

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/api/v1/runs":
            release.wait(20)
        start_response("200 OK", [("Content-Length", "1")])
        return [b"x"]

    bridge = Bridge(application)

    async def exchange():
        waiting = [Client() for _ in range(3 * wsgi_bridge.OTHER_THREADS)]
        scope = scope_of("GET", "/api/v1/runs")
        tasks = [
            asyncio.create_task(bridge(scope, each.receive, each.send))
            for each in waiting
        ]
        await asyncio.sleep(0)
        for path in ("/", "/info", "/alpha/5", "/noise", "/livez", "/readyz"):
            quick = Client()
            await bridge(scope_of("GET", path), quick.receive, quick.send)
            assert quick.content == b"x"
        assert not any(each.sent for each in waiting)
        release.set()
        await asyncio.gather(*tasks)

    run(exchange())


def test_the_page_for_browsers_is_not_stateless():
    browser = [HOST, (b"accept", b"text/html,*/*;q=0.8")]
    assert not is_stateless(scope_of("GET", "/", browser))
    assert is_stateless(scope_of("GET", "/", [HOST, (b"accept", b"*/*")]))


def test_a_body_without_memory_left_is_refused():
    bridge = Bridge(whole(b"x"))
    size = 4 * CHUNK_BYTES
    scope = post("/", b"", (b"content-length", b"%d" % size))

    async def exchange():
        release = asyncio.Event()
        slow = Client(parts=[bytes(size), b""])
        received = slow.receive

        async def receive():
            if slow.received == 1:
                await release.wait()
            return await received()

        held = asyncio.create_task(bridge(scope, receive, slow.send))
        await until(lambda: bridge.memory.used_bytes == size)
        refused = Client(parts=[bytes(size)])
        await bridge(scope, refused.receive, refused.send)
        release.set()
        await held
        return slow, refused

    slow, refused = run(exchange())
    assert slow.status == 200
    assert refused.status == 503
    assert dict(refused.headers)[b"retry-after"] == b"5"
    assert dict(refused.headers)[b"content-type"] == b"application/problem+json"
    assert "memory" in orjson.loads(refused.content)["detail"]
    assert bridge.memory.used_bytes == 0


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_response_without_memory_left_is_refused_and_closed(is_streamed):
    content = bytes(ROOM + 1)
    application = Recorder(content) if is_streamed else whole(content)
    bridge = Bridge(application)
    assert ask(bridge, scope_of("GET", "/")).status == 503
    assert application.closed.wait(5)
    assert bridge.memory.used_bytes == 0


def test_a_cancelled_request_gives_its_memory_back():
    bridge = Bridge(whole(b"x"))

    async def exchange():
        client = Client(parts=[bytes(CHUNK_BYTES)])

        async def receive():
            return await client.receive() | {"more_body": True}

        scope = post("/", b"", (b"content-length", b"%d" % LIMIT))
        task = asyncio.create_task(bridge(scope, receive, client.send))
        await until(lambda: bridge.memory.used_bytes)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(exchange())
    assert bridge.memory.used_bytes == 0


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


def test_a_failure_of_the_application_is_left_to_the_server():
    def broken(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(Bridge(broken), scope_of("GET", "/"))
