"""The hot path: what an event loop answers itself, without Django and without a thread.

Only answers that are certain are given here. Whatever is unusual about a request, and
every refusal, is left to the application, which sees the request as it came: one
place judges and words, and this one can only be faster.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny

from noising.api.base import ServiceView
from noising.api.negotiation import preferred_type
from noising.api.parsers import MEDIA_TYPE, check_content_type
from noising.api.plain import plain_answer
from noising.api.views import InfoView, NoiseView
from noising_site.health import LivezView
from noising_site.middleware import host_is_served, request_id, take_scheme
from noising_site.threads import WSGI, Answer, Headers, Scope, answered, environ_of

INLINE_BYTES: Final = 64 * 1024
"""A body up to which the loop itself works: half a millisecond, about 10,000 ids."""

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
        "noising_site.access.AccessMiddleware",
    }
)
"""What this path stands for: where there are no cookies, and no accounts count, all
that they add to its answers are headers that never change."""

GIVEN: Final = (b"host", b"accept", b"content-type", b"x-forwarded-proto")
"""The headers on which an answer depends, beside the request's id."""

SAMPLE: Final = orjson.dumps({"tokens": [0], "timestep": 0, "seed": 0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An endpoint whose answers may be given at once."""

    method: str
    path: str
    view: type[ServiceView]
    compute: Callable[[bytes], tuple[bytes, int] | None] | None = None


ROUTES: Final = (
    Route(method="POST", path="/noise", view=NoiseView, compute=plain_answer),
    Route(method="GET", path="/info", view=InfoView),
    Route(method="GET", path="/livez", view=LivezView),
)


class HotPath:
    """Answers at once where that is certain.

    The headers, and what never changes, it takes from one answer of the application
    to each route. A route that the application refuses, or that does not answer
    everyone alike, is none of its own.

    Args:
        application: what answers everything else.
    """

    def __init__(self, application: WSGI) -> None:
        self.learned: dict[tuple[str, str], Learned] = {}
        if set(settings.MIDDLEWARE) <= MIDDLEWARE:
            for route in ROUTES:
                answer = answered(application, environ_of(*sample(route)))
                if answer and answer.status == 200 and answers_everyone(route.view()):
                    self.learned[route.method, route.path] = Learned(route, answer)
        # Clients repeat their headers: each combination is judged once.
        self._is_ordinary = lru_cache(maxsize=1024)(is_ordinary)

    def find(self, scope: Scope) -> "Learned | None":
        """Return what can answer a request once its body is there, if anything."""
        learned = self.learned.get((scope["method"], scope["path"]))
        if learned is None:
            return None
        headers = dict(scope["headers"])
        if b"cookie" in headers or len(headers) != len(scope["headers"]):
            return None  # Django expires the cookie of a session that it refuses
        if learned.route.compute and not has_plain_body(headers):
            return None
        given = [headers.get(name) for name in GIVEN]
        return learned if self._is_ordinary(learned.route.method, *given) else None


class Learned:
    """A route, and what never changes in its answers."""

    def __init__(self, route: Route, answer: Answer) -> None:
        self.route = route
        self.content = answer.content
        self.headers = answer.headers
        self.place = {name: place for place, (name, _) in enumerate(answer.headers)}

    def answer(self, scope: Scope, body: bytes) -> Answer | None:
        """Answer the request, or leave it to the application."""
        changed = self.headers.copy()
        content = self.content
        if self.route.compute is not None:
            computed = self.route.compute(body)
            if computed is None:
                return None
            content, seed = computed
            self._set(changed, b"content-length", b"%d" % len(content))
            self._set(changed, b"noise-seed", b"%d" % seed)
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self._set(changed, b"x-request-id", request_id(given).encode())
        return Answer(status=200, headers=changed, content=content)

    def _set(self, headers: Headers, name: bytes, value: bytes) -> None:
        headers[self.place[name]] = (name, value)


def has_plain_body(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a body is declared that may be read and answered on the loop."""
    length = headers.get(b"content-length", b"")
    return (
        length.isdigit()
        and len(length) < 10
        and int(length) <= min(INLINE_BYTES, settings.MAX_BODY_BYTES)
        and b"transfer-encoding" not in headers
        and b"content-encoding" not in headers
    )


def is_ordinary(
    method: str,
    host: bytes | None,
    accept: bytes | None,
    content_type: bytes | None,
    scheme: bytes | None,
) -> bool:
    """Tell whether the application would take a request with these headers.

    It is asked for its own judgement: the host is one that is served, JSON may be
    answered and is sent, and no redirect to https is due.
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
    if not host_is_served(request) or preferred_type(request, [MEDIA_TYPE]) is None:
        return False
    try:
        if method == "POST":
            check_content_type(request.META.get("CONTENT_TYPE", ""), (MEDIA_TYPE,))
    except APIException:
        return False
    return True


def answers_everyone(view: Any) -> bool:
    """Tell whether a view answers everyone alike, and as often as they like."""
    permissions = view.get_permissions()
    return (
        not view.get_authenticators()
        and not view.get_throttles()
        and all(type(permission) is AllowAny for permission in permissions)
    )


def sample(route: Route) -> tuple[Scope, bytes]:
    """Return a request that is answered with 200 where everyone is."""
    body = SAMPLE if route.compute else b""
    host = settings.ALLOWED_HOSTS[0].removeprefix(".")
    headers = [
        (b"host", b"localhost" if host == "*" else host.encode()),
        (b"x-forwarded-proto", b"https" if settings.HTTPS else b"http"),
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {
        "method": route.method,
        "path": route.path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": headers,
    }
    return scope, body
