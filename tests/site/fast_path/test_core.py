"""The fast path responds as Django does, or leaves the request to it."""

import orjson
import pytest
from rest_framework.permissions import IsAuthenticated
from rest_framework.settings import api_settings

from noising.api.core.fast_path import MOST_BYTES
from noising.api.core.views import NoiseView
from noising_site import fast_path
from noising_site.asgi import ASGIApplication
from noising_site.wsgi import application as wsgi_application
from tests.api.test_plain import NOT_PLAIN, PLAIN, REFUSED
from tests.site.asgi_requests import HOST, ask, post, same_response, scope_of

[NOISE] = [route for route in fast_path.ROUTES if route.path == "/noise"]
GOOD = b'{"tokens": [101, 2054, 2003], "timestep": 500, "seed": 7}'
SEEDED = [body.replace(b"}", b', "seed": 5}', 1) for body in PLAIN[:2]]

FAST = {
    "plain": post("/noise", GOOD),
    "a client's usual headers": post(
        "/noise",
        GOOD,
        (b"user-agent", b"curl/8"),
        (b"accept", b"*/*"),
        (b"accept-encoding", b"gzip"),
        (b"connection", b"keep-alive"),
        (b"authorization", b"Basic eDp5"),
    ),
    "accept JSON": post("/noise", GOOD, (b"accept", b"application/json, */*;q=0.1")),
    "charset": post(
        "/noise", GOOD, (b"content-type", b"application/json;charset=utf-8")
    ),
    "port": post("/noise", GOOD, (b"host", b"LOCALHOST:8000")),
    "info": scope_of("GET", "/info"),
    "livez": scope_of("GET", "/livez"),
}
LEFT_TO_DJANGO = {
    "unknown host": post("/noise", GOOD, (b"host", b"evil.example")),
    "no host": post("/noise", GOOD, (b"host", b"")),
    "two hosts": post("/noise", GOOD, HOST, HOST),
    "accept": post("/noise", GOOD, (b"accept", b"text/csv")),
    "broken accept": post("/noise", GOOD, (b"accept", b"\xff;;=,")),
    "cookie": post("/noise", GOOD, (b"cookie", b"sessionid=x")),
    "cookie of a session": post("/noise", GOOD, (b"cookie", b"sessionid=" + b"x" * 32)),
    "browser": post("/noise", GOOD, (b"accept", b"text/html")),
    "type": post("/noise", GOOD, (b"content-type", b"text/plain")),
    "no type": post("/noise", GOOD, (b"content-type", b"")),
    "charset": post("/noise", GOOD, (b"content-type", b"application/json;charset=x")),
    "encoding": post("/noise", GOOD, (b"content-encoding", b"gzip")),
    "chunked": post(
        "/noise", GOOD, (b"content-length", b""), (b"transfer-encoding", b"chunked")
    ),
    "broken length": post("/noise", GOOD, (b"content-length", b"x")),
    "method": scope_of("GET", "/noise"),
    "head": scope_of("HEAD", "/info"),
    "options": scope_of("OPTIONS", "/noise"),
    "slash": post("/noise/", GOOD),
    "unknown path": post("/nois", GOOD),
    "alpha": scope_of("GET", "/alpha/5"),
    "info, unknown host": scope_of("GET", "/info", [(b"host", b"evil.example")]),
    "info as HTML": scope_of("GET", "/info", [HOST, (b"accept", b"text/html")]),
    "underscore": post("/noise", GOOD, (b"host", b""), (b"http_host", b"localhost")),
}


@pytest.mark.parametrize("scope", FAST.values(), ids=FAST.keys())
def test_answers_are_the_same_to_the_byte(fast, slow, scope):
    assert fast.fast_path.find(scope) is not None
    answer = same_response(fast, slow, scope, GOOD)
    assert answer.status == 200
    assert (b"x-request-id", b"mine") in answer.headers


@pytest.mark.parametrize("body", [GOOD, *SEEDED, *PLAIN[2:3]])
def test_plain_bodies_are_answered_the_same_and_fast(fast, slow, body, monkeypatch):
    monkeypatch.delattr(fast.bridge, "application")
    answer = same_response(fast, slow, post("/noise", body), body)
    assert orjson.loads(answer.content)["metrics"]


@pytest.mark.parametrize("body", [*NOT_PLAIN, *REFUSED])
def test_other_bodies_are_left_to_the_application(fast, slow, body):
    if b"seed" not in body:
        body = body.replace(b'"timestep": 5', b'"timestep": 5, "seed": 1')
    same_response(fast, slow, post("/noise", body), body)


@pytest.mark.parametrize("scope", LEFT_TO_DJANGO.values(), ids=LEFT_TO_DJANGO.keys())
def test_unusual_requests_are_left_to_the_application(fast, slow, scope):
    assert fast.fast_path.find(scope) is None
    same_response(fast, slow, scope, GOOD)


def test_each_answer_has_an_id_of_its_own(fast):
    ids = [dict(ask(fast, FAST["info"]).headers)[b"x-request-id"] for _ in range(2)]
    assert ids[0] != ids[1]
    scope = post("/noise", GOOD, (b"x-request-id", b"a b"))
    assert dict(ask(fast, scope, GOOD).headers)[b"x-request-id"] != b"a b"


def test_a_body_in_pieces_is_put_together(fast):
    assert ask(fast, post("/noise", GOOD), GOOD[:9], GOOD[9:]).status == 200


def test_long_bodies_are_not_worked_on_by_the_loop(fast):
    length = b"%d" % (MOST_BYTES + 1)
    assert (
        fast.fast_path.find(post("/noise", GOOD, (b"content-length", length))) is None
    )
    length = b"%d" % MOST_BYTES
    assert fast.fast_path.find(post("/noise", GOOD, (b"content-length", length)))


def test_the_limit_of_a_body_holds(fast, settings):
    settings.MAX_BODY_BYTES = len(GOOD) - 1
    assert ask(fast, post("/noise", GOOD), GOOD).status == 413


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("permission_classes", (IsAuthenticated,)),
        ("authentication_classes", api_settings.DEFAULT_AUTHENTICATION_CLASSES),
        ("throttle_classes", (lambda: None,)),
    ],
)
def test_it_is_off_where_someone_may_be_refused(monkeypatch, name, value):
    monkeypatch.setattr(NoiseView, name, value)
    responders = fast_path.FastPath(wsgi_application).responders
    assert ("POST", "/noise") not in responders
    assert ("GET", "/livez") in responders


def test_it_is_off_where_access_is_closed(settings):
    settings.ACCESS = "closed"
    application = ASGIApplication(wsgi_application)
    assert list(application.fast_path.responders) == [("GET", "/livez")]
    assert ask(application, post("/noise", GOOD), GOOD).status == 401


def test_it_is_off_beside_middleware_that_it_does_not_know(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "somewhere.CountingMiddleware"]
    assert fast_path.FastPath(wsgi_application).responders == {}


def test_it_knows_all_middleware_there_is(settings):
    """Whoever adds one sees to it that fast_path.py does what it does, or stays out."""
    assert set(settings.MIDDLEWARE) == fast_path.MIDDLEWARE


@pytest.mark.parametrize("hosts", [["*"], [".example.org", "localhost"]])
def test_it_learns_whatever_the_hosts_are(settings, hosts):
    settings.ALLOWED_HOSTS = hosts
    assert len(fast_path.FastPath(wsgi_application).responders) == len(fast_path.ROUTES)


@pytest.mark.parametrize(
    ("scheme", "is_fast"), [(b"https", True), (b"http", False), (b"", False)]
)
def test_with_https_only_what_came_by_it_is_fast(settings, scheme, is_fast):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 3600
    application = ASGIApplication(type(wsgi_application)())
    scope = post("/noise", GOOD, (b"x-forwarded-proto", scheme))
    assert (application.fast_path.find(scope) is not None) == is_fast
    answer = ask(application, scope, GOOD)
    assert answer.status == (200 if is_fast else 301)
    if is_fast:
        assert (b"strict-transport-security", b"max-age=3600") in answer.headers


@pytest.mark.parametrize("hops", [1, 2])
def test_of_schemes_the_outermost_proxys_counts(settings, hops):
    settings.TRUSTED_PROXIES = hops
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forged = (b"host", b"localhost"), b"*/*", b"application/json", b"https, http"
    (_, host), *rest = forged
    assert fast_path.is_ordinary(NOISE, host, *rest) == (hops == 2)
