"""Errors outside the API's views, as a problem document or a small page."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.log import log_response

from noising.api.problems import (
    DATABASE_FAILED,
    MALFORMED,
    NUL_REFUSED,
    SERVER_ERROR,
    log_database_failure,
    problem,
    problem_response,
)
from noising.api.renderers import preferred_type
from noising.figures import LayoutError
from noising.models.failures import (
    RETRY_SECONDS,
    is_database_failure,
    is_nul_refusal,
)

JSON_TYPE = "application/json"
PAGE_TYPE = "text/html"


def prefers_page(request: HttpRequest) -> bool:
    """Tell whether the Accept header prefers HTML, as a browser's does."""
    return preferred_type(request, [JSON_TYPE, PAGE_TYPE]) == PAGE_TYPE


def error_response(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """Return an error in the format that the client prefers."""
    document = problem(request, status, detail)
    if prefers_page(request):
        page = render_to_string("errors/error.html", document)
        response = HttpResponse(page, status=status)
    else:
        response = problem_response(document)
    response.headers["Vary"] = "Accept"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to a request that Django refused: handler400."""
    if isinstance(exception, RequestDataTooBig):
        text = f"The body must not be longer than {settings.MAX_BODY_BYTES} bytes."
        return error_response(request, 413, text)
    if isinstance(exception, LayoutError):
        return error_response(request, 400, str(exception))
    return error_response(request, 400, MALFORMED)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to a request without permission: handler403."""
    return error_response(request, 403, "This account may not do that.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Respond to a form that did not come from a page of this service."""
    return error_response(
        request,
        403,
        "The form's CSRF token is missing or wrong: reload the page, with cookies "
        "allowed, and send it again.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Respond to an unknown path; redirect if a page has the path with a slash."""
    path = request.path_info
    is_read = request.method in {"GET", "HEAD"}
    if is_read and not path.endswith("/") and is_valid_path(f"{path}/"):
        return HttpResponsePermanentRedirect(
            request.get_full_path(force_append_slash=True)
        )
    return error_response(request, 404, "There is nothing at this path.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to an exception that no view caught: handler500.

    Django calls this function while it handles the exception. Django itself logs every
    error response that is not logged here as a failure of the service.
    """
    failure = sys.exception()
    if failure is not None and is_database_failure(failure):
        response = error_response(request, 503, DATABASE_FAILED)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        log_database_failure(failure, request, response)
        return response
    if failure is not None and is_nul_refusal(failure):
        response = error_response(request, 422, NUL_REFUSED)
        log_response(
            "%s: %s",
            response.reason_phrase,
            request.path,
            response=response,
            request=request,
        )
        return response
    return error_response(request, 500, SERVER_ERROR)
