"""Clients that send requests without a pause, and what became of each request."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SILENCE_SECONDS = 60.0
"""After this long without a response, a request counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, as bytes."""

    method: str
    path: str
    body: bytes = b""
    accept: str = "*/*"

    def encode(self, *, keeps_alive: bool) -> bytes:
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: localhost",
            f"Accept: {self.accept}",
            f"Connection: {'keep-alive' if keeps_alive else 'close'}",
        ]
        if self.body:
            lines.append("Content-Type: application/json")
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def post(path: str, document: object) -> Request:
    return Request(method="POST", path=path, body=json.dumps(document).encode())


NOISE = post("/noise", {"tokens": list(range(64)), "timestep": 900})
ALPHA = Request(method="GET", path="/alpha/500")


PAGE = Request(method="GET", path="/", accept="text/html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request.

    Attributes:
        began: when it was sent, by time.monotonic().
        ended: when the response was complete, or the connection broken.
        status: of the response; None if there was none.
        headers: of the response.
        body: of the response.
    """

    began: float
    ended: float
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Load:
    """What became of the requests of all clients."""

    outcomes: list[Outcome] = field(default_factory=list)
    unsent: int = 0
    """Connections that the server did not accept: they carried no request."""

    @property
    def lost(self) -> list[Outcome]:
        """The requests that were sent and got no complete response."""
        return [each for each in self.outcomes if each.status is None]

    def lost_without(self, kills: Sequence[tuple[float, float]]) -> list[Outcome]:
        """The lost requests that were not in flight while a process was killed."""
        return [
            each
            for each in self.lost
            if not any(each.began < end and each.ended > begin for begin, end in kills)
        ]

    @property
    def statuses(self) -> Counter[int]:
        found = (each.status for each in self.outcomes)
        return Counter(status for status in found if status is not None)

    def seconds(self, status: int = 200) -> list[float]:
        """The times of the responses with a status, in ascending order."""
        return sorted(e.ended - e.began for e in self.outcomes if e.status == status)


class Client:
    """One connection at a time, with one request at a time."""

    def __init__(
        self, port: int, load: Load, *, keeps_alive: bool, address: str = "127.0.0.1"
    ) -> None:
        self.port = port
        self.load = load
        self.address = address
        self.keeps_alive = keeps_alive
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: Request) -> None:
        """Send a request and read its response."""
        if self.is_closed():
            await self.close()
        try:
            if self.streams is None:
                self.streams = await asyncio.open_connection(
                    "127.0.0.1", self.port, local_addr=(self.address, 0)
                )
        except OSError:
            self.load.unsent += 1
            return
        reader, writer = self.streams
        began = time.monotonic()
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                writer.write(request.encode(keeps_alive=self.keeps_alive))
                status, headers, body = await read_response(reader)
        except (OSError, EOFError, TimeoutError):
            self.load.outcomes.append(Outcome(began=began, ended=time.monotonic()))
            await self.close()
            return
        self.load.outcomes.append(
            Outcome(
                began=began,
                ended=time.monotonic(),
                status=status,
                headers=headers,
                body=body,
            )
        )
        if headers.get("connection", "").lower() == "close":
            await self.close()

    def is_closed(self) -> bool:
        """Tell whether the server has closed the connection meanwhile."""
        if self.streams is None:
            return False
        reader, _ = self.streams
        return reader.at_eof() or reader.exception() is not None

    async def close(self) -> None:
        if self.streams is not None:
            _, writer = self.streams
            self.streams = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def read_response(
    reader: asyncio.StreamReader,
) -> tuple[int, dict[str, str], bytes]:
    """Read a response whose length is declared."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in head[1:-2]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(head[0].split()[1]), headers, body


@contextmanager
def under_load(
    port: int,
    requests: Sequence[Request] = (NOISE, ALPHA),
    *,
    clients: int = 16,
    pause: float = 0.02,
) -> Iterator[Load]:
    """Let clients send requests during the block.

    Every second one opens a connection for each request, the others keep theirs.

    Args:
        port: of the server on this machine.
        requests: which each client sends in turn.
        clients: their number.
        pause: seconds of each client between a response and the next request.
    """
    load, over = Load(), threading.Event()

    async def send_repeatedly(number: int) -> None:
        client = Client(port, load, keeps_alive=bool(number % 2))
        while not over.is_set():
            for request in requests:
                await client.send(request)
                await asyncio.sleep(pause)
        await client.close()

    async def send_all() -> None:
        await asyncio.gather(*map(send_repeatedly, range(clients)))

    thread = threading.Thread(target=asyncio.run, args=(send_all(),))
    thread.start()
    try:
        yield load
    finally:
        over.set()
        thread.join()


def flood(
    port: int,
    request: Request,
    *,
    rate: float,
    seconds: float,
    address: Callable[[int], str],
) -> Load:
    """Send requests at a rate, whether or not there are responses.

    Args:
        port: of the server on this machine.
        request: which every client sends, over a connection of its own.
        rate: requests per second.
        seconds: how long.
        address: returns the address of a client, by its number.

    Returns:
        What became of all of them.
    """
    load = Load()

    async def send_all() -> None:
        begin = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(begin + number / rate - time.monotonic())
                client = Client(port, load, keeps_alive=False, address=address(number))
                tasks.create_task(client.send(request))

    asyncio.run(send_all())
    return load
