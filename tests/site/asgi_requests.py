"""Send single messages to an ASGI application, as a server would."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Headers = Sequence[tuple[bytes, bytes]]
HOST = (b"host", b"localhost")
MINE = (b"x-request-id", b"mine")


@dataclass(slots=True, kw_only=True)
class Client:
    """What a server passes on of one client.

    Attributes:
        parts: pieces of the body, each received once.
        leaves_after: messages that the client takes before it goes away.
    """

    parts: list[bytes] = field(default_factory=lambda: [b""])
    leaves_after: int | None = None
    received: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        if self.received < len(self.parts):
            part = self.parts[self.received]
            self.received += 1
            more_body = self.received < len(self.parts)
            return {"type": "http.request", "body": part, "more_body": more_body}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if self.leaves_after is not None and len(self.sent) >= self.leaves_after:
            self.gone.set()
            await asyncio.sleep(0)  # as a server does: it reads that they have gone

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> Headers:
        return list(self.sent[0]["headers"])

    @property
    def content(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def scope_of(method: str, path: str, headers: Headers = (HOST,)) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(headers),
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 5000),
    }


def ask(application: Any, scope: dict[str, Any], *parts: bytes, **options: Any):
    """Return the client after the application has returned."""

    async def exchange() -> Client:
        client = Client(parts=list(parts) or [b""], **options)
        await asyncio.wait_for(application(scope, client.receive, client.send), 20)
        return client

    return asyncio.run(exchange())


def post(path: str, body: bytes, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """Return the scope of a POST that declares its JSON."""
    named = {name for name, _ in headers}
    usual = (
        HOST,
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
    )
    kept = [header for header in usual if header[0] not in named]
    return scope_of("POST", path, [*kept, *(pair for pair in headers if pair[1])])


def same_response(
    first: Any, second: Any, scope: dict[str, Any], body: bytes = b""
) -> Client:
    """Return the one answer of two applications, asked with the same id."""
    scope = scope | {"headers": [*scope["headers"], MINE]}
    one, other = (ask(each, dict(scope), body) for each in (first, second))
    assert one.status == other.status
    assert one.headers == other.headers
    assert one.content == other.content
    return one
