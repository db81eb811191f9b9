"""Errors as RFC 9457 problem documents, the same for every route."""

import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from rest_framework import exceptions, status

from noising.engine import EngineError
from noising.integrations import (
    ServiceError,
    ServiceFailedError,
    ServiceSuspendedError,
    ServiceTimeoutError,
)
from noising.models.failures import RETRY_SECONDS, failure_line

logger = logging.getLogger("noising.database")

LOGGED_FAILURE = "noising.logged_database_failure"
"""The key in a request's META that says that the log has the database's failure."""

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 10
"""How many refused values one response names."""

LONGEST_TEXT = 400
"""Characters of a detail; with MOST_ERRORS it keeps every response below 64 KiB."""

LONGEST_POINTER = 200
"""Characters of a pointer; a longer one is cut to the pointer of a parent."""

BETWEEN_STEPS = re.compile(r"[.\[\]]+|(?<=\d), (?=\d+\])")
"""Separates the steps of the engine's paths: ``classes.critical[3]``, ``t[0, 3]``."""

MALFORMED = "The request cannot be understood."
SERVER_ERROR = "The service failed on this request; its log names the request id."
NUL_REFUSED = "A name or another text must not hold the character NUL (U+0000)."
DATABASE_FAILED = (
    "The database cannot be used now: repeat the request later. The service's log "
    "names the request id and the reason."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One refused value: its place, the rule that it breaks, and the way out."""

    pointer: str
    code: str
    detail: str


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer, as a URI fragment, to a place in the request's body."""
    place = "#"
    for part in parts:
        step = "/" + str(part).replace("~", "~0").replace("/", "~1")
        if len(place) + len(step) > LONGEST_POINTER:
            break
        place += step
    return place


def problem(
    request: HttpRequest,
    code: int,
    detail: str,
    errors: Sequence[FieldError] = (),
) -> dict[str, Any]:
    """Return the problem document of a response with this status code."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": shorten(detail),
        "errors": [
            asdict(error) | {"detail": shorten(error.detail)}
            for error in errors[:MOST_ERRORS]
        ],
        "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
    }


def problem_response(
    document: dict[str, Any], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return the response with a problem document."""
    return HttpResponse(
        orjson.dumps(document),
        status=document["status"],
        content_type=MEDIA_TYPE,
        headers=headers,
    )


def shorten(text: str) -> str:
    """Return the text, cut if it is longer than a response may repeat."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


GATEWAY_STATUS: Mapping[type[ServiceError], int] = {
    ServiceFailedError: status.HTTP_502_BAD_GATEWAY,
    ServiceSuspendedError: status.HTTP_503_SERVICE_UNAVAILABLE,
    ServiceTimeoutError: status.HTTP_504_GATEWAY_TIMEOUT,
}


class GatewayProblem(exceptions.APIException):
    """Another service failed."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(str(error))
        self.status_code = GATEWAY_STATUS[type(error)]
        if isinstance(error, ServiceSuspendedError):
            self.wait = math.ceil(error.seconds)


class ContentTooLarge(exceptions.APIException):
    """The body, or the number of tokens in it, exceeds a limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Conflict(exceptions.APIException):
    """The request cannot be reconciled with what is stored."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class PreconditionFailed(exceptions.APIException):
    """The stored object has another version than the request expects."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"


class Busy(exceptions.APIException):
    """The request is costly, and other requests do all the costly work allowed."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "busy"

    def __init__(self, detail: str, *, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class DatabaseFailed(exceptions.APIException):
    """The database is locked, full, read-only, or out of reach."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_failed"
    default_detail = DATABASE_FAILED
    wait = RETRY_SECONDS


def log_database_failure(
    error: BaseException, request: HttpRequest, response: HttpResponse
) -> None:
    """Log the database's error, in the only line about the request."""
    request.META[LOGGED_FAILURE] = True
    log_response(
        "The database failed %s %s: %s",
        request.method,
        request.path,
        failure_line(error),
        response=response,
        request=request,
        logger=logger,
    )


def field_errors(detail: Any, *parts: str | int) -> Iterator[FieldError]:
    """Walk the nested detail of a serializer's ValidationError.

    Args:
        detail: mappings by field name or by index, lists of ErrorDetail.
        parts: where the detail belongs.

    Yields:
        one error for each message, in the order of the fields.
    """
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            step = () if key == "non_field_errors" else (key,)
            yield from field_errors(inner, *parts, *step)
    elif isinstance(detail, list):
        for inner in detail:
            yield from field_errors(inner, *parts)
    else:
        yield FieldError(pointer=pointer(*parts), code=detail.code, detail=str(detail))


def convert_engine_error(
    error: EngineError, engine_path: str, name: str
) -> exceptions.ValidationError:
    """Convert an error of the engine to one about a field of the request.

    Args:
        error: the engine's.
        engine_path: the engine's dotted path to the value of the field; empty for a
            whole specification.
        name: the field.

    Returns:
        An error whose detail is nested from the field on.
    """
    path = error.field
    rest = path.removeprefix(engine_path) if path.startswith(engine_path) else ""
    if not engine_path:
        rest = f".{path}"
    renamed = EngineError(
        name + rest, error.code, error.rule, error.value, error.way_out
    )
    detail: Any = [exceptions.ErrorDetail(str(renamed), error.code)]
    for step in filter(None, reversed(BETWEEN_STEPS.split(rest))):
        detail = {step: detail}
    return exceptions.ValidationError(detail)
