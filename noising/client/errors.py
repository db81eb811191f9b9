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
    """

    def __init__(
        self, status: int, detail: str, errors: list[dict[str, Any]], request_id: str
    ) -> None:
        """Word the problem: the detail, and every refused value with its place."""
        places = [f"{error['pointer']}: {error['detail']}" for error in errors]
        super().__init__("\n".join([f"{status}: {detail}", *places]))
        self.status = status
        self.detail = detail
        self.errors = errors
        self.request_id = request_id


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
    fallback = ServerFailedError if response.status_code >= 500 else ApiError
    return KINDS.get(response.status_code, fallback)(
        response.status_code,
        str(document.get("detail") or response.reason_phrase),
        list(document.get("errors") or []),
        response.headers.get("X-Request-ID", ""),
    )
