"""Every route with every kind of caller: permissions to read and to change.

New routes are walked by themselves. What they must answer follows from the kind of
their view and from whether the method is a read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response

from noising import services
from noising.api.base import PublicView, RegistryView, ServiceView, StatelessView
from noising.audits import Upload
from noising.models import (
    AccessToken,
    Audit,
    AuditPairs,
    BenchmarkRun,
    Corpus,
    CorpusTokens,
    ScheduleConfig,
    Scope,
    ThrottleHit,
)
from noising_site import urls
from tests.api.access import account, bearer, session_client, token_client
from tests.audits import stored
from tests.corpora import stored_corpus
from tests.site.routes import Route, every_route

pytestmark = pytest.mark.django_db

READS = ("GET", "HEAD", "OPTIONS")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
PROGRAM, BROWSER = "*/*", "text/html,*/*;q=0.8"
LOGIN = "/account/login/"
COMPUTES = {"/data/new/", "/import/"}
"""Pages that compute from a body that may be too long for a URL, and store nothing."""

WAYS_IN_AND_OUT = {
    "/account/login/",  # whoever uses it is nobody yet
    "/admin/login/",
    "/account/logout/",  # changes nothing but the caller's own session
}
OPEN_AT_ALL_TIMES = {
    "/",  # the status; its page is a test of its own
    "/favicon.ico",
    "/livez",
    "/readyz",
    "/metrics",
    *WAYS_IN_AND_OUT,
}
COPIES: set[str] = {
    "/api/v1/runs/{run_id}/rerun",  # makes a run of the caller's own
    "/runs/{run_id}/rerun/",
}
"""POSTs to another's object that leave it as it is."""
FOR_ITS_OWNER = {
    "/audits/{audit_id}/delete/",
    "/audits/{audit_id}/edit/",
    "/jobs/{job_id}/delete/",
    "/runs/{run_id}/delete/",
    "/runs/{run_id}/edit/",
    "/schedules/{slug}/delete/",
    "/schedules/{slug}/edit/",
}
"""Forms that show themselves to whoever may send them."""
PAGES_THAT_WRITE = {
    *FOR_ITS_OWNER,
    "/account/",
    "/account/password/",
    "/account/tokens/{token_id}/revoke/",
    "/new/audit/",
    "/new/run/",
    "/new/schedule/",
    *(f"/audits/{{audit_id}}/{action}/" for action in ("archive", "unarchive")),
    "/audits/{audit_id}/discard-pairs/",
    "/data/{corpus_id}/",
    *(f"/data/{{corpus_id}}/{action}/" for action in ("compare", "delete")),
    *(f"/data/{{corpus_id}}/{action}/" for action in ("rename", "run")),
    "/plots/data/{corpus_id}/{name}.{plot_format}",
    *(f"/runs/{{run_id}}/{action}/" for action in ("archive", "cancel")),
    *(f"/runs/{{run_id}}/{action}/" for action in ("rerun", "unarchive")),
    *(f"/schedules/{{slug}}/{action}/" for action in ("archive", "unarchive")),
}
"""Pages that are an account's, and lead everybody else to the login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Rows that belong to ada, callers of every kind, and bodies that are valid."""

    values: dict[str, str]
    callers: dict[str, Client]
    bodies: dict[tuple[str, str], Any]

    def ask(self, name: str, method: str, route: Route, accept: str = PROGRAM) -> Any:
        body = self.bodies.get((route.template, method), {})
        client = self.callers[name]
        address = route.path(self.values)
        if method in READS:
            return client.generic(method, address, headers={"accept": accept})
        return getattr(client, method.lower())(
            address, body, content_type="application/json", headers={"accept": accept}
        )


def ended_token(end: str) -> Client:
    made = services.token_create(user=account(end), name=end, scope=Scope.ADMIN)
    if end == "revoked":
        services.token_revoke(token=made.token)
    else:
        past = timezone.now() - timedelta(seconds=1)
        AccessToken.objects.filter(pk=made.token.pk).update(expiry=past)
    return bearer(made.secret)


@pytest.fixture(scope="module")
def bodies() -> dict[tuple[str, str], Any]:
    document = Client().get("/api/schema/", headers={"accept": "application/json"})
    return dict(example_bodies(document.json()))


@pytest.fixture
def world(
    stored_schedules: list[ScheduleConfig],
    recorded_run: BenchmarkRun,
    bodies: dict[tuple[str, str], Any],
) -> World:
    ada, bob = account("ada"), account("bob")
    root = account("root", is_staff=True, is_superuser=True)
    ScheduleConfig.objects.update(owner=ada)
    BenchmarkRun.objects.update(owner=ada)
    audit = stored(owner=ada, kept=Upload(suffix=".npz", content=b"pairs"))
    hers = services.token_create(user=ada, name="hers").token
    return World(
        values={
            "slug": stored_schedules[0].slug,
            "name": stored_schedules[0].slug,
            "run_id": str(recorded_run.pk),
            "audit_id": str(audit.pk),
            "corpus_id": str(stored_corpus(owner=ada).pk),
            "token_id": str(hers.pk),
        },
        callers={
            "anonymous": Client(raise_request_exception=False),
            "revoked": ended_token("revoked"),
            "expired": ended_token("expired"),
            "read": token_client(bob, Scope.READ),
            "write": token_client(bob, Scope.WRITE),
            "admin": token_client(bob, Scope.ADMIN),
            "session": session_client(bob),
            "staff": session_client(root),
        },
        bodies=bodies,
    )


NOBODY = ("anonymous", "revoked", "expired")


def example_bodies(document: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield the first example of each operation that takes JSON."""
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            examples = content.get("application/json", {}).get("examples", {})
            for example in list(examples.values())[:1]:
                yield (template, method.upper()), example["value"]


def kind_of(route: Route) -> type:
    """Return which kind of view of the API it is; object for all that is none."""
    kinds = (PublicView, StatelessView, ServiceView)
    found = route.view_class or object
    return next((kind for kind in kinds if issubclass(found, kind)), object)


def methods_of(route: Route, methods: tuple[str, ...]) -> list[str]:
    """Return the methods that the view has; a function may have any."""
    if route.view_class is None:
        return [method for method in methods if method != "OPTIONS"]
    return [method for method in methods if route.has(method)]


@contextmanager
def nothing_written() -> Iterator[None]:
    """Fail if a row is written, whatever the answer says."""
    with CaptureQueriesContext(connection) as queries:
        yield
    verbs = ("INSERT", "UPDATE", "DELETE", "REPLACE")
    assert [q["sql"] for q in queries if q["sql"].lstrip().startswith(verbs)] == []


def leads_to_login(response: Any) -> bool:
    location = response.headers.get("Location", "")
    return response.status_code == 302 and location.startswith((LOGIN, "/admin/"))


def is_refusal(response: Any) -> bool:
    return response.status_code in {401, 403, 404, 405} or leads_to_login(response)


def check_nobody_writes(world: World) -> None:
    for route in every_route():
        if route.pattern in WAYS_IN_AND_OUT:
            continue
        kind = kind_of(route)
        for method in methods_of(route, WRITES):
            for name in NOBODY:
                with nothing_written():
                    response = world.ask(name, method, route)
                where = f"{name}: {method} {route.pattern}: {response.status_code}"
                assert response.status_code < 500, where
                if kind is ServiceView:
                    assert response.status_code == 401, where
                elif kind is not StatelessView and route.pattern not in COMPUTES:
                    assert is_refusal(response), where


@pytest.mark.parametrize("access", ["open", "closed"])
def test_nobody_writes_without_an_account(settings, world, access):
    settings.ACCESS = access
    check_nobody_writes(world)


@pytest.mark.parametrize("access", ["open", "closed"])
def test_a_token_that_reads_writes_nothing(settings, world, access):
    settings.ACCESS = access
    for route in every_route():
        if kind_of(route) is not ServiceView:
            continue
        for method in methods_of(route, WRITES):
            response = world.ask("read", method, route)
            assert response.status_code in {403, 429}, (method, route.pattern)


@pytest.mark.parametrize("name", ["write", "admin", "session"])
def test_another_accounts_objects_stay_as_they_are(world, name):
    models = (ScheduleConfig, BenchmarkRun, Audit, AuditPairs, Corpus, CorpusTokens)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    for route in every_route():
        kind = kind_of(route)
        is_page = kind is object and not route.pattern.startswith("/admin/")
        if not route.is_parametrised or not (is_page or kind is ServiceView):
            continue
        for method in methods_of(route, WRITES):
            if method == "POST" and route.template in COPIES:
                continue
            ThrottleHit.objects.all().delete()  # no refusal is to be for their number
            response = world.ask(name, method, route)
            where = f"{name}: {method} {route.pattern}: {response.status_code}"
            if is_page:  # which knows no tokens
                assert is_refusal(response), where
            else:
                assert 400 <= response.status_code < 500, where
                assert response.status_code != 401, where
    assert AccessToken.objects.filter(name="hers").exists()
    after = [list(model.objects.order_by("pk").values()) for model in models]
    assert after == before


@pytest.mark.parametrize("access", ["open", "closed"])
@pytest.mark.parametrize("name", ["write", "admin", "session", "staff"])
def test_an_account_is_known_on_every_route_of_the_api(settings, world, name, access):
    settings.ACCESS = access
    for route in every_route():
        if kind_of(route) is object:
            continue
        for method in methods_of(route, (*READS, *WRITES)):
            status = world.ask(name, method, route).status_code
            assert status != 401, (method, route.pattern)
            assert status < 500, (method, route.pattern)


def test_while_access_is_open_everyone_reads_what_is_no_secret(world):
    refused = {
        route.template
        for route in every_route()
        for method in methods_of(route, ("GET", "HEAD"))
        if not route.pattern.startswith("/admin/")
        and world.ask("anonymous", method, route).status_code in {302, 401, 403}
    }
    own = {"/api/v1/tokens", "/api/v1/tokens/{token_id}"}
    assert refused == own | PAGES_THAT_WRITE | {"/favicon.ico"}


def test_while_access_is_closed_nobody_reads_or_computes(settings, world):
    settings.ACCESS = "closed"
    for name, accept, route in product(NOBODY, (PROGRAM, BROWSER), every_route()):
        if route.pattern in OPEN_AT_ALL_TIMES:
            continue
        for method in methods_of(route, ("GET", "HEAD", "POST")):
            with nothing_written():
                response = world.ask(name, method, route, accept)
            where = f"{name}: {method} {route.pattern}: {response.status_code}"
            if kind_of(route) is object and accept == BROWSER:
                assert response.status_code == 302, where
                assert response.headers["Location"].startswith(LOGIN), where
            else:
                assert response.status_code == 401, where
                assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_while_access_is_closed_every_account_reads_and_computes(settings, world):
    settings.ACCESS = "closed"
    names = ("read", "write", "admin", "session", "staff")
    for name, route in product(names, every_route()):
        if route.pattern.startswith("/admin/"):
            continue
        refusals = {401} if route.template in FOR_ITS_OWNER else {401, 403}
        for method in methods_of(route, ("GET", "HEAD")):
            status = world.ask(name, method, route).status_code
            assert status not in refusals, (name, method, route.pattern)
            assert status < 500, (name, method, route.pattern)
        if kind_of(route) is StatelessView and "POST" in methods_of(route, WRITES):
            status = world.ask(name, "POST", route).status_code
            assert status not in {401, 403}, (name, route.pattern)


def test_what_is_always_open_answers_nobody_while_access_is_closed(settings, world):
    settings.ACCESS = "closed"
    for route in every_route():
        if route.pattern in OPEN_AT_ALL_TIMES - {"/account/logout/", "/favicon.ico"}:
            assert world.ask("anonymous", "GET", route).status_code == 200
    root = next(route for route in every_route() if route.pattern == "/")
    assert leads_to_login(world.ask("anonymous", "GET", root, BROWSER))


def test_a_public_view_has_reads_alone():
    for route in every_route():
        if kind_of(route) is PublicView:
            assert methods_of(route, WRITES) == [], route.pattern


def unprotected_page(request):
    ScheduleConfig.objects.update(notes="changed")
    return Response()


class UnprotectedStateless(StatelessView):
    def post(self, request):
        ScheduleConfig.objects.update(notes="changed")
        return Response()


class UnprotectedRegistry(RegistryView):
    permission_classes = ()

    def post(self, request):
        return Response()


@pytest.mark.parametrize(
    "view",
    [
        unprotected_page,
        UnprotectedStateless.as_view(),
        UnprotectedRegistry.as_view(),
    ],
)
def test_the_walk_finds_an_unprotected_write(settings, world, view):
    extended = type(urls)("extended")
    extended.__dict__.update(vars(urls))
    extended.urlpatterns = [path("unprotected", view), *urls.urlpatterns]
    settings.ROOT_URLCONF = extended
    with pytest.raises(AssertionError):
        check_nobody_writes(world)
