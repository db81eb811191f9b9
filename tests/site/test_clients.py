"""What a client may keep the event loop's server from, over real sockets."""

import asyncio
from contextlib import asynccontextmanager, suppress

import orjson
import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from noising_site import clients
from noising_site.clients import BoundedProtocol, close_stalled

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


async def greeting(scope, receive, send):
    """Answer with the body's length, having read it unless the path says otherwise."""
    size, more_body = 0, scope["path"] != "/unread"
    while more_body:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more_body = message["more_body"]
    content = b"%d" % size if scope["path"] != "/much" else bytes(2**24)
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(clients, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(clients, "DRAIN_SECONDS", 0.2)
    monkeypatch.setattr(clients, "LINGER_SECONDS", 0.2)


@asynccontextmanager
async def served():
    """Serve on a free port, which is yielded with the server's state."""
    config = Config(greeting, log_config=None, lifespan="off", ws="none")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0
    )
    watch = asyncio.create_task(close_stalled(state.connections, every=0.02))
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        watch.cancel()
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()


def run(talk, *sent: bytes, end: bool = False) -> bytes:
    """Send the parts, then let `talk` go on; return all that is answered."""

    async def exchange():
        async with served() as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for part in sent:
                writer.write(part)
                await asyncio.sleep(0.01)
            if end:
                writer.write_eof()
            try:
                return await asyncio.wait_for(talk(reader, writer, state), 10)
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

    return asyncio.run(exchange())


async def everything(reader, writer, state):
    return await reader.read()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", GET[:-2], POST % 10, POST % 10 + b"123", GET + b"GET /"],
    ids=["nothing", "line", "head", "no body", "half a body", "after an answer"],
)
def test_a_client_that_falls_silent_is_closed(sent):
    answer = run(everything, sent)
    assert answer.startswith(b"HTTP/1.1 200") == sent.startswith(GET)


def test_a_head_that_trickles_is_closed_in_time():
    async def trickle(reader, writer, state):
        with suppress(ConnectionError):
            while state.connections:
                writer.write(b"X")
                await asyncio.sleep(0.02)
        return True

    assert run(trickle, b"GET / HTTP/1.1\r\n")


def test_a_body_that_comes_slowly_is_waited_for():
    async def slowly(reader, writer, state):
        for _ in range(10):
            await asyncio.sleep(0.05)
            writer.write(b"x")
        return await reader.readuntil(b"\r\n\r\n10")

    assert run(slowly, POST % 10).startswith(b"HTTP/1.1 200")


def test_a_client_that_takes_nothing_is_closed():
    async def nothing(reader, writer, state):
        reader._transport.pause_reading()
        while state.connections:
            await asyncio.sleep(0.02)
        return True

    assert run(nothing, GET.replace(b"/ ", b"/much "))


def test_an_idle_connection_stays_open():
    async def later(reader, writer, state):
        await reader.readuntil(b"\r\n\r\n0")
        await asyncio.sleep(0.5)
        writer.write(GET)
        return await reader.readuntil(b"\r\n\r\n0")

    assert run(later, GET).startswith(b"HTTP/1.1 200")


def test_a_body_that_is_sent_on_after_the_answer_is_read_for_a_while():
    async def send_on(reader, writer, state):
        answer = await reader.readuntil(b"\r\n\r\n0")
        with suppress(ConnectionError):
            while state.connections:
                writer.write(bytes(1000))
                await asyncio.sleep(0.02)
        return answer

    sent = (POST % 10**9).replace(b"/ ", b"/unread ", 1)
    assert run(send_on, sent).startswith(b"HTTP/1.1 200")


def test_and_the_next_request_is_answered_if_it_ends_in_time():
    async def next_one(reader, writer, state):
        await reader.readuntil(b"\r\n\r\n0")
        writer.write(b"12345" + GET)
        answer = await reader.readuntil(b"\r\n\r\n0")
        await asyncio.sleep(0.5)
        assert state.connections
        return answer

    sent = (POST % 5).replace(b"/ ", b"/unread ", 1)
    assert run(next_one, sent).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000,
    ],
    ids=["noise", "target", "length", "long head"],
)
def test_what_is_no_http_is_a_problem_like_others(sent):
    head, _, content = run(everything, sent).partition(b"\r\n\r\n")
    document = orjson.loads(content)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/problem+json" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert document["status"] == 400
    assert f"X-Request-ID: {document['request_id']}".encode() in head


def test_a_client_that_only_has_no_more_to_send_is_answered():
    assert run(everything, POST % 3 + b"abc", end=True).endswith(b"\r\n\r\n3")


def test_a_client_that_ends_within_its_body_is_not():
    assert run(everything, POST % 3 + b"a", end=True) == b""


def test_a_stopping_server_answers_what_comes_within_a_moment():
    async def stop(reader, writer, state):
        first = await reader.readuntil(b"\r\n\r\n0")
        for connection in list(state.connections):
            connection.shutdown()
        writer.write(GET)
        return first, await reader.read()

    first, last = run(stop, GET)
    assert b"connection: close" not in first
    assert b"connection: close" in last
    assert last.endswith(b"\r\n\r\n0")


@pytest.mark.parametrize("sent", [b"", GET], ids=["new", "idle"])
def test_and_closes_the_others_soon(sent):
    async def stop(reader, writer, state):
        for connection in list(state.connections):
            connection.shutdown()
        await reader.read()
        return not state.connections

    assert run(stop, sent)


def test_a_stopping_server_lets_an_answer_finish():
    async def stop(reader, writer, state):
        for connection in list(state.connections):
            connection.shutdown()
        writer.write(b"bc")
        return await reader.read()

    assert run(stop, POST % 3 + b"a").endswith(b"\r\n\r\n3")
