"""Middleware for every request and every response."""

import ipaddress
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.log import log_response
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from noising.api.access import (
    NEEDS_ACCOUNT,
    TokenAuthentication,
    Writer,
    count_write,
    is_closed,
    record_write,
)
from noising.api.base import ServiceView
from noising.api.problems import problem, problem_response
from noising.budget import BusyError
from noising.correlation import work_for
from noising.models.connections import release_connection
from noising.services import ThrottledError
from noising_site.errors import error_response, prefers_page
from noising_site.wsgi_bridge import ROUTE, UNMATCHED

logger = logging.getLogger("noising.site")

View = Callable[..., HttpResponseBase]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""The headers that Django's middleware adds to the responses that pass through it."""

WITHOUT_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

LONGEST_LOGGED_HOST = 200

UNSERVED: Mapping[int, str] = {
    408: "The request's body did not arrive within 60 s.",
    503: (
        "Other requests wait for all the threads of this process, or hold all the "
        "memory that it has for bodies and responses; repeat the request later."
    ),
}
"""Details of error responses to requests that reached no view, by status."""

RETRY_SECONDS = 5


class EdgeMiddleware:
    """Outermost: identifies the request, checks its host, completes the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.address_hops = settings.TRUSTED_PROXIES
        # With HTTPS on, the proxy that terminates TLS is one hop.
        self.scheme_hops = settings.TRUSTED_PROXIES or int(settings.HTTPS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Respond to the request."""
        meta = request.META
        own_id = request_id(meta.get("HTTP_X_REQUEST_ID", ""))
        meta["HTTP_X_REQUEST_ID"] = own_id
        if self.address_hops:
            take_address(meta, self.address_hops)
        if self.scheme_hops:
            take_scheme(meta, self.scheme_hops)
        trace = meta.get("HTTP_TRACEPARENT", ""), meta.get("HTTP_TRACESTATE", "")
        with work_for(own_id, *trace):
            response = self.refusal(request) or self.get_response(request)
        meta[ROUTE] = route_template(request)
        complete(response, own_id)
        if response.streaming:
            # The client may read slowly, and other requests need the connection.
            release_connection()
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Return 503 if a page or figure got no permit for costly work."""
        if not isinstance(exception, BusyError):
            return None
        response = error_response(request, 503, str(exception))
        response.headers["Retry-After"] = str(exception.retry_after)
        return response

    def refusal(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return the response if the request's host is not one of the service's."""
        if request.path_info in settings.HEALTH_PATHS:
            return None
        if host_is_served(request):
            return None
        response = add_security_headers(
            error_response(request, 400, "This host is not served here.")
        )
        log_response(
            "Refused host %s; if it is this service's, add it to ALLOWED_HOSTS.",
            repr(request.META.get("HTTP_HOST", "")[:LONGEST_LOGGED_HOST]),
            response=response,
            request=request,
            logger=logger,
        )
        return response


class PolicyMiddleware(CSPMiddleware):
    """django-csp, but the policy is built again only for views that change it.

    Nonces are not offered: no page of this service has an inline script or style.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """Offer no nonce."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the policy."""
        if settings.DEBUG or any(name.startswith("_csp_") for name in vars(response)):
            changed: HttpResponseBase = super().process_response(request, response)
            return changed
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class AccessMiddleware:
    """Innermost: checks access to everything but views of the API, and records writes.

    Views of the API check their requests themselves. Everything else (pages, plots,
    admin, documents) is closed with ACCESS=closed unless it is marked with
    ``login_not_required``; its writes are counted and recorded too.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Respond to the request."""
        response = self.get_response(request)
        record_write(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return an error response, or None if the request may reach the view."""
        kind = getattr(view, "cls", None)
        if kind is not None and issubclass(kind, ServiceView):
            return None
        # DRF marks its own views as open to this kind of middleware.
        is_public = kind is None and not getattr(view, "login_required", True)
        if not is_public and (refusal := refuse_stranger(request)):
            return refusal
        user = request.user
        if request.method not in SAFE_METHODS and user.is_authenticated:
            try:
                count_write(request, Writer(account=user, token=None))
            except ThrottledError as error:
                return throttled_response(request, error)
        return None

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Respond for a view that reached the limit of writes."""
        if isinstance(exception, ThrottledError):
            return throttled_response(request, exception)
        return None


def add_security_headers(response: HttpResponse) -> HttpResponse:
    """Add the headers that the inner middleware would have added."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = build_policy()
    return response


def complete(response: HttpResponseBase, own_id: str) -> None:
    """Add the headers that every response has: the request's id and the length."""
    response.headers["X-Request-ID"] = own_id
    has_length = response.status_code not in WITHOUT_CONTENT
    if has_length and isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))


def route_template(request: HttpRequest) -> str:
    """Return the template of the request's route, such as `/alpha/<timestep>`."""
    match = request.resolver_match
    if match is not None:
        return f"/{match.route}"
    is_static = request.path_info.startswith(settings.STATIC_URL)
    return f"{settings.STATIC_URL}<path>" if is_static else UNMATCHED


def request_id(given: str) -> str:
    """Return the request id that the client sent, or a new one if it is not valid."""
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def host_is_served(request: HttpRequest) -> bool:
    """Tell whether a request names a host of this service."""
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def unserved_response(status: int) -> HttpResponse:
    """Return the response 408 or 503 to a request that reached no view."""
    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = request_id("")
    document = problem(request, status, UNSERVED[status])
    response = add_security_headers(problem_response(document))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    complete(response, request.META["HTTP_X_REQUEST_ID"])
    return response


def take_address(meta: dict[str, Any], hops: int) -> None:
    """Set REMOTE_ADDR to the client's address, from X-Forwarded-For.

    Each proxy appends the address of its own client. Counted from the right, the entry
    at the number of hops is the last one that the client cannot forge.

    Args:
        meta: the request's variables, changed in place.
        hops: trusted proxies in front of the service, at least 1.
    """
    addresses = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(addresses) < hops:
        return
    with suppress(ValueError):
        meta["REMOTE_ADDR"] = str(ipaddress.ip_address(addresses[-hops].strip()))


def take_scheme(meta: dict[str, Any], hops: int) -> None:
    """Reduce X-Forwarded-Proto to the entry of the outermost trusted proxy.

    A proxy may append its scheme, replace the header or leave it unchanged. If there
    are fewer entries than hops, the first one is the outermost proxy's.

    Args:
        meta: the request's variables, changed in place.
        hops: trusted proxies in front of the service, at least 1.
    """
    schemes = meta.get("HTTP_X_FORWARDED_PROTO", "").split(",")
    meta["HTTP_X_FORWARDED_PROTO"] = schemes[-min(hops, len(schemes))].strip()


def refuse_stranger(request: HttpRequest) -> HttpResponseBase | None:
    """Return the response to a client without an account, with ACCESS=closed.

    A browser is redirected to the login page, a program gets 401.
    """
    if not is_closed() or is_known(request):
        return None
    if prefers_page(request):
        is_read = request.method in SAFE_METHODS
        back = request.get_full_path() if is_read else resolve_url("home")
        return redirect_to_login(back, resolve_url(settings.LOGIN_URL))
    response = error_response(request, 401, NEEDS_ACCOUNT)
    response.headers["WWW-Authenticate"] = TokenAuthentication.CHALLENGE
    return response


def is_known(request: HttpRequest) -> bool:
    """Tell whether a request has a session or a valid token.

    A token does not sign in to forms and admin, which accept only a session.
    """
    try:
        if TokenAuthentication().authenticate(Request(request)) is not None:
            return True
    except AuthenticationFailed:
        return False
    return request.user.is_authenticated


def throttled_response(request: HttpRequest, error: ThrottledError) -> HttpResponseBase:
    """Return the response 429, with the seconds to wait."""
    response = error_response(request, 429, str(error))
    response.headers["Retry-After"] = str(error.seconds)
    return response
