"""A failing database gives 503 and one log line, at every stage of a request."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from noising import services
from noising.models import AuditEntry, Scope
from noising.services import tokens
from tests.api.problems import problem_of
from tests.databases import DatabaseFile

NEW = {
    "name": "mine",
    "specification": {"vocab_size": 27, "schedule": {"type": "linear"}},
    "notes": "n" * 20_000,  # more than the last pages have room for
}
BROWSER = {"accept": "text/html,*/*;q=0.8"}

Fault = Callable[[DatabaseFile], AbstractContextManager[None]]

NOT_EVEN_READ: dict[str, tuple[Fault, str]] = {
    "locked": (lambda file: file.locked(readers_too=True), "database is locked"),
    "deleted": (DatabaseFile.deleted, "unable to open database file"),
    "overwritten": (DatabaseFile.overwritten, "file is not a database"),
    "empty": (DatabaseFile.empty, "no such table"),
}
NOT_WRITTEN: dict[str, tuple[Fault, str]] = {
    "locked for writes": (
        lambda file: file.locked(readers_too=False),
        "database is locked",
    ),
    "read-only": (DatabaseFile.read_only, "attempt to write a readonly database"),
    "full": (DatabaseFile.full, "database or disk is full"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The service on a file, a token, and a browser that is signed in."""

    file: DatabaseFile
    client: Client
    bearer: dict[str, str]
    browser: Client


@pytest.fixture
def site(database_file: DatabaseFile, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(tokens, "_retry", tokens._Retry())
    ada = User.objects.create_user("ada", password="correct horse")
    made = services.token_create(user=ada, name="t", scope=Scope.WRITE)
    browser = Client(raise_request_exception=False)
    browser.force_login(ada)
    return Site(
        file=database_file,
        client=Client(raise_request_exception=False),
        bearer={"authorization": f"Bearer {made.secret}"},
        browser=browser,
    )


def only_line(caplog: pytest.LogCaptureFixture) -> str:
    """Return the one line that the log has, which must have no traceback."""
    [record] = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert not record.exc_info
    assert record.request.META["HTTP_X_REQUEST_ID"]
    caplog.clear()
    return record.getMessage()


@pytest.mark.parametrize("fault", NOT_EVEN_READ)
def test_a_read_is_503_in_the_form_that_was_asked_for(
    site: Site, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    cause, words = NOT_EVEN_READ[fault]
    with cause(site.file):
        for path in (
            "/api/v1/schedules",
            "/api/v1/schedules?format=ndjson",
            "/schedules/",
            "/plots/schedules/x/alpha.svg",
        ):
            response = site.client.get(path)
            assert "database" in problem_of(response, 503)["detail"]
            assert int(response.headers["Retry-After"]) > 0
            line = only_line(caplog)
            assert line.startswith(f"The database failed GET {path.split('?')[0]}: ")
            assert words in line
        page = site.client.get("/runs/", headers=BROWSER)
        assert page.status_code == 503
        assert "database cannot be used now" in page.content.decode()
        assert int(page.headers["Retry-After"]) > 0
        assert words in only_line(caplog)


@pytest.mark.parametrize("fault", NOT_EVEN_READ)
def test_so_is_a_session_or_a_token_that_cannot_be_read(
    site: Site, caplog: pytest.LogCaptureFixture, settings: Settings, fault: str
) -> None:
    settings.ACCESS = "closed"
    cause, words = NOT_EVEN_READ[fault]
    with cause(site.file):
        for client, headers in ((site.browser, {}), (site.client, site.bearer)):
            for path in ("/info", "/account/", "/playground/"):
                problem_of(client.get(path, headers=headers), 503)
                assert words in only_line(caplog)


@pytest.mark.parametrize("fault", [*NOT_EVEN_READ, *NOT_WRITTEN])
def test_a_write_is_503(
    site: Site, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    cause, words = (NOT_EVEN_READ | NOT_WRITTEN)[fault]
    with cause(site.file):
        response = site.client.post(
            "/api/v1/schedules",
            NEW,
            content_type="application/json",
            headers=site.bearer,
        )
        problem_of(response, 503)
        assert int(response.headers["Retry-After"]) > 0
        assert f"failed POST /api/v1/schedules: {words}" in only_line(caplog)
        if fault == "full":
            return  # smaller writes have room in the last pages
        form = site.browser.post("/account/", {"name": "n", "days": 3})
        problem_of(form, 503)
        assert words in only_line(caplog)
        login = {"username": "ada", "password": "correct horse"}
        problem_of(site.client.post("/account/login/", login), 503)
        assert words in only_line(caplog)


@pytest.mark.parametrize("fault", NOT_WRITTEN)
def test_a_token_is_read_where_its_use_cannot_be_written(
    site: Site, caplog: pytest.LogCaptureFixture, settings: Settings, fault: str
) -> None:
    settings.ACCESS = "closed"
    cause, _ = NOT_WRITTEN[fault]
    with cause(site.file):
        for _ in range(2):
            response = site.client.get("/api/v1/schedules", headers=site.bearer)
            assert response.status_code == 200
        assert site.browser.get("/account/").status_code == 200
        assert [each for each in caplog.records if each.levelno >= 30] == []


def test_a_failed_write_of_the_use_is_not_tried_again_at_once(site: Site) -> None:
    """Where the database is locked, each try takes as long as a write may."""
    with site.file.locked(readers_too=False):
        site.client.get("/api/v1/schedules", headers=site.bearer)
        with CaptureQueriesContext(connection) as queries:
            site.client.get("/api/v1/runs", headers=site.bearer)
    statements = [query["sql"] for query in queries]
    assert not any(statement.startswith("UPDATE") for statement in statements)


def test_once_the_database_is_back_so_is_the_service(site: Site) -> None:
    with site.file.locked(readers_too=True):
        assert site.client.get("/api/v1/schedules").status_code == 503
    assert site.client.get("/api/v1/schedules").status_code == 200
    created = site.client.post(
        "/api/v1/schedules", NEW, content_type="application/json", headers=site.bearer
    )
    assert created.status_code == 201
    assert [each.outcome for each in AuditEntry.objects.all()] == ["done"]


def test_what_needs_no_database_is_served(site: Site) -> None:
    with site.file.locked(readers_too=True):
        for path in ("/", "/info", "/alpha/5", "/livez", "/readyz"):
            assert site.client.get(path).status_code == 200
        noise = {"tokens": [1, 2], "timestep": 5, "use_hyperschedule": True}
        answer = site.client.post("/noise", noise, content_type="application/json")
        assert answer.status_code == 200
        assert (
            "database cannot be used" in site.client.get("/dashboard/").content.decode()
        )


def test_an_audit_log_that_cannot_be_written_is_a_line_beside_the_answer(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The write was done: that it is not on record does not undo it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_auditentry RENAME TO lost")
    created = site.client.post(
        "/api/v1/schedules", NEW, content_type="application/json", headers=site.bearer
    )
    assert created.status_code == 201
    line = only_line(caplog)
    assert line.startswith("Not in the audit log: POST v1:schedule-list by account")
    assert "no such table: noising_auditentry" in line
