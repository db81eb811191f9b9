"""Requests that are sent again where that is safe, and what they raise."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from noising.client.errors import NoAnswerError, api_error

WORTH_ANOTHER_TRY: Final = frozenset({429, 503})
MOST_WAIT_SECONDS: Final = 60.0
FIRST_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Sends requests and waits between tries.

    Attributes:
        http: httpx's client, with the service's address.
        retries: tries after the first.
    """

    http: httpx.Client
    retries: int

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Return the document that a request is answered with; see `send`."""
        return self.send(method, path, **options).json()

    def send(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = True,
        params: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Return the answer to a request.

        A refusal by 429 or 503 is waited out as long as the service asks, at most a
        minute; both say that nothing was done. A connection that breaks is tried
        again only where the request may be carried out twice.

        Args:
            method: of HTTP.
            path: below the service's address.
            repeatable: whether it does no harm to carry the request out twice.
            params: the query; what is None is left out.
            options: as httpx takes them.

        Raises:
            NoAnswerError: no connection, or no answer in time.
            ApiError: the service refused it.
        """
        query = {k: v for k, v in (params or {}).items() if v is not None}
        for left in range(self.retries, -1, -1):
            pause = FIRST_PAUSE_SECONDS * 2 ** (self.retries - left)
            try:
                response = self.http.request(method, path, params=query, **options)
            except httpx.ConnectError as error:
                self._give_up_or_wait(left, pause, error)
                continue
            except httpx.HTTPError as error:
                self._give_up_or_wait(left if repeatable else 0, pause, error)
                continue
            if response.status_code in WORTH_ANOTHER_TRY and left:
                time.sleep(asked_pause(response, pause))
                continue
            if response.is_success:
                return response
            raise api_error(response)
        raise AssertionError("unreachable")  # the last round returns or raises

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Send a POST once, for an answer that comes in pieces.

        Raises:
            NoAnswerError: no connection, or it broke.
            ApiError: the service refused it.
        """
        try:
            with self.http.stream("POST", path, **options) as response:
                if not response.is_success:
                    response.read()
                    raise api_error(response)
                yield response
        except httpx.HTTPError as error:
            raise NoAnswerError(worded(error)) from error

    def _give_up_or_wait(self, left: int, pause: float, error: Exception) -> None:
        if not left:
            raise NoAnswerError(worded(error)) from error
        time.sleep(jittered(pause))


def worded(error: Exception) -> str:
    """Return what failed between the two sides."""
    return f"The service gave no answer: {error or type(error).__name__}."


def asked_pause(response: httpx.Response, pause: float) -> float:
    """Return how long to wait before the next try, in seconds."""
    asked = response.headers.get("Retry-After", "")
    if not asked.isdigit():
        return jittered(pause)
    return min(float(asked), MOST_WAIT_SECONDS) + jittered(pause)


def jittered(seconds: float) -> float:
    """Return about as many seconds, so that many clients do not come back at once."""
    return seconds * (0.5 + random.random())  # noqa: S311 - no secret depends on it
