"""Errors of the client."""

from __future__ import annotations

from typing import Any, Final

import httpx


class NoisingError(Exception):
    """Base class; raised itself if a response is not from a noising service."""


class NoAnswerError(NoisingError):
    """The service could not be reached, or did not respond in time."""


class ApiError(NoisingError):
    """The service refused a request.

    Attributes:
        status: the HTTP status code.
        detail: the service's explanation.
        errors: the refused values, each with `pointer`, `code` and `detail`.
        request_id: identifies the request in the service's log.
        retry_after: the response's Retry-After header, or "".
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, Any]],
        request_id: str,
        retry_after: str,
    ) -> None:
        # Exception gets all arguments, so that the error can be pickled.
        super().__init__(status, detail, errors, request_id, retry_after)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        lines = [f"{self.status}: {self.detail}"]
        lines += [f"{e.get('pointer')}: {e.get('detail')}" for e in self.errors]
        if self.status >= 500 and self.request_id:
            lines.append(f"The service's log names the request {self.request_id}.")
        return "\n".join(lines)


class AccessDeniedError(ApiError):
    """401 or 403: there is no valid access token, or it does not permit this."""


class NotFoundError(ApiError):
    """404: the object does not exist."""


class ConflictError(ApiError):
    """409 or 412: the state of the object does not allow this."""


class InvalidRequestError(ApiError):
    """400, 413, 415 or 422: the request has invalid values, or too many."""


class TooManyRequestsError(ApiError):
    """429: too many requests, even after the waits that the service requested."""


class ServerFailedError(ApiError):
    """5xx: the service failed, or was too busy at every attempt."""


KINDS: Final[dict[int, type[ApiError]]] = {
    400: InvalidRequestError,
    401: AccessDeniedError,
    403: AccessDeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: TooManyRequestsError,
}


def api_error(response: httpx.Response) -> ApiError:
    """Return the error for a response, which may come from a proxy instead."""
    try:
        document: Any = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    errors = document.get("errors")
    if not isinstance(errors, list):
        errors = []
    fallback = ServerFailedError if response.status_code >= 500 else ApiError
    return KINDS.get(response.status_code, fallback)(
        response.status_code,
        str(document.get("detail") or response.reason_phrase),
        [error for error in errors if isinstance(error, dict)],
        response.headers.get("X-Request-ID", ""),
        response.headers.get("Retry-After", ""),
    )
