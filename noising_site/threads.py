"""A WSGI application on an event loop: bodies are awaited, then a thread answers.

A thread is taken once a request is there as a whole, so that clients who send slowly
hold none. Of an answer in pieces the thread waits for the client, but outside the gate
that lets requests in.
"""

import asyncio
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from django.conf import settings

from noising_site.gate import Gate
from noising_site.requests import CROWDED
from noising_site.uploads import CrowdedError, Uploads

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

SMALL_BYTES: Final = 64 * 1024
"""A body up to which no room is counted: servers buffer as much anyway."""

MOST_STREAMS: Final = 64
"""Answers in pieces under way at once, in each process; each has a thread."""

PIECE_BYTES: Final = 256 * 1024

REPEATABLE: Final = {"HTTP_COOKIE": "; "}
"""What joins the lines of a header that came several times; commas do for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Headers
    content: bytes

    async def send(self, send: Send) -> None:
        """Give it to the server."""
        await send(started(self.status, self.headers))
        await send({"type": "http.response.body", "body": self.content})


AtOnce = Callable[[Scope, bytes], Answer | None]
"""From a request and its body to an answer that needs no thread, where there is one."""


def started(status: int, headers: Headers) -> Message:
    """Return the message that begins an answer."""
    return {"type": "http.response.start", "status": status, "headers": headers}


class ThreadedApplication:
    """An ASGI application that answers by a WSGI application in threads.

    Args:
        application: what answers.
        threads: how many requests it works on at once, in each process.
    """

    def __init__(self, application: WSGI, *, threads: int) -> None:
        self.application = application
        self.threads = threads

    # Made at the first use: by then the server has forked, and runs its loop.
    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads: some to work, the others to wait for clients."""
        return ThreadPoolExecutor(
            self.threads + MOST_STREAMS, thread_name_prefix="request"
        )

    @cached_property
    def streams(self) -> threading.BoundedSemaphore:
        """What an answer in pieces needs."""
        return threading.BoundedSemaphore(MOST_STREAMS)

    @cached_property
    def uploads(self) -> Uploads:
        """The room for bodies that are not small."""
        return Uploads(self.threads * (settings.MAX_BODY_BYTES + PIECE_BYTES))

    @cached_property
    def gate(self) -> Gate:
        """The way into the threads."""
        return Gate(self.threads)

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        at_once: AtOnce | None = None,
    ) -> None:
        """Read a request's body, then answer.

        Args:
            scope: the request.
            receive: gives the body.
            send: takes the answer.
            at_once: answers without a thread, where it can.
        """
        limit = settings.MAX_BODY_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 20 or int(declared) > limit):
            # It is refused by its header alone; the server reads it and forgets it.
            await self.answer(scope, b"", None, send)
            return
        body = Body(receive)
        await body.read(SMALL_BYTES)
        if body.ended:
            await self._answer_body(scope, body, send, at_once)
            return
        try:
            with self.uploads.one() as upload:
                self.uploads.add(upload, body.size)
                await body.read(limit, on_part=partial(self.uploads.add, upload))
                upload.ended = True
                await self._answer_body(scope, body, send, at_once)
        except CrowdedError:
            body.parts.clear()
            await self.answer(scope, b"", None, send, crowded=True)

    async def _answer_body(
        self, scope: Scope, body: "Body", send: Send, at_once: AtOnce | None
    ) -> None:
        if body.is_lost:
            return
        content = b"".join(body.parts)
        answer = at_once(scope, content) if at_once and body.ended else None
        if answer is not None:
            await answer.send(send)
            return
        receive = body.receive if body.ended else None
        await self.answer(scope, content, receive, send)

    async def answer(
        self,
        scope: Scope,
        body: bytes,
        receive: Receive | None,
        send: Send,
        *,
        crowded: bool = False,
    ) -> None:
        """Answer a request whose body was read.

        Args:
            scope: the request.
            body: what was read of its body.
            receive: tells of the client's leaving; None where the body is not
                wholly read, so that the next message may be a piece of it.
            send: takes the answer.
            crowded: whether there is no room for it, which the answer says.
        """
        loop = asyncio.get_running_loop()
        way = Way(
            loop=loop, receive=receive, send=send, gate=self.gate, streams=self.streams
        )
        environ = environ_of(scope, body)
        if crowded:
            environ[CROWDED] = True
        try:
            async with self.gate:
                answer = await loop.run_in_executor(
                    self.pool, answered, self.application, environ, way
                )
        except ClientGoneError:
            return
        except CrowdedError:
            await self.answer(scope, b"", receive, send, crowded=True)
            return
        finally:
            way.close()
        if answer is not None:
            await answer.send(send)


@dataclass(slots=True)
class Body:
    """What has come of a request's body."""

    receive: Receive
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    ended: bool = False
    is_lost: bool = False

    async def read(
        self, most: int, on_part: Callable[[int], None] | None = None
    ) -> None:
        """Read on until it ends, or is longer than `most` bytes.

        Args:
            most: bytes.
            on_part: takes the size of each part.
        """
        while not self.ended and self.size <= most:
            message = await self.receive()
            self.is_lost = message["type"] == "http.disconnect"
            part = message.get("body", b"")
            self.parts.append(part)
            self.size += len(part)
            if on_part:
                on_part(len(part))
            self.ended = not message.get("more_body", False)


class ClientGoneError(Exception):
    """The client went away before its answer was whole."""


@dataclass(slots=True, kw_only=True)
class Way:
    """The way from a thread to a client, for an answer that comes in pieces."""

    loop: asyncio.AbstractEventLoop
    receive: Receive | None
    send: Send
    gate: Gate
    streams: threading.BoundedSemaphore
    gone: asyncio.Future[Message] | None = None

    def tell(self, message: Message) -> None:
        """Wait, in the thread, until the server has taken a message.

        Raises:
            ClientGoneError: nobody is left to take it.
        """
        asyncio.run_coroutine_threadsafe(self._tell(message), self.loop).result()

    async def _tell(self, message: Message) -> None:
        if self.gone is None and self.receive is not None:
            self.gone = asyncio.ensure_future(self.receive())
        self.gate.leave()  # the client may be slow
        try:
            await self.send(message)
        finally:
            await self.gate.enter()
        if self.gone is not None and self.gone.done():
            raise ClientGoneError

    def close(self) -> None:
        """Stop listening for the client."""
        if self.gone is not None:
            self.gone.cancel()


def answered(
    application: WSGI, environ: dict[str, Any], way: Way | None = None
) -> Answer | None:
    """Let the application answer.

    Args:
        application: what answers.
        environ: the request.
        way: takes an answer that comes in pieces; without one they are joined.

    Returns:
        the answer, or None if it has gone its way already.

    Raises:
        ClientGoneError: the client went away.
        CrowdedError: there are too many answers in pieces.
    """
    begun: list[tuple[int, Headers]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        encoded = [  # ASGI has names in lower case
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
        ]
        begun.append((int(status[:3]), encoded))

    response = application(environ, start)
    try:
        pieces = iter(response)
        first = next(pieces, b"")
        [(status, headers)] = begun
        if way is None:
            first += b"".join(pieces)
        elif not is_whole(first, headers):
            _send_pieces(way, started(status, headers), first, pieces)
            return None
        return Answer(status=status, headers=headers, content=first)
    finally:
        if hasattr(response, "close"):
            response.close()


def is_whole(first: bytes, headers: Headers) -> bool:
    """Tell whether the first piece of a body is all of it."""
    return not first or dict(headers).get(b"content-length") == b"%d" % len(first)


def _send_pieces(
    way: Way, start: Message, first: bytes, others: Iterator[bytes]
) -> None:
    if not way.streams.acquire(blocking=False):
        raise CrowdedError
    try:
        way.tell(start)
        way.tell({"type": "http.response.body", "body": first, "more_body": True})
        for piece in others:
            way.tell({"type": "http.response.body", "body": piece, "more_body": True})
        way.tell({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        way.streams.release()


class PieceWrapper(FileWrapper):
    """A file in pieces that are worth the way from a thread to the loop."""

    def __init__(self, filelike: Any, block_size: int = PIECE_BYTES) -> None:
        """Take larger pieces than are usual within a thread."""
        super().__init__(filelike, max(block_size, PIECE_BYTES))


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return a request as WSGI has it.

    A header whose name has an underscore is left out: it would pass for the one with
    a dash, which a proxy in front may have removed.
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
        "wsgi.file_wrapper": PieceWrapper,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{REPEATABLE.get(name, ',')}{value}"
        environ[name] = value
    return environ
