"""GET and PATCH /api/v1/runs/{id}, and the actions on a run."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from noising.models import BenchmarkRun, Scope
from noising.runs import read_config, run_claim, run_fail, run_renew
from tests.api.access import account, token_client
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.runs.conftest import QUICK
from tests.runs import claimed, queued

pytestmark = pytest.mark.django_db

Record = Callable[..., BenchmarkRun]
NOWHERE = "/api/v1/runs/01890000-0000-7000-8000-000000000000"


def address(run: BenchmarkRun, action: str = "") -> str:
    return f"/api/v1/runs/{run.pk}{action}"


def test_a_running_run_shows_its_progress(anyone: Client) -> None:
    run = claimed()
    run.add_log_line("schedule 1 of 2: cosine, timestep 0")
    run_renew(run=run, progress=0.25, seconds_left=118.5)
    response = anyone.get(address(run))
    answer = response.json()
    assert (answer["status"], answer["progress"], answer["attempt"]) == (
        "running",
        0.25,
        1,
    )
    assert response.headers["Retry-After"] == "2"
    assert answer["seconds_left"] == 118.5
    assert answer["time_left"] == "about 2 minutes left"
    assert answer["phase"] == "schedule 1 of 2: cosine, timestep 0"
    [line] = answer["log"]
    assert line["text"] == answer["phase"]


@pytest.mark.parametrize("path", ["", "/results", "/export", "/plots/alpha"])
def test_an_unknown_run_is_not_found(anyone: Client, path: str) -> None:
    problem_of(anyone.get(NOWHERE + path), 404)


def test_an_unknown_run_cannot_be_changed(client: Client) -> None:
    problem_of(client.patch(NOWHERE, {}, content_type="application/json"), 404)


ACTIONS = ("/cancel", "/rerun", "/archive", "/unarchive")


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_can_be_done_with_an_unknown_run(client: Client, action: str) -> None:
    problem_of(client.post(NOWHERE + action), 404)


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_can_be_done_without_an_account(anyone: Client, action: str) -> None:
    run = queued()
    response = anyone.post(address(run, action))
    assert response.status_code in {401, 403}
    run.refresh_from_db()
    assert (run.status, run.archived_at) == ("queued", None)
    assert BenchmarkRun.objects.count() == 1


@pytest.mark.parametrize("action", ["/cancel", "/archive", "/unarchive", ""])
def test_the_run_of_somebody_else_is_left_alone(action: str) -> None:
    run = queued(owner=account("ada"))
    bob = token_client(account("bob"))
    if action:
        response = bob.post(address(run, action))
    else:
        changes = {"notes": "Mine."}
        response = bob.patch(address(run), changes, content_type="application/json")
    problem_of(response, 403)
    run.refresh_from_db()
    assert (run.status, run.notes, run.archived_at) == ("queued", "", None)


def test_a_token_asks_for_runs_where_its_scope_allows_it() -> None:
    ada = account("ada")
    for scope, status in ((Scope.READ, 403), (Scope.WRITE, 202)):
        response = token_client(ada, scope).post(
            "/api/v1/runs", QUICK, content_type="application/json"
        )
        assert response.status_code == status
    assert BenchmarkRun.objects.get().owner == ada


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_posted(client: Client, action: str, ada: User) -> None:
    response = client.get(address(queued(owner=ada), action))
    problem_of(response, 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("changes", "name", "notes", "tags"),
    [
        ({}, "cosine vs uniform", "Old.", ["old"]),
        ({"name": " Mine "}, "Mine", "Old.", ["old"]),
        ({"notes": "New."}, "cosine vs uniform", "New.", ["old"]),
        ({"tags": ["a", "b"]}, "cosine vs uniform", "Old.", ["a", "b"]),
        ({"notes": "", "tags": []}, "cosine vs uniform", "", []),
    ],
)
def test_what_people_say_about_a_run_can_change(
    client: Client,
    ada: User,
    changes: dict[str, Any],
    name: str,
    notes: str,
    tags: list[str],
) -> None:
    run = queued(owner=ada, notes="Old.", tags=["old"])
    response = client.patch(address(run), changes, content_type="application/json")
    assert response.status_code == 200
    run.refresh_from_db()
    answer = response.json()
    assert (answer["notes"], answer["tags"]) == (run.notes, run.tags) == (notes, tags)
    assert answer["name"] == name


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"status": "succeeded"}, "#/status"),
        ({"seed": 1}, "#/seed"),
        ({"tags": "a"}, "#/tags"),
        ({"notes": None}, "#/notes"),
        ({"name": "x" * 101}, "#/name"),
        ({"name": "two\nlines"}, "#/name"),
    ],
)
def test_nothing_else_about_a_run_can_change(
    client: Client, ada: User, changes: dict[str, Any], pointer: str
) -> None:
    run = queued(owner=ada)
    response = client.patch(address(run), changes, content_type="application/json")
    [(found, _)] = pointers_of(response)
    assert found == pointer


def test_a_queued_run_is_cancelled_at_once(client: Client, ada: User) -> None:
    response = client.post(address(queued(owner=ada), "/cancel"))
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert "Retry-After" not in response.headers


def test_the_cancellation_of_a_running_run_is_accepted(
    client: Client, ada: User
) -> None:
    response = client.post(address(claimed(owner=ada), "/cancel"))
    assert response.status_code == 202
    answer = response.json()
    assert (answer["status"], answer["cancel_requested"]) == ("running", True)
    assert answer["state"] == "is being cancelled"
    assert response.headers["Retry-After"] == "2"


def test_what_has_ended_cannot_be_cancelled(
    client: Client, ada: User, recorded: Record
) -> None:
    response = client.post(address(recorded(owner=ada), "/cancel"))
    assert "has already succeeded" in problem_of(response, 409)["detail"]


def test_a_rerun_is_a_new_run_of_whoever_asks(client: Client, ada: User) -> None:
    other = queued(owner=User.objects.create_user("bob"), tags=["x"])
    BenchmarkRun.objects.update(name="Mine")
    key = {"Idempotency-Key": "again"}

    response = client.post(address(other, "/rerun"), headers=key)

    assert response.status_code == 202
    again = BenchmarkRun.objects.get(owner=ada)
    assert response.headers["Location"].endswith(address(again))
    assert read_config(again).to_document() == read_config(other).to_document()
    assert again.name == "Mine (2)"
    assert client.post(address(other, "/rerun"), headers=key).json() == response.json()
    problem_of(client.post(address(again, "/rerun"), headers=key), 422)


def test_what_was_measured_on_a_file_is_not_repeated_here(
    client: Client, recorded: Record
) -> None:
    run = recorded()
    run.config = run.config | {"corpus": "/home/ada/corpus.txt"}
    run.save()
    response = client.post(address(run, "/rerun"))
    assert "on a file" in problem_of(response, 409)["detail"]


def test_a_run_goes_into_the_archive_and_comes_back(
    client: Client, ada: User, recorded: Record
) -> None:
    run = recorded(owner=ada)
    assert client.post(address(run, "/archive")).json()["archived_at"]
    assert client.get("/api/v1/runs").json()["count"] == 0
    assert client.get(address(run)).status_code == 200
    assert client.post(address(run, "/unarchive")).json()["archived_at"] is None
    assert client.get("/api/v1/runs").json()["count"] == 1


def test_a_failed_run_says_why(anyone: Client) -> None:
    run = queued()
    taken = run_claim(run_id=run.pk)
    assert taken is not None
    run_fail(run=taken, reason="The disk is full.")
    answer = anyone.get(address(run)).json()
    assert (answer["status"], answer["error"]) == ("failed", "The disk is full.")
