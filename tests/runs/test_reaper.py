"""noising.runs.reaper: the queue agrees with the processes that run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoAssertNumQueries

from noising.models import BenchmarkRun, IdempotencyKey, Worker
from noising.runs import (
    LEASE,
    Reaped,
    RequestKey,
    queue_prune,
    reaper,
    run_cancel,
    run_claim,
    run_renew,
    run_start,
    runs_reap,
    worker_register,
    worker_remove,
)
from noising.runs.claims import Hold
from tests.runs import claimed, queued

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture(autouse=True)
def _no_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody renews a lease while these tests wait."""
    monkeypatch.setattr(reaper, "CONFIRM_SECONDS", 0.0)


@contextmanager
def host(clock: timedelta) -> Iterator[None]:
    """Be a host whose clock differs from the database's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: datetime.now(UTC) + clock)
        yield


def lose(run: BenchmarkRun) -> None:
    """Let the lease run out."""
    BenchmarkRun.objects.filter(pk=run.pk).update(lease_until=LONG_AGO)


def tasks_ready() -> int:
    return DBTaskResult.objects.filter(status=TaskResultStatus.READY).count()


def take_task() -> None:
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=LONG_AGO)


CLOCK_SET_BACK = timezone.now() + timedelta(hours=1)


@pytest.mark.parametrize("until", [LONG_AGO, CLOCK_SET_BACK])
def test_a_run_that_lost_its_worker_is_queued_again_with_a_task(
    until: datetime,
) -> None:
    run = claimed()
    take_task()
    BenchmarkRun.objects.filter(pk=run.pk).update(lease_until=until)

    assert runs_reap() == Reaped(lost=1, enqueued=1)

    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.attempt) == ("queued", 1)
    assert tasks_ready() == 1
    assert runs_reap() == Reaped(lost=0, enqueued=0)


def test_a_run_that_is_renewed_stays_its_workers() -> None:
    claimed()
    take_task()
    assert runs_reap() == Reaped(lost=0, enqueued=0)


CLOCKS = [timedelta(seconds=45), timedelta(seconds=-45), timedelta(days=1)]


@pytest.mark.parametrize("of_worker", CLOCKS)
@pytest.mark.parametrize("of_reaper", CLOCKS)
def test_hosts_whose_clocks_differ_leave_each_others_runs_alone(
    of_worker: timedelta, of_reaper: timedelta
) -> None:
    with host(of_worker):
        run = claimed()
        take_task()
        worker_register(worker_id="there")
    with host(of_reaper):
        assert runs_reap() == Reaped(lost=0, enqueued=0)
        assert Worker.objects.alive().count() == 1
    with host(-of_worker):  # it is set right meanwhile
        assert run_renew(run=run, progress=0.5) is Hold.HELD
    with host(of_reaper):
        assert runs_reap() == Reaped(lost=0, enqueued=0)
        lose(run)
        assert runs_reap() == Reaped(lost=1, enqueued=1)


def test_so_do_those_of_a_run_that_a_command_measures() -> None:
    with host(timedelta(days=-1)):
        run = run_start(suite="s", corpus_name="c", config=queued().config)
    with host(timedelta(days=1)):
        assert runs_reap().lost == 0
    assert run.lease_until is not None
    assert run.started_at is not None
    assert abs(run.started_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert run.lease_until - run.started_at == LEASE


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=1)])
def test_who_renews_a_lease_that_a_jump_of_the_clock_ended_keeps_the_run(
    monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    """The database's own clock was set, or its host had slept with all workers.

    It makes no difference whether the renewed lease is over by that clock again.
    """
    run = claimed()
    take_task()
    lose(run)

    def meanwhile(seconds: float) -> None:
        assert run_renew(run=run, progress=0.5) is Hold.HELD
        BenchmarkRun.objects.update(lease_until=F("lease_until") - ahead)

    monkeypatch.setattr(reaper.time, "sleep", meanwhile)
    assert runs_reap() == Reaped(lost=0, enqueued=0)
    assert BenchmarkRun.objects.get().status == "running"


def test_the_third_time_it_has_failed_with_the_reason() -> None:
    run = queued()
    for attempt in (1, 2, 3):
        taken = run_claim(run_id=run.pk)
        assert taken is not None
        assert taken.attempt == attempt
        lose(taken)
        runs_reap()

    stored = BenchmarkRun.objects.get()
    assert stored.status == "failed"
    assert "in each of 3 attempts" in stored.error


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled() -> None:
    run = claimed()
    run_cancel(run=run)
    lose(run)
    runs_reap()
    assert BenchmarkRun.objects.get().status == "cancelled"


def test_a_run_of_a_command_that_went_away_has_failed() -> None:
    run = run_start(suite="s", corpus_name="c", config=queued().config)
    lose(run)
    runs_reap()
    run.refresh_from_db()
    assert (run.status, run.error) == (
        "failed",
        "The command that measured it disappeared.",
    )


@pytest.mark.parametrize("loss", ["deleted", "taken by a worker that was killed"])
def test_a_queued_run_without_its_task_gets_another(loss: str) -> None:
    run = queued()
    if loss == "deleted":
        DBTaskResult.objects.all().delete()
    else:
        take_task()

    assert runs_reap() == Reaped(lost=0, enqueued=1)

    run.refresh_from_db()
    [task] = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    assert (task.id, task.args_kwargs["args"]) == (run.task_id, [str(run.pk)])


def test_looking_after_a_queue_in_order_only_reads(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        queued()
    with django_assert_num_queries(2):
        runs_reap()


def test_a_worker_counts_as_alive_for_half_a_minute() -> None:
    worker_register(worker_id="one")
    worker_register(worker_id="one")
    assert Worker.objects.alive().count() == 1
    for ago in (timedelta(seconds=31), timedelta(hours=-1)):  # the clock was set back
        Worker.objects.update(seen_at=timezone.now() - ago)
        assert not Worker.objects.alive().exists()
    worker_remove(worker_id="one")
    assert not Worker.objects.exists()


def test_prunes_what_is_of_no_use_any_more() -> None:
    ada = User.objects.create_user("ada")
    old = [
        queued(owner=ada, request_key=RequestKey.of(key, "x"))
        for key in ("1", "2", "3")
    ]
    for run, status in zip(old, ("SUCCESSFUL", "FAILED", "RUNNING"), strict=True):
        DBTaskResult.objects.filter(id=run.task_id).update(
            status=status, started_at=LONG_AGO, finished_at=LONG_AGO
        )
    BenchmarkRun.objects.update(status="cancelled", finished_at=LONG_AGO)
    IdempotencyKey.objects.update(created_at=LONG_AGO)
    Worker.objects.create(id="gone", seen_at=LONG_AGO)
    kept = queued(owner=ada, request_key=RequestKey.of("4", "x"))
    running = queued(owner=ada)
    DBTaskResult.objects.filter(id=running.task_id).update(
        status="RUNNING", started_at=LONG_AGO
    )
    worker_register(worker_id="here")

    queue_prune()

    assert IdempotencyKey.objects.get().key == "4"
    assert Worker.objects.get().id == "here"
    left = set(DBTaskResult.objects.values_list("id", flat=True))
    assert left == {kept.task_id, running.task_id}
    assert BenchmarkRun.objects.count() == 5
