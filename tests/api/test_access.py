"""Permissions, checked on one view of each kind."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response

from noising import services
from noising.api.base import PublicView, RegistryView, ServiceView, StatelessView
from noising.api.parsers import read_json
from noising.models import AccessToken, Scope
from noising_site.urls import handler404
from tests.api.access import account, bearer, session_client, token_client
from tests.api.problems import problem_of

__all__ = ["handler404"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Stands for any object that has an owner."""

    owner_id: int | None


class Answers:
    def get(self, request, **parts):
        return Response(request.user.get_username())

    def post(self, request, owner=None):
        if owner is not None:
            self.check_object_permissions(request, Owned(owner_id=owner or None))
        return Response(request.user.get_username())


class Public(Answers, PublicView):
    pass


class Stateless(Answers, StatelessView):
    pass


class Registry(Answers, RegistryView):
    pass


class Administrative(Answers, RegistryView):
    write_scope = Scope.ADMIN


class Unspecified(Answers, ServiceView):
    pass


class Body(StatelessView):
    def post(self, request):
        return Response(read_json(request))


class ReadOnly(RegistryView):
    def get(self, request):
        return Response(request.user.get_username())


urlpatterns = [
    path("public", Public.as_view()),
    path("stateless", Stateless.as_view()),
    path("registry", Registry.as_view()),
    path("registry/<int:owner>", Registry.as_view()),
    path("administrative", Administrative.as_view()),
    path("unspecified", Unspecified.as_view()),
    path("body", Body.as_view()),
    path("read-only", ReadOnly.as_view()),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

OK, UNKNOWN, FORBIDDEN = 200, 401, 403


def callers() -> dict[str, Client]:
    ada = account()
    return {
        "anonymous": Client(),
        "read": token_client(ada, Scope.READ),
        "write": token_client(ada, Scope.WRITE),
        "admin": token_client(ada, Scope.ADMIN),
        "session": session_client(ada),
    }


@pytest.mark.parametrize("access", ["open", "closed"])
@pytest.mark.parametrize(
    ("address", "method", "in_open", "in_closed"),
    [
        ("/public", "GET", "all", "all"),
        ("/public", "POST", "all", "all"),
        ("/stateless", "GET", "all", "read"),
        ("/stateless", "POST", "all", "read"),
        ("/registry", "GET", "all", "read"),
        ("/registry", "HEAD", "all", "read"),
        ("/registry", "POST", "write", "write"),
        ("/administrative", "GET", "all", "read"),
        ("/administrative", "POST", "admin", "admin"),
        ("/unspecified", "GET", "read", "read"),
        ("/unspecified", "POST", "write", "write"),
    ],
)
def test_each_kind_of_view_asks_for_what_it_needs(
    settings, access, address, method, in_open, in_closed
):
    settings.ACCESS = access
    needed = in_closed if access == "closed" else in_open
    order = ["all", "read", "write", "admin"]
    for name, client in callers().items():
        has = {"anonymous": "all", "session": "admin"}.get(name, name)
        allowed = order.index(has) >= order.index(needed)
        refused = UNKNOWN if name == "anonymous" else FORBIDDEN
        response = client.generic(method, address)
        assert response.status_code == (OK if allowed else refused), name
        if method != "HEAD" and not allowed:
            problem_of(response, refused)
        challenge = 'Bearer realm="Noising Service"'
        shown = response.headers.get("WWW-Authenticate")
        assert shown == (challenge if response.status_code == UNKNOWN else None)


@pytest.mark.parametrize(
    ("is_staff", "scope", "own", "others", "nobodys"),
    [
        (False, Scope.WRITE, OK, FORBIDDEN, FORBIDDEN),
        (False, Scope.ADMIN, OK, FORBIDDEN, FORBIDDEN),
        (False, None, OK, FORBIDDEN, FORBIDDEN),
        (True, Scope.WRITE, OK, FORBIDDEN, FORBIDDEN),
        (True, Scope.ADMIN, OK, OK, OK),
        (True, None, OK, OK, OK),
    ],
)
def test_an_object_is_its_owners_and_staffs(is_staff, scope, own, others, nobodys):
    ada, bob = account("ada", is_staff=is_staff), account("bob")
    client = session_client(ada) if scope is None else token_client(ada, scope)
    for owner, status in ((ada.pk, own), (bob.pk, others), (0, nobodys)):
        assert client.post(f"/registry/{owner}").status_code == status


def test_a_refusal_names_the_scope_that_would_do():
    client = token_client(account(), Scope.READ)
    document = problem_of(client.post("/registry"), FORBIDDEN)
    assert document["detail"] == "This needs a token of scope write, not read."


def test_a_token_loses_what_its_account_loses():
    ada = account(is_staff=True)
    client = token_client(ada, Scope.ADMIN)
    assert client.post("/registry/0").status_code == OK
    User.objects.update(is_staff=False)
    assert client.post("/registry/0").status_code == FORBIDDEN
    User.objects.update(is_active=False)
    assert client.post("/registry").status_code == UNKNOWN


def expire() -> None:
    AccessToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))


def revoke() -> None:
    services.token_revoke(token=AccessToken.objects.get())


@pytest.mark.parametrize("end", [expire, revoke])
def test_a_token_that_has_ended_is_refused_even_where_none_is_needed(end):
    client = token_client(account())
    assert client.get("/registry").content == b'"ada"'
    end()
    document = problem_of(client.get("/registry"), UNKNOWN)
    assert "revoked or expired" in document["detail"]


@pytest.mark.parametrize(
    "secret", ["", "x", "x y", "\xff\xfe", "ä", "\x00", "x" * 8000]
)
def test_a_token_that_is_none_is_refused(secret):
    problem_of(bearer(secret).post("/registry"), UNKNOWN)


@pytest.mark.parametrize("header", ["Basic eDp5", "Token x", "Bearerx", "", " "])
def test_what_is_no_bearer_token_is_nobody(header):
    client = Client(headers={"authorization": header})
    assert client.get("/registry").status_code == OK
    problem_of(client.post("/registry"), UNKNOWN)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER  "])
def test_the_scheme_is_read_in_any_case(scheme):
    made = services.token_create(user=account(), name="test")
    client = Client(headers={"authorization": f"{scheme} {made.secret}"})
    assert client.get("/unspecified").content == b'"ada"'


def test_a_session_writes_with_its_csrf_token_alone():
    client = session_client(account(), checks_csrf=True)
    assert client.get("/registry").status_code == OK
    assert "CSRF" in problem_of(client.post("/registry"), FORBIDDEN)["detail"]
    client.cookies["csrftoken"] = "a" * 32
    headers = {"x-csrftoken": "a" * 32}
    assert client.post("/registry", headers=headers).status_code == OK


def test_a_closed_view_still_reads_its_body_after_the_csrf_check(settings):
    settings.ACCESS = "closed"
    client = session_client(account(), checks_csrf=True)
    client.cookies["csrftoken"] = "a" * 32
    response = client.post(
        "/body",
        {"read": "once"},
        content_type="application/json",
        headers={"x-csrftoken": "a" * 32},
    )
    assert response.json() == {"read": "once"}


def test_a_token_needs_no_csrf_token():
    made = services.token_create(user=account(), name="test", scope=Scope.WRITE)
    client = Client(enforce_csrf_checks=True)
    headers = {"authorization": f"Bearer {made.secret}"}
    assert client.post("/registry", headers=headers).status_code == OK


@pytest.mark.parametrize("access", ["open", "closed"])
def test_a_method_that_there_is_not_needs_no_account(settings, access):
    settings.ACCESS = access
    response = Client().delete("/read-only")
    problem_of(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_an_open_stateless_view_looks_nobody_up(django_assert_num_queries):
    client = token_client(account())
    with django_assert_num_queries(0):
        assert client.post("/stateless").content == b'""'
