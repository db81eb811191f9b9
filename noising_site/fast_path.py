"""The fast path: responses made on the event loop, without Django or a thread.

It responds only to ordinary requests that succeed. The application handles every other
request, so all checks and error messages are in one place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import orjson
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny

from noising.api.base import ServiceView
from noising.api.core import fast_path as core_fast_path
from noising.api.core.views import InfoView, NoiseView
from noising.api.noise import fast_path as batch_fast_path
from noising.api.noise import npy
from noising.api.noise.views import NoiseBatchView
from noising.api.parsers import MEDIA_TYPE, check_content_type
from noising.api.renderers import preferred_type
from noising_site.health import LivezView
from noising_site.middleware import host_is_served, request_id, take_scheme
from noising_site.wsgi_bridge import (
    WSGI,
    Headers,
    Response,
    Scope,
    call_application,
    environ_of,
)

MIDDLEWARE: Final = frozenset(
    {
        "noising_site.middleware.EdgeMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "noising_site.middleware.PolicyMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "noising_site.static.StaticFilesMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "noising_site.middleware.AccessMiddleware",
    }
)
"""The middleware that the fast path replaces. Without cookies and accounts, all that it
adds to the responses are headers that never change."""

HEADERS: Final = (b"host", b"accept", b"content-type", b"x-forwarded-proto")
"""The headers, other than the request's id, on which a response depends."""

Compute = Callable[[bytes, bytes], tuple[bytes, int] | None]
"""From a query and a body to the body of the response and its seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An endpoint with a fast path.

    Attributes:
        method: of the request.
        path: of the request.
        view: handles all other requests.
        media_type: of the response, and of the request's body.
        compute: makes the body of the response; None if it never changes.
        most_bytes: the greatest size of the request's body.
        sample: query and body of a request that succeeds.
    """

    method: str
    path: str
    view: type[ServiceView]
    media_type: str = MEDIA_TYPE
    compute: Compute | None = None
    most_bytes: int = 0
    sample: tuple[bytes, bytes] = (b"", b"")


ROUTES: Final = (
    Route(method="GET", path="/info", view=InfoView),
    Route(method="GET", path="/livez", view=LivezView),
    Route(
        method="POST",
        path="/noise",
        view=NoiseView,
        compute=lambda _, body: core_fast_path.noise_plain(body),
        most_bytes=core_fast_path.MOST_BYTES,
        sample=(b"", orjson.dumps({"tokens": [0], "timestep": 0})),
    ),
    Route(
        method="POST",
        path="/api/v1/noise",
        view=NoiseBatchView,
        media_type=npy.MEDIA_TYPE,
        compute=batch_fast_path.noise_npy,
        most_bytes=batch_fast_path.MOST_BYTES,
        sample=(b"timesteps=0", npy.write_npy(np.zeros(1, np.int64))),
    ),
)


class FastPath:
    """Responds to ordinary requests on the event loop.

    One response of the application to each route gives the headers, and the content if
    it never changes. A route has no fast path if the application refuses the sample, or
    if the response depends on the client.

    Args:
        application: responds to everything else.
    """

    def __init__(self, application: WSGI) -> None:
        self.responders: dict[tuple[str, str], Responder] = {}
        if set(settings.MIDDLEWARE) <= MIDDLEWARE:
            for route in ROUTES:
                example = call_application(application, environ_of(*make_sample(route)))
                if example.status == 200 and is_public(route.view()):
                    self.responders[route.method, route.path] = Responder(
                        route, example
                    )
        # Clients repeat their headers: each combination is checked once.
        self._is_ordinary = lru_cache(maxsize=1024)(is_ordinary)

    def find(self, scope: Scope) -> "Responder | None":
        """Return the responder for a request whose body has not been read, or None."""
        responder = self.responders.get((scope["method"], scope["path"]))
        if responder is None:
            return None
        headers = dict(scope["headers"])
        if b"cookie" in headers or len(headers) != len(scope["headers"]):
            return None  # Django expires the cookie of a session that it refuses
        if responder.route.compute and not has_plain_body(responder.route, headers):
            return None
        values = [headers.get(name) for name in HEADERS]
        return responder if self._is_ordinary(responder.route, *values) else None


class Responder:
    """Makes the responses of one route."""

    def __init__(self, route: Route, example: Response) -> None:
        self.route = route
        self.example = example
        self.index = {name: index for index, (name, _) in enumerate(example.headers)}

    def respond(self, scope: Scope, body: bytes) -> Response | None:
        """Return the response, or None if the application must handle the request."""
        headers, content = self.example.headers.copy(), self.example.content
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self._set(headers, b"x-request-id", request_id(given).encode())
        if self.route.compute:
            computed = self.route.compute(scope["query_string"], body)
            if computed is None:
                return None
            content, seed = computed
            self._set(headers, b"content-length", b"%d" % len(content))
            self._set(headers, b"noise-seed", b"%d" % seed)
        return Response(
            status=200, headers=headers, content=content, route=self.route.path
        )

    def _set(self, headers: Headers, name: bytes, value: bytes) -> None:
        headers[self.index[name]] = (name, value)


def has_plain_body(route: Route, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether the declared body may be read and handled on the event loop."""
    length = headers.get(b"content-length", b"")
    return (
        length.isdigit()
        and len(length) < 10
        and int(length) <= min(route.most_bytes, settings.MAX_BODY_BYTES)
        and b"transfer-encoding" not in headers
        and b"content-encoding" not in headers
    )


def is_ordinary(
    route: Route,
    host: bytes | None,
    accept: bytes | None,
    content_type: bytes | None,
    scheme: bytes | None,
) -> bool:
    """Tell whether the application would accept a request with these headers.

    Its own functions check that the host is served, that the media types of body and
    response are the route's, and that there is no redirect to https.
    """
    if host is None:
        return False
    request = HttpRequest()
    request.META = {
        name: value.decode("latin-1")
        for name, value in (
            ("HTTP_HOST", host),
            ("HTTP_ACCEPT", accept),
            ("CONTENT_TYPE", content_type),
            ("HTTP_X_FORWARDED_PROTO", scheme),
        )
        if value is not None
    }
    hops = settings.TRUSTED_PROXIES or int(settings.HTTPS)
    if hops:
        take_scheme(request.META, hops)
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return False
    if not host_is_served(request):
        return False
    view = route.view()
    view.setup(request)
    offered = [renderer.media_type for renderer in view.get_renderers()]
    if preferred_type(request, offered) != route.media_type:
        return False
    try:
        if route.compute is not None:
            check_content_type(
                request.META.get("CONTENT_TYPE", ""), (route.media_type,)
            )
    except APIException:
        return False
    return True


def is_public(view: Any) -> bool:
    """Tell whether a view gives every client the same responses, without a limit."""
    permissions = view.get_permissions()
    return (
        not view.get_authenticators()
        and not view.get_throttles()
        and all(type(permission) is AllowAny for permission in permissions)
    )


def make_sample(route: Route) -> tuple[Scope, bytes]:
    """Return a request that succeeds if the view is public."""
    query, body = route.sample
    host = settings.ALLOWED_HOSTS[0].removeprefix(".")
    headers = [
        (b"host", b"localhost" if host == "*" else host.encode()),
        (b"x-forwarded-proto", b"https" if settings.HTTPS else b"http"),
        (b"content-type", route.media_type.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {
        "method": route.method,
        "path": route.path,
        "query_string": query,
        "http_version": "1.1",
        "headers": headers,
    }
    return scope, body
