"""Writes are counted and logged, by API, page and admin."""

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client

from noising import services
from noising.models import AuditEntry, Scope
from tests.api.access import account, bearer, session_client, token_client
from tests.api.problems import problem_of

pytestmark = pytest.mark.django_db

BODY = {"name": "made"}


def post(client: Client):
    return client.post("/api/v1/tokens", BODY, content_type="application/json")


def use_up(user: User, count: int = 60) -> None:
    """Count writes against an account, as other workers would."""
    for _ in range(count):
        services.throttle_hit(limit=services.WRITES, keys=[f"account {user.pk}"])


def test_an_account_writes_sixty_times_a_minute_however_it_signs_in():
    ada = account()
    use_up(ada, 59)
    assert post(session_client(ada)).status_code == 201
    response = post(token_client(ada, Scope.ADMIN))
    document = problem_of(response, 429)
    assert "60 times a minute" in document["detail"]
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_reads_other_accounts_and_stateless_calls_go_on():
    ada = account()
    use_up(ada)
    client = session_client(ada)
    assert client.get("/api/v1/tokens").status_code == 200
    assert post(session_client(account("bob"))).status_code == 201
    body = {"tokens": [1], "timestep": 0}
    noised = client.post("/noise", body, content_type="application/json")
    assert noised.status_code == 200


@pytest.mark.parametrize("path", ["/account/", "/admin/auth/group/add/"])
def test_pages_and_admin_count_too(path):
    root = account("root", is_staff=True, is_superuser=True)
    use_up(root)
    response = session_client(root).post(path, {"name": "x"})
    problem_of(response, 429)
    assert int(response.headers["Retry-After"]) >= 1


def test_refused_writes_count_as_well():
    ada = account()
    client = token_client(ada, Scope.READ)
    use_up(ada, 59)
    problem_of(post(client), 403)
    problem_of(post(client), 429)


def test_a_write_is_recorded_with_its_account_token_and_outcome():
    ada = account()
    made = services.token_create(user=ada, name="laptop", scope=Scope.ADMIN)
    response = post(bearer(made.secret))
    entry = AuditEntry.objects.get()
    assert entry.action == "POST v1:token-list"
    assert entry.path == "/api/v1/tokens"
    assert (entry.outcome, entry.status) == ("done", 201)
    assert (entry.account_name, entry.token_name) == ("ada", "laptop")
    assert entry.address == "127.0.0.1"
    assert entry.request_id == response.headers["X-Request-ID"]


def test_refusals_of_known_accounts_are_recorded_and_those_of_nobody_are_not():
    post(token_client(account(), Scope.READ))
    post(Client())
    post(bearer("wrong"))
    entry = AuditEntry.objects.get()
    assert (entry.outcome, entry.status, entry.account_name) == ("refused", 403, "ada")


def test_what_is_over_the_limit_is_not_recorded():
    ada = account()
    use_up(ada)
    post(session_client(ada))
    assert not AuditEntry.objects.exists()


def test_writes_of_pages_and_admin_are_recorded():
    root = account("root", is_staff=True, is_superuser=True)
    client = session_client(root)
    client.post("/admin/auth/group/add/", {"name": "x"})
    client.post("/account/logout/")
    actions = [entry.action for entry in AuditEntry.objects.all()]
    assert actions == ["POST pages:logout", "POST admin:auth_group_add"]
    assert {entry.account_name for entry in AuditEntry.objects.all()} == {"root"}


def test_reads_and_stateless_calls_are_not_recorded():
    client = session_client(account())
    client.get("/account/")
    client.post("/noise", {"tokens": [1], "timestep": 0}, "application/json")
    assert not AuditEntry.objects.exists()


def test_a_write_that_cannot_be_recorded_is_logged_and_stays_done(monkeypatch, caplog):
    def fail(**fields):
        raise DatabaseError("full")

    monkeypatch.setattr("noising.api.access.audit_record", fail)
    assert post(session_client(account())).status_code == 201
    [record] = [r for r in caplog.records if r.name == "noising.audit"]
    assert "Not in the audit log: POST v1:token-list" in record.getMessage()
