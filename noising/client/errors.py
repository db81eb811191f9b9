"""What can go wrong between the client and the service."""

from __future__ import annotations

from typing import Any, Final

import httpx


class NoisingError(Exception):
    """Base of all errors of the client."""


class NoAnswerError(NoisingError):
    """The service could not be reached, or did not answer in time."""


class ApiError(NoisingError):
    """The service refused a request.

    Attributes:
        status: the HTTP status code.
        detail: what the service says about it.
        errors: the refused values, each with `pointer`, `code` and `detail`.
        request_id: names the request in the service's log.
        retry_after: the header in which the service says when to come back, or "".
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, Any]],
        request_id: str,
        retry_after: str,
    ) -> None:
        # All of them are the arguments, so that it can pass between processes.
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
    """401 or 403: there is no token, or it may not do this."""


class NotFoundError(ApiError):
    """404: there is no such thing."""


class ConflictError(ApiError):
    """409 or 412: the state of the thing does not allow it."""


class InvalidRequestError(ApiError):
    """400, 413, 415 or 422: values cannot be used, or are too many."""


class TooManyRequestsError(ApiError):
    """429: too many requests, even after waiting as long as the service asked."""


class ServerFailedError(ApiError):
    """5xx: the service failed, or was too busy each time it was asked."""


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
    """Return the error that a refusal stands for.

    A proxy in front may answer without a problem document.
    """
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
