"""Access to everything that is no view of the API: pages, plots, admin, documents.

Views of the API judge their requests themselves. All else is closed with
ACCESS=closed unless it is marked with ``login_not_required``, and its writes are
counted and recorded like theirs.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from noising.api.access import (
    TokenAuthentication,
    Writer,
    count_write,
    is_closed,
    record_write,
)
from noising.api.base import ServiceView
from noising.services import ThrottledError
from noising_site.errors import error_response, prefers_page

View = Callable[..., HttpResponseBase]


class AccessMiddleware:
    """Innermost: admits a request to its view, and records what it wrote."""

    def __init__(self, get_response: View) -> None:
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        record_write(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return a refusal, or nothing where the view may answer."""
        kind = getattr(view, "cls", None)
        if kind is not None and issubclass(kind, ServiceView):
            return None
        # DRF marks its own views as open to this kind of middleware.
        is_public = kind is None and not getattr(view, "login_required", True)
        if not is_public and (refusal := stranger_refusal(request)):
            return refusal
        user = request.user
        if request.method not in SAFE_METHODS and user.is_authenticated:
            try:
                count_write(request, Writer(account=user, token=None))
            except ThrottledError as error:
                return busy_refusal(request, error)
        return None

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Answer for a view that found a limit reached."""
        if isinstance(exception, ThrottledError):
            return busy_refusal(request, exception)
        return None


def stranger_refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Lead a browser to the login and answer a program 401, where ACCESS is closed."""
    if not is_closed() or is_known(request):
        return None
    if prefers_page(request):
        is_read = request.method in SAFE_METHODS
        back = request.get_full_path() if is_read else resolve_url("home")
        return redirect_to_login(back, resolve_url(settings.LOGIN_URL))
    response = error_response(
        request,
        401,
        "This needs an account: sign in, or send `Authorization: Bearer <token>` with "
        "a valid token of yours.",
    )
    response.headers["WWW-Authenticate"] = TokenAuthentication.CHALLENGE
    return response


def is_known(request: HttpRequest) -> bool:
    """Tell whether a request comes from an account: by its session or by a token.

    A token does not sign in: forms and admin go by the session alone.
    """
    try:
        if TokenAuthentication().authenticate(Request(request)) is not None:
            return True
    except AuthenticationFailed:
        return False
    return request.user.is_authenticated


def busy_refusal(request: HttpRequest, error: ThrottledError) -> HttpResponseBase:
    """Answer 429, and say when there is room again."""
    response = error_response(request, 429, str(error))
    response.headers["Retry-After"] = str(error.seconds)
    return response
