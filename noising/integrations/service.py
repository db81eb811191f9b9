"""JSON calls to another service, with limits of time, retries and size."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
import orjson

from noising.correlation import outgoing_headers
from noising.integrations.breaker import CircuitBreaker
from noising.integrations.errors import (
    ServiceError,
    ServiceFailedError,
    ServiceSuspendedError,
    ServiceTimeoutError,
)
from noising.metrics import UPSTREAM_ERRORS, UPSTREAM_REQUESTS

logger = logging.getLogger("noising.integrations")

T = TypeVar("T")

RETRIED_STATUSES: Final = frozenset({502, 503, 504})
HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A few compressed bytes could expand to gigabytes.
    "Accept-Encoding": "identity",
    "User-Agent": "noising-service",
}


REASONS: Final[Mapping[type[ServiceError], str]] = {
    ServiceFailedError: "failed",
    ServiceTimeoutError: "timeout",
    ServiceSuspendedError: "suspended",
}
"""Names of the errors in the metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of one call.

    Attributes:
        connect_seconds: time to connect.
        total_seconds: total time of all attempts and the pauses between them.
        retries: number of retries.
        pause_seconds: mean of the first pause; each further one is twice as long.
        answer_bytes: size of the response.
    """

    connect_seconds: float = 2.0
    total_seconds: float = 10.0
    retries: int = 2
    pause_seconds: float = 0.1
    answer_bytes: int = 4 * 2**20


class _RetryableError(Exception):
    """An attempt failed for a temporary reason; the argument is the error to raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonService:
    """Another service that takes and returns JSON.

    It calls only the URL that the operator set: it does not follow redirects and uses
    no proxy or password of the environment.

    Attributes:
        name: name of the service in messages.
        url: an http or https URL.
        breaker: stops calls to a service that is down.
        bounds: limits of a call.
        jitter: draws from [0, 1), to spread the retries of many callers.
    """

    name: str
    url: str
    breaker: CircuitBreaker
    bounds: Bounds = Bounds()
    jitter: Callable[[], float] = random.random

    def post(self, document: Any, read: Callable[[Any], T]) -> T:
        """Post a document and return the parsed response.

        Args:
            document: JSON values; NumPy arrays are sent as lists.
            read: parses the document of the response.

        Raises:
            ServiceFailedError: there was no connection, the status was not 200, or
                the response was not valid.
            ServiceTimeoutError: the response was not complete in time.
            ServiceSuspendedError: the service has failed too often to be called now.
        """
        body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
        UPSTREAM_REQUESTS.labels(self.name).inc()
        try:
            return read(self._request(body))
        except ServiceError as error:
            UPSTREAM_ERRORS.labels(self.name, REASONS[type(error)]).inc()
            if not isinstance(error, ServiceSuspendedError):
                logger.warning("%s URL: %s.", error, self.url)
            raise

    def _request(self, body: bytes) -> Any:
        with self.breaker.call():
            status, content = _run(self._send_in_time(body))
        # The errors below do not mean that the service is down.
        if status != 200:
            raise self._status_error(status)
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise ServiceFailedError(
                f"The response of the {self.name} is not JSON."
            ) from None

    async def _send_in_time(self, body: bytes) -> tuple[int, bytes]:
        # httpx only limits each read, so a slow server could take forever.
        try:
            async with asyncio.timeout(self.bounds.total_seconds):
                return await self._send_with_retries(body)
        except TimeoutError:
            raise ServiceTimeoutError(
                f"The {self.name} did not respond within "
                f"{self.bounds.total_seconds:g} seconds."
            ) from None

    async def _send_with_retries(self, body: bytes) -> tuple[int, bytes]:
        pause = self.bounds.pause_seconds
        for _ in range(self.bounds.retries):
            try:
                return await self._send_once(body)
            except _RetryableError:
                await asyncio.sleep(pause * (0.5 + self.jitter()))
                pause *= 2
        try:
            return await self._send_once(body)
        except _RetryableError as failure:
            raise failure.args[0] from None

    async def _send_once(self, body: bytes) -> tuple[int, bytes]:
        try:
            return await self._exchange(body)
        except httpx.ConnectTimeout:
            raise _RetryableError(
                ServiceTimeoutError(
                    f"The {self.name} accepted no connection within "
                    f"{self.bounds.connect_seconds:g} seconds."
                )
            ) from None
        except httpx.ConnectError:
            failure = ServiceFailedError(f"The {self.name} cannot be reached.")
            raise _RetryableError(failure) from None
        except httpx.HTTPError:
            raise ServiceFailedError(
                f"The {self.name} did not complete its response."
            ) from None

    async def _exchange(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body; the body is read only if the status is 200."""
        async with (
            httpx.AsyncClient(
                verify=_certificates() if self.url.startswith("https:") else False,
                timeout=httpx.Timeout(None, connect=self.bounds.connect_seconds),
                trust_env=False,
                follow_redirects=False,
            ) as client,
            client.stream(
                "POST", self.url, content=body, headers=HEADERS | outgoing_headers()
            ) as response,
        ):
            if response.status_code in RETRIED_STATUSES:
                raise _RetryableError(self._status_error(response.status_code))
            if response.status_code >= 500:
                raise self._status_error(response.status_code)
            if response.status_code != 200:
                return response.status_code, b""
            return 200, await self._read_content(response)

    async def _read_content(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity")
        is_compressed = encoding != "identity"
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if is_compressed or len(content) > self.bounds.answer_bytes:
                break
        else:
            return bytes(content)
        fault = "compressed, which was not requested"
        if not is_compressed:
            fault = f"longer than {self.bounds.answer_bytes} bytes"
        raise ServiceFailedError(f"The response of the {self.name} is {fault}.")

    def _status_error(self, status: int) -> ServiceError:
        return ServiceFailedError(f"The {self.name} responded with status {status}.")


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop.

    asyncio.run would wait for a name lookup that is still running.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
