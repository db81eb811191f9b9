"""Problem documents for the exceptions of views."""

from itertools import islice
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions, status

from noising.api.problems import (
    MALFORMED,
    MOST_ERRORS,
    SERVER_ERROR,
    Busy,
    Conflict,
    DatabaseFailed,
    FieldError,
    GatewayProblem,
    field_errors,
    log_database_failure,
    problem,
    problem_response,
)
from noising.budget import BusyError
from noising.integrations import ServiceError
from noising.models.failures import is_database_failure
from noising.services import InUseError


def is_failure(exc: exceptions.APIException) -> bool:
    """Tell a failure of the service from a status, such as 503, that a view raised."""
    return exc.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR


class ProblemHandler(ExceptionHandler):
    """drf-standardized-errors' handler, which returns problem documents."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Convert exceptions of the layers below to DRF's."""
        if is_database_failure(exc):
            return DatabaseFailed()
        if isinstance(exc, SuspiciousOperation):
            return exceptions.ParseError(MALFORMED)
        if isinstance(exc, ServiceError):
            return GatewayProblem(exc)
        if isinstance(exc, InUseError):
            return Conflict(str(exc))
        if isinstance(exc, BusyError):
            return Busy(str(exc), wait=exc.retry_after)
        known: Exception = super().convert_known_exceptions(exc)
        return known

    def format_exception(self, exc: exceptions.APIException) -> dict[str, Any]:
        """Return the problem document."""
        errors: list[FieldError] = []
        detail = str(exc.detail)
        if isinstance(exc, exceptions.ValidationError):
            exc.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
            errors = list(islice(field_errors(exc.detail), MOST_ERRORS))
            detail = errors[0].detail
        elif is_failure(exc):
            detail = SERVER_ERROR
        request: Any = self.context["request"]
        return problem(request, exc.status_code, detail, errors)

    def get_response(  # type: ignore[override]  # the view's renderer may not be JSON
        self, exc: exceptions.APIException, data: dict[str, Any]
    ) -> HttpResponse:
        """Return the document, with any renderer of the view."""
        return problem_response(data, self.get_headers(exc))

    def report_exception(
        self, exc: exceptions.APIException, response: HttpResponse
    ) -> None:
        """Log the service's failures with a traceback, the database's in one line."""
        if isinstance(exc, DatabaseFailed):
            request: Any = self.context["request"]
            log_database_failure(self.exc, request._request, response)
        elif is_failure(exc):
            super().report_exception(exc, response)  # type: ignore[arg-type]  # as above
