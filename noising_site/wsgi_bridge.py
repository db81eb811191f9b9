"""A bridge that serves a WSGI application under gunicorn's ASGI worker.

The event loop reads the request's body and sends the response, so that slow clients
hold no thread; threads only compute. One budget limits the memory of all bodies and
responses.
"""

import asyncio
import gc
import io
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from noising.budget import MemoryBudget, NoMemoryLeftError, Reservation

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

STATELESS_THREADS: Final = 4
OTHER_THREADS: Final = 12

MOST_WAITING: Final = 64
"""How many requests may wait for a thread. Further ones are refused at once: if they
waited too, all would soon wait longer than their clients do."""

CHUNK_BYTES: Final = 64 * 1024
"""How much gunicorn buffers for a client that does not read."""

GATHER_SECONDS: Final = 0.05
"""How long the pieces of a streamed response are gathered into one chunk."""

LARGE_BYTES: Final = 2**20
"""From this size of a body and its response on, their memory is freed at once."""

BODY_SECONDS: Final = 60.0
"""How long a client may take to send its body."""

CHUNK_SECONDS: Final = 60.0
"""How long a client may take to read one chunk of its response."""

DISCARD_BYTES: Final = 64 * 2**20
DISCARD_SECONDS: Final = 10.0
"""How much of a refused body is read after the response, and for how long. Most clients
send the whole body before they read; otherwise they would see a broken connection."""

ROUTE: Final = "noising.route"
"""The key of a WSGI environ under which the application stores the route's template."""

UNMATCHED: Final = "unmatched"
"""In place of a template, for responses that no route made."""

HEADER_SEPARATORS: Final = {"HTTP_COOKIE": "; "}
"""Separators that join the values of a repeated header; for others it is a comma."""


class QueueFullError(Exception):
    """MOST_WAITING requests wait for a thread already."""


class BodyTimeoutError(Exception):
    """The client did not send its body in time, or disconnected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response to send.

    Attributes:
        status: its code.
        headers: names in lower case, and values.
        content: the body, or its first part.
        rest: the further parts; each is computed when the client has read the last.
        close: releases the resources of `rest`.
        route: the template of the route that made it, for the metrics.
    """

    status: int
    headers: Headers
    content: bytes
    rest: Iterator[bytes] | None = None
    close: Callable[[], object] = bool
    route: str = UNMATCHED


class WSGIBridge:
    """An ASGI application that calls a WSGI application in threads.

    Args:
        application: makes the responses.
        is_stateless: tells which requests need neither the database nor another
            service. They have threads of their own, so other requests that wait do not
            delay them.
        refuse: makes the response to a request that cannot be served, by its status.
        observe: receives method, route, status and seconds of each response, where the
            seconds end with its first part.
        memory: the budget of bodies and responses.
    """

    def __init__(
        self,
        application: WSGI,
        *,
        is_stateless: Callable[[Scope], bool],
        refuse: Callable[[int], Response],
        observe: Callable[[str, str, int, float], object],
        memory: MemoryBudget,
    ) -> None:
        self.application = application
        self.is_stateless = is_stateless
        self.refuse = refuse
        self.observe = observe
        self.memory = memory
        # Their threads start with the first requests, after gunicorn has forked.
        self.stateless_pool = Pool(STATELESS_THREADS, "stateless")
        self.other_pool = Pool(OTHER_THREADS, "request")

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        max_body_bytes: int,
        respond_at_once: Callable[[Scope, bytes], Response | None] | None = None,
    ) -> None:
        """Respond to one request.

        Args:
            scope: the request.
            receive: returns the next part of its body.
            send: takes the response.
            max_body_bytes: a longer body is not read to its end; the application
                refuses it.
            respond_at_once: returns a response on the event loop, or None.
        """
        pool = self.stateless_pool if self.is_stateless(scope) else self.other_pool
        response, started = None, time.perf_counter()
        with Reservation(self.memory) as reservation:
            body = Body(receive=receive, reservation=reservation)
            try:
                if declared_bytes(scope) <= max_body_bytes:
                    await body.read(max_body_bytes)
                    started = time.perf_counter()
                if respond_at_once and not body.more:
                    response = respond_at_once(scope, body.content)
                if response is None:
                    environ = environ_of(scope, body.content)
                    with pool.place():
                        response = await pool.run(
                            call_application, self.application, environ
                        )
                reservation.add(len(response.content))
            except BodyTimeoutError:
                response = self.refuse(408)
            except (NoMemoryLeftError, QueueFullError):
                if response is not None:
                    pool.executor.submit(response.close)
                response = self.refuse(503)
            seconds = time.perf_counter() - started
            self.observe(scope["method"], response.route, response.status, seconds)
            await send_response(response, pool, None if body.more else receive, send)
        if body.more:
            await body.discard()


@dataclass(slots=True, kw_only=True)
class Body:
    """A request's body.

    Attributes:
        receive: returns the next part of it.
        reservation: counts its bytes.
        content: the part that was read.
        more: whether there is more to read.
    """

    receive: Receive
    reservation: Reservation
    content: bytes = b""
    more: bool = True

    async def read(self, limit: int) -> None:
        """Read to the end, or until it is longer than the limit.

        Raises:
            BodyTimeoutError: the client is too slow, or disconnected.
            NoMemoryLeftError: other requests hold the memory.
        """
        parts = [await self._read_part()]  # gunicorn limits the wait for each part
        try:
            if self.more:
                async with asyncio.timeout(BODY_SECONDS):
                    while self.more and self.reservation.reserved_bytes <= limit:
                        parts.append(await self._read_part())
        except TimeoutError:
            raise BodyTimeoutError from None
        self.content = b"".join(parts)

    async def _read_part(self) -> bytes:
        message = await self.receive()
        self.more = bool(message.get("more_body"))
        if message["type"] == "http.disconnect":
            raise BodyTimeoutError
        part: bytes = message.get("body", b"")
        self.reservation.add(len(part))
        return part

    async def discard(self) -> None:
        """Read the rest and discard it, up to DISCARD_BYTES and DISCARD_SECONDS."""
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while self.more and size <= DISCARD_BYTES:
                    message = await self.receive()
                    size += len(message.get("body", b""))
                    self.more = bool(message.get("more_body"))


class Pool:
    """A few threads, and the requests that have one or wait for one.

    Args:
        threads: their number.
        name: what the names of the threads begin with.
    """

    def __init__(self, threads: int, name: str) -> None:
        self.executor = ThreadPoolExecutor(threads, name)
        self.most_requests = threads + MOST_WAITING
        self.requests = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Count a request during the block.

        Raises:
            QueueFullError: too many others wait already.
        """
        if self.requests >= self.most_requests:
            raise QueueFullError
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in one of the threads.

        The result is not passed through the future: futures of threads are in reference
        cycles and would keep a large result until the next garbage collection.
        """
        results: list[Any] = []
        await asyncio.get_running_loop().run_in_executor(
            self.executor, lambda: results.append(function(*arguments))
        )
        return results.pop()


def call_application(application: WSGI, environ: dict[str, Any]) -> Response:
    """Call a WSGI application; compute only the first part of a streamed response."""
    started: list[tuple[int, Headers]] = []
    body_bytes = len(environ["wsgi.input"].getvalue())

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        encoded = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
        ]
        started.append((int(status[:3]), encoded))

    result = application(environ, start_response)
    close = getattr(result, "close", bool)
    pieces = iter(result)
    content = next(pieces, b"")
    [(status, headers)] = started
    route = environ.get(ROUTE, UNMATCHED)
    if not content or dict(headers).get(b"content-length") == b"%d" % len(content):
        close()  # in this thread, which has the database connection
        if len(content) + body_bytes >= LARGE_BYTES:
            # Django's request, view and response are in reference cycles.
            del result, pieces, close
            gc.collect()
        return Response(status=status, headers=headers, content=content, route=route)
    return Response(
        status=status,
        headers=headers,
        content=content,
        rest=pieces,
        close=close,
        route=route,
    )


async def send_response(
    response: Response, pool: Pool, receive: Receive | None, send: Send
) -> None:
    """Send a response as fast as the client reads it.

    Args:
        response: what to send.
        pool: its threads compute the rest of a streamed response.
        receive: returns when the client disconnects; None if its body was not read.
        send: takes the response.

    Raises:
        asyncio.CancelledError: the client does not read.
    """
    start = {"status": response.status, "headers": response.headers}
    await send({"type": "http.response.start", **start})
    if response.rest is None:
        await send_content(send, response.content)
        return
    gone = asyncio.ensure_future(receive()) if receive else asyncio.Future()
    try:
        content = response.content
        while content and not gone.done():
            await send_content(send, content, more_body=True)
            content = await pool.run(join_pieces, response.rest)
        if not gone.done():
            await send(body_message(b""))
    finally:
        gone.cancel()
        pool.executor.submit(response.close)


async def send_content(send: Send, content: bytes, *, more_body: bool = False) -> None:
    """Send a part of the content, chunk by chunk.

    Raises:
        asyncio.CancelledError: the client does not read; gunicorn then closes the
            connection.
    """
    begin, end = 0, CHUNK_BYTES
    try:
        while end < len(content) or (more_body and begin < len(content)):
            async with asyncio.timeout(CHUNK_SECONDS):
                await send(body_message(content[begin:end], more_body=True))
            begin, end = end, end + CHUNK_BYTES
    except TimeoutError:
        raise asyncio.CancelledError from None
    if not more_body:
        await send(body_message(content[begin:]))


def body_message(content: bytes, *, more_body: bool = False) -> Message:
    """Return the message that sends a part of the content."""
    return {"type": "http.response.body", "body": content, "more_body": more_body}


def join_pieces(pieces: Iterator[bytes]) -> bytes:
    """Join the next pieces of a stream; return nothing at its end."""
    joined, deadline = bytearray(), time.monotonic() + GATHER_SECONDS
    for piece in pieces:
        joined += piece
        if joined and (len(joined) >= CHUNK_BYTES or time.monotonic() > deadline):
            break
    return bytes(joined)


def declared_bytes(scope: Scope) -> float:
    """Return the length of the body that the header declares, else 0."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    return float(declared) if declared.isdigit() else 0.0


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environ of a request.

    Headers with an underscore in their name are left out: in WSGI they look like the
    header with a dash, which a proxy in front may have removed.
    """
    server, client = scope.get("server"), scope.get("client")
    path = scope.get("raw_path") or scope["path"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0] if server else "localhost",
        "SERVER_PORT": str(server[1] if server else 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{HEADER_SEPARATORS.get(name, ',')}{value}"
        environ[name] = value
    return environ
