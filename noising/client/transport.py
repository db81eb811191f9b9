"""Requests, with retries where these are safe, and their errors."""

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

WORTH_ANOTHER_TRY: Final = frozenset({429, 503})
MOST_WAIT_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Sends requests and waits between tries.

    After 429 and 503, which mean that nothing was done, it waits as long as the service
    demands, at most a minute, and retries. After a broken connection it retries only
    requests that are safe to repeat.

    Attributes:
        http: client of httpx, with the service's URL.
        retries: tries after the first.
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
            options: `params`, without those that are None; `json`, which may contain
                arrays; `headers`; and `content`.

        Raises:
            NoAnswerError: there was no connection, or no response in time.
            ApiError: the service refused the request.
        """
        request = self._request(method, path, **options)
        return self._answered(request, repeatable=repeatable)

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Send a POST request whose response is a stream.

        Once the response has begun, the request is not repeated.

        Raises:
            NoAnswerError: there was no connection, or it broke.
            ApiError: the service refused the request.
        """
        response = self._answered(self._request("POST", path, **options), stream=True)
        try:
            yield response
        except httpx.HTTPError as error:
            raise NoAnswerError(worded(error)) from error
        finally:
            response.close()

    def _request(
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
            content = dumps(json, default=plain, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        query = {k: v for k, v in (params or {}).items() if v is not None}
        return self.http.build_request(
            method, path, params=query, headers=headers, content=content
        )

    def _answered(
        self, request: httpx.Request, *, repeatable: bool = True, stream: bool = False
    ) -> httpx.Response:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(self.retries):
            try:
                return self._tried(request, stream=stream)
            except ApiError as error:
                if error.status not in WORTH_ANOTHER_TRY:
                    raise
                time.sleep(asked_pause(error.retry_after, pause))
            except NoAnswerError as error:
                if not (repeatable or isinstance(error.__cause__, httpx.ConnectError)):
                    raise
                time.sleep(jittered(pause))
            pause *= 2
        return self._tried(request, stream=stream)

    def _tried(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        try:
            response = self.http.send(request, stream=stream)
            if not response.is_success:
                response.read()
        except httpx.HTTPError as error:
            raise NoAnswerError(worded(error)) from error
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


def plain(value: Any) -> Any:
    """Return NumPy arrays and numbers as JSON values.

    Raises:
        TypeError: the value is something else that JSON does not have.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}, got {value!r}")


def worded(error: Exception) -> str:
    """Return the message for a request without a response."""
    return f"The service did not respond: {error or type(error).__name__}."


def asked_pause(asked: str, pause: float) -> float:
    """Return how long to wait before the next try, in seconds.

    Args:
        asked: the Retry-After header: seconds, or a date.
        pause: approximate seconds to wait in addition.
    """
    seconds = 0.0
    if asked.isdigit():
        seconds = float(asked)
    elif asked:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except ValueError:
            seconds = 0.0  # it makes no sense
    return min(max(seconds, 0.0), MOST_WAIT_SECONDS) + jittered(pause)


def jittered(seconds: float) -> float:
    """Return a random time of about this many seconds, to spread retries of clients."""
    return seconds * (0.5 + random.random())  # noqa: S311 - no secret depends on it
