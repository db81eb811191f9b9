"""noising.runs.queue: runs are created, cancelled and repeated."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from noising.models import BenchmarkRun, IdempotencyKey
from noising.runs import (
    KeyReusedError,
    QueueFullError,
    RequestKey,
    RunStateError,
    RunTooLargeError,
    queue,
    read_config,
    run_cancel,
    run_claim,
    run_create,
    run_measure,
    run_rerun,
)
from noising.runs.worker import execute_run
from tests.operations.servers import ROOT, environment
from tests.runs import claimed, config, queued, record_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def test_a_run_is_queued_with_its_task(ada: User) -> None:
    run = queued(owner=ada, notes="Why not.", tags=["first"])

    run.refresh_from_db()
    assert (run.status, run.attempt, run.progress) == ("queued", 0, 0.0)
    assert (run.owner, run.notes, run.tags) == (ada, "Why not.", ["first"])
    assert run.pk.version == 7
    task = DBTaskResult.objects.get()
    assert task.id == run.task_id
    # The id alone: whatever else counts is the run's own.
    assert task.args_kwargs == {"args": [str(run.pk)], "kwargs": {}}
    assert task.task == execute_run


def test_a_task_that_an_earlier_version_queued_is_still_run() -> None:
    queued()
    DBTaskResult.objects.update(task_path="noising.tasks.execute_run")
    assert DBTaskResult.objects.get().task == execute_run


def test_neither_run_nor_task_is_there_without_the_other() -> None:
    with pytest.raises(ValidationError):
        queued(tags=["a", "a"])
    assert not BenchmarkRun.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_file_is_nothing_for_a_worker() -> None:
    with pytest.raises(RunStateError, match="not '/etc/passwd'"):
        run_create(config=config(corpus="/etc/passwd"))


def test_an_account_has_so_many_unfinished_runs(ada: User, settings: Settings) -> None:
    settings.MAX_QUEUED_RUNS = 2
    first, _ = queued(owner=ada), claimed(owner=ada)

    with pytest.raises(QueueFullError, match="2 unfinished runs"):
        queued(owner=ada)

    queued()
    queued(owner=User.objects.create_user("bob"))
    run_cancel(run=first)
    queued(owner=ada)


REQUEST_KEY = RequestKey.of("key", {"a": 1, "b": 2})


def test_the_same_request_makes_the_same_run(ada: User) -> None:
    first = queued(owner=ada, request_key=REQUEST_KEY)
    again = queued(owner=ada, request_key=RequestKey.of("key", {"b": 2, "a": 1}))
    assert again == first
    assert BenchmarkRun.objects.count() == DBTaskResult.objects.count() == 1


def test_another_request_with_the_key_is_refused(ada: User) -> None:
    queued(owner=ada, request_key=REQUEST_KEY)
    with pytest.raises(KeyReusedError, match="'key' was used"):
        queued(owner=ada, request_key=RequestKey.of("key", {"a": 2}))
    assert BenchmarkRun.objects.count() == 1


def test_the_key_of_somebody_else_is_another_key(ada: User) -> None:
    bob = User.objects.create_user("bob")
    assert queued(owner=ada, request_key=REQUEST_KEY) != queued(
        owner=bob, request_key=REQUEST_KEY
    )


def test_a_full_queue_does_not_keep_a_request_from_being_repeated(
    ada: User, settings: Settings
) -> None:
    settings.MAX_QUEUED_RUNS = 1
    first = queued(owner=ada, request_key=REQUEST_KEY)
    assert queued(owner=ada, request_key=REQUEST_KEY) == first


def test_a_request_that_failed_does_not_use_up_its_key(ada: User) -> None:
    with pytest.raises(ValidationError):
        queued(owner=ada, request_key=REQUEST_KEY, tags=[""])
    assert not IdempotencyKey.objects.exists()
    queued(owner=ada, request_key=REQUEST_KEY)


def test_the_database_decides_who_was_first(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = queued(owner=ada, request_key=REQUEST_KEY)
    found = queue.run_find
    looks: list[RequestKey] = []

    def look(*, owner: User, request_key: RequestKey) -> BenchmarkRun | None:
        looks.append(request_key)
        # As if the other request were not to be seen yet.
        return found(owner=owner, request_key=request_key) if len(looks) > 1 else None

    monkeypatch.setattr(queue, "run_find", look)
    assert queued(owner=ada, request_key=REQUEST_KEY) == first
    assert BenchmarkRun.objects.count() == DBTaskResult.objects.count() == 1


RACE = """
import json, threading
from django.contrib.auth.models import User
from django.db import connection
from django_tasks_db.models import DBTaskResult
from noising.models import BenchmarkRun
from noising.runs import RequestKey
from tests.runs import queued

ada = User.objects.create_user("ada")
barrier, ids = threading.Barrier(5), []

def ask():
    barrier.wait()
    ids.append(str(queued(owner=ada, request_key=RequestKey.of("key", "body")).pk))
    connection.close()

threads = [threading.Thread(target=ask) for _ in range(5)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([ids, BenchmarkRun.objects.count(), DBTaskResult.objects.count()]))
"""


def test_five_requests_at_once_with_one_key_make_one_run(tmp_path: Path) -> None:
    # On a database file: the tests' own is in memory, where threads cannot wait.
    variables = environment(DATA_DIR=str(tmp_path), PYTHONPATH=str(ROOT))
    for command in (["migrate", "-v0"], ["shell", "--no-imports", "-c", RACE]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
    ids, runs, tasks = json.loads(done.stdout)
    assert len(ids) == 5
    assert len(set(ids)) == runs == tasks == 1


def test_a_queued_run_is_cancelled_at_once() -> None:
    run = run_cancel(run=queued())
    assert run.status == "cancelled"
    assert run.finished_at is not None
    assert run_claim(run_id=run.pk) is None
    assert run_cancel(run=run).status == "cancelled"


def test_the_worker_of_a_running_run_is_asked_to_cancel_it() -> None:
    run = run_cancel(run=claimed())
    assert (run.status, run.cancel_requested) == ("running", True)


def test_what_has_ended_cannot_be_cancelled(document: dict[str, Any]) -> None:
    run = record_results(document)
    with pytest.raises(RunStateError, match="has already succeeded"):
        run_cancel(run=run)


def test_a_run_is_repeated_as_it_was_asked_for(ada: User) -> None:
    first = queued(notes="Again?", tags=["x"])
    run_cancel(run=first)

    again = run_rerun(run=first, owner=ada)

    assert again.pk != first.pk
    assert (again.status, again.owner) == ("queued", ada)
    assert (again.notes, again.tags) == ("Again?", ["x"])
    assert read_config(again) == read_config(first)


def test_results_from_a_file_can_be_measured_again(document: dict[str, Any]) -> None:
    again = run_rerun(run=record_results(document))
    run_measure(run_id=again.pk)
    repeated = BenchmarkRun.objects.for_page().get(pk=again.pk).document()
    assert repeated["schedules"] == document["schedules"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus": "mine.txt"}, "on a file"),
        ({"schedules": ["uniform", "gone"]}, "were not stored"),
    ],
)
def test_refuses_to_repeat_what_the_queue_does_not_take(
    changes: dict[str, Any], said: str
) -> None:
    run = queued()
    run.config = run.config | changes
    with pytest.raises(RunStateError, match=said):
        run_rerun(run=run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"samples": 10_001}, "10001 samples"),
        ({"timesteps": tuple(range(101))}, "101 timesteps"),
        (
            {"schedules": [(str(n), {"type": "uniform"}) for n in range(18)]},
            "18 schedules",
        ),
    ],
)
def test_a_run_in_the_queue_may_not_be_larger_than_the_settings_say(
    changes: dict[str, Any], said: str
) -> None:
    if "schedules" in changes:
        changes["baseline"] = "0"
    large = config(**changes)
    run = queued()
    run.config = large.to_document()
    run.specifications = dict(large.schedules)

    with pytest.raises(RunTooLargeError, match=said):
        run_create(config=large)
    with pytest.raises(RunTooLargeError, match=said):
        run_rerun(run=run)
