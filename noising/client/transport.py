"""Sends requests and retries them where that is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from json import dumps
from typing import Any, Final

import httpx
import numpy as np

from noising.client.errors import ApiError, NoAnswerError, NoisingError, api_error

RETRIED_STATUSES: Final = frozenset({429, 503})
MOST_WAIT_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Sends requests and waits between attempts.

    After 429 and 503, which mean that nothing was done, it waits for the time that the
    service requests, at most a minute, and retries. After a broken connection it
    retries only requests that are safe to repeat.

    Attributes:
        http: httpx client with the service's URL.
        retries: number of retries.
    """

    http: httpx.Client
    retries: int

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON document of the response to a request; see `send`."""
        return document_of(self.send(method, path, **options))

    def send(
        self, method: str, path: str, *, repeatable: bool = True, **options: Any
    ) -> httpx.Response:
        """Send a request and return the response.

        Args:
            method: HTTP method.
            path: path below the service's URL.
            repeatable: whether the request is safe to repeat.
            options: `params`, where None is omitted; `json`, which may contain arrays;
                `headers`; and `content`.

        Raises:
            NoAnswerError: there was no connection, or no response in time.
            ApiError: the service refused the request.
        """
        request = self._build_request(method, path, **options)
        return self._send_with_retries(request, repeatable=repeatable)

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Send a POST request whose response is a stream.

        After the start of the response the request is not repeated.

        Raises:
            NoAnswerError: there was no connection, or it broke.
            ApiError: the service refused the request.
        """
        request = self._build_request("POST", path, **options)
        response = self._send_with_retries(request, stream=True)
        try:
            yield response
        except httpx.HTTPError as error:
            raise NoAnswerError(describe_failure(error)) from error
        finally:
            response.close()

    def _build_request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Request:
        headers = dict(headers or {})
        if json is not None:
            content = dumps(json, default=convert_numpy, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        query = {k: v for k, v in (params or {}).items() if v is not None}
        return self.http.build_request(
            method, path, params=query, headers=headers, content=content
        )

    def _send_with_retries(
        self, request: httpx.Request, *, repeatable: bool = True, stream: bool = False
    ) -> httpx.Response:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(self.retries):
            try:
                return self._send_once(request, stream=stream)
            except ApiError as error:
                if error.status not in RETRIED_STATUSES:
                    raise
                time.sleep(find_pause(error.retry_after, pause))
            except NoAnswerError as error:
                if not (repeatable or isinstance(error.__cause__, httpx.ConnectError)):
                    raise
                time.sleep(add_jitter(pause))
            pause *= 2
        return self._send_once(request, stream=stream)

    def _send_once(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        try:
            response = self.http.send(request, stream=stream)
            if not response.is_success:
                response.read()
        except httpx.HTTPError as error:
            raise NoAnswerError(describe_failure(error)) from error
        if response.is_success:
            return response
        raise api_error(response)


def document_of(response: httpx.Response) -> Any:
    """Return the JSON document of a response.

    Raises:
        NoisingError: it is not JSON, so probably not from a noising service.
    """
    try:
        return response.json()
    except ValueError as error:
        raise NoisingError(
            f"The response of {response.url} is not JSON: is this the service's URL?"
        ) from error


def convert_numpy(value: Any) -> Any:
    """Return NumPy arrays and numbers as JSON values.

    Raises:
        TypeError: the value has another type, which JSON does not support.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}, got {value!r}")


def describe_failure(error: Exception) -> str:
    """Return the message for a request without a response."""
    return f"The service did not respond: {error or type(error).__name__}."


def find_pause(retry_after: str, pause: float) -> float:
    """Return the seconds to wait before the next attempt.

    Args:
        retry_after: the Retry-After header: seconds, or a date.
        pause: approximate number of further seconds to wait.
    """
    seconds = 0.0
    if retry_after.isdigit():
        seconds = float(retry_after)
    elif retry_after:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            seconds = 0.0  # not a valid date
    return min(max(seconds, 0.0), MOST_WAIT_SECONDS) + add_jitter(pause)


def add_jitter(seconds: float) -> float:
    """Return a random time of about `seconds`, to spread the retries of clients."""
    return seconds * (0.5 + random.random())  # noqa: S311 - no secret depends on it
