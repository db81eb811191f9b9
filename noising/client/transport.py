"""Requests that are sent again where that is safe, and what they raise."""

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

    A refusal by 429 or 503 is waited out as long as the service asks, at most a
    minute; both say that nothing was done. A connection that breaks is tried again
    only where the request may be carried out twice.

    Attributes:
        http: httpx's client, with the service's address.
        retries: tries after the first.
    """

    http: httpx.Client
    retries: int

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Return the document that a request is answered with; see `send`."""
        return document_of(self.send(method, path, **options))

    def send(
        self, method: str, path: str, *, repeatable: bool = True, **options: Any
    ) -> httpx.Response:
        """Return the answer to a request.

        Args:
            method: of HTTP.
            path: below the service's address.
            repeatable: whether it does no harm to carry the request out twice.
            options: `params`, of which those that are None are left out; `json`,
                where arrays may stand for lists; `headers`; and `content`.

        Raises:
            NoAnswerError: no connection, or no answer in time.
            ApiError: the service refused it.
        """
        request = self._request(method, path, **options)
        return self._answered(request, repeatable=repeatable)

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Send a POST for an answer that comes in pieces.

        Once the answer has begun, it is not asked for again.

        Raises:
            NoAnswerError: no connection, or it broke.
            ApiError: the service refused it.
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
    """Return the JSON of an answer.

    Raises:
        NoisingError: it is none; something else stands at the address.
    """
    try:
        return response.json()
    except ValueError as error:
        raise NoisingError(
            f"The answer of {response.url} is no JSON: is this the service's address?"
        ) from error


def plain(value: Any) -> Any:
    """Return NumPy's arrays and numbers as JSON has them.

    Raises:
        TypeError: it is something else that JSON does not know.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"JSON knows no {type(value).__name__}, got {value!r}")


def worded(error: Exception) -> str:
    """Return what failed between the two sides."""
    return f"The service gave no answer: {error or type(error).__name__}."


def asked_pause(asked: str, pause: float) -> float:
    """Return how long to wait before the next try, in seconds.

    Args:
        asked: the Retry-After header: seconds, or a date.
        pause: what else to wait for about as long as.
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
    """Return about as many seconds, so that many clients do not come back at once."""
    return seconds * (0.5 + random.random())  # noqa: S311 - no secret depends on it
