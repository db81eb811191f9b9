"""One JSON call to another service, within bounds of time, size and patience."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
import orjson

from noising.integrations.breaker import CircuitBreaker
from noising.integrations.errors import (
    ServiceError,
    ServiceFailedError,
    ServiceTimeoutError,
)

logger = logging.getLogger("noising.integrations")

T = TypeVar("T")

WORTH_ANOTHER_TRY: Final = frozenset({502, 503, 504})
HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A few packed bytes could unpack to gigabytes.
    "Accept-Encoding": "identity",
    "User-Agent": "noising-service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one call may take.

    Attributes:
        connect_seconds: for a connection.
        total_seconds: for everything: all tries, the pauses between them, the answer.
        retries: tries after the first.
        pause_seconds: mean of the first pause; each further one is twice as long.
        answer_bytes: length of an answer.
    """

    connect_seconds: float = 2.0
    total_seconds: float = 10.0
    retries: int = 2
    pause_seconds: float = 0.1
    answer_bytes: int = 4 * 2**20


class _WorthAnotherTryError(Exception):
    """A try failed in a way that may pass; its cause is what to tell otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonService:
    """Another service that takes and gives JSON.

    Redirects are not followed, and no proxy or password of the environment is used:
    what is asked is the URL that the operator set, and nothing else.

    Attributes:
        name: as messages call it.
        url: an http or https URL.
        breaker: keeps calls from a service that is down.
        bounds: what a call may take.
        jitter: draws from [0, 1), to spread the tries of many callers.
    """

    name: str
    url: str
    breaker: CircuitBreaker
    bounds: Bounds = Bounds()
    jitter: Callable[[], float] = random.random

    def post(self, document: Any, read: Callable[[Any], T]) -> T:
        """Return what the service answers to a document.

        Args:
            document: JSON-ready; NumPy arrays are lists.
            read: makes of the answer's document what it stands for.

        Raises:
            ServiceFailedError: no connection, no answer with 200, none of JSON, or
                none that can be read.
            ServiceTimeoutError: no whole answer in time.
            ServiceSuspendedError: it has failed too often to be asked now.
        """
        body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
        try:
            return read(self._answer_to(body))
        except (ServiceFailedError, ServiceTimeoutError) as error:
            logger.warning("%s It was asked at %s.", error, self.url)
            raise

    def _answer_to(self, body: bytes) -> Any:
        with self.breaker.call():
            status, content = _run(self._in_time(body))
        # What follows is no sign of a service that is down.
        if status != 200:
            raise self._failed_with(status)
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise ServiceFailedError(
                f"The {self.name} did not answer with JSON."
            ) from None

    async def _in_time(self, body: bytes) -> tuple[int, bytes]:
        # httpx bounds each read; a server that drips would go on for ever.
        try:
            async with asyncio.timeout(self.bounds.total_seconds):
                return await self._tries(body)
        except TimeoutError:
            raise ServiceTimeoutError(
                f"The {self.name} did not answer within "
                f"{self.bounds.total_seconds:g} seconds."
            ) from None

    async def _tries(self, body: bytes) -> tuple[int, bytes]:
        pause = self.bounds.pause_seconds
        for _ in range(self.bounds.retries):
            try:
                return await self._one_try(body)
            except _WorthAnotherTryError:
                await asyncio.sleep(pause * (0.5 + self.jitter()))
                pause *= 2
        try:
            return await self._one_try(body)
        except _WorthAnotherTryError as failure:
            raise failure.args[0] from None

    async def _one_try(self, body: bytes) -> tuple[int, bytes]:
        try:
            return await self._exchange(body)
        except httpx.ConnectTimeout:
            raise _WorthAnotherTryError(
                ServiceTimeoutError(
                    f"The {self.name} gave no connection within "
                    f"{self.bounds.connect_seconds:g} seconds."
                )
            ) from None
        except httpx.ConnectError:
            failure = ServiceFailedError(f"The {self.name} cannot be reached.")
            raise _WorthAnotherTryError(failure) from None
        except httpx.HTTPError:
            raise ServiceFailedError(f"The {self.name} broke off its answer.") from None

    async def _exchange(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body; what comes with another status than 200 is unread."""
        async with (
            httpx.AsyncClient(
                verify=_certificates() if self.url.startswith("https:") else False,
                timeout=httpx.Timeout(None, connect=self.bounds.connect_seconds),
                trust_env=False,
                follow_redirects=False,
            ) as client,
            client.stream("POST", self.url, content=body, headers=HEADERS) as response,
        ):
            if response.status_code in WORTH_ANOTHER_TRY:
                raise _WorthAnotherTryError(self._failed_with(response.status_code))
            if response.status_code >= 500:
                raise self._failed_with(response.status_code)
            if response.status_code != 200:
                return response.status_code, b""
            return 200, await self._content(response)

    async def _content(self, response: httpx.Response) -> bytes:
        packed = response.headers.get("Content-Encoding", "identity") != "identity"
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if packed or len(content) > self.bounds.answer_bytes:
                break
        else:
            return bytes(content)
        fault = "packed, which was not asked for"
        if not packed:
            fault = f"longer than {self.bounds.answer_bytes} bytes"
        raise ServiceFailedError(f"The answer of the {self.name} is {fault}.")

    def _failed_with(self, status: int) -> ServiceError:
        return ServiceFailedError(f"The {self.name} answered with status {status}.")


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own.

    asyncio.run would wait for a name that is still being looked up.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
