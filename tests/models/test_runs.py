import copy
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.db.models import Model
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from noising.models import (
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkSchedule,
    ScheduleConfig,
    ThroughputResult,
)
from noising.runs import run_archive
from tests.runs import claimed, record_results

pytestmark = pytest.mark.django_db

Document = dict[str, Any]
NOW = timezone.now()
CLAIMED: dict[str, Any] = {"claim": uuid.uuid4(), "lease_until": NOW}


@pytest.fixture
def run(document: Document) -> BenchmarkRun:
    return record_results(document)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "paused"}, "known_and_ended"),
        ({"progress": -0.1}, "progress_in_range"),
        ({"progress": 1.1}, "progress_in_range"),
        ({"started_at": None}, "started"),
        ({"attempt": 0}, "started"),
        ({"finished_at": None}, "known_and_ended"),
        ({"status": "running", **CLAIMED}, "known_and_ended"),
        ({"status": "queued"}, "known_and_ended"),
        ({"status": "failed"}, "failed_with_reason"),
        ({"error": "For no reason."}, "failed_with_reason"),
        ({"corpus": None}, "succeeded_complete"),
        ({"environment": None}, "succeeded_complete"),
        ({"schema_version": None}, "succeeded_complete"),
        ({"measured_at": None}, "succeeded_complete"),
        ({"seed": ""}, "seed_given"),
        (CLAIMED, "claimed_while_running"),
        ({"status": "running", "finished_at": None}, "claimed_while_running"),
        (
            {"status": "running", "finished_at": None, **CLAIMED, "lease_until": None},
            "claimed_while_running",
        ),
        (
            {"status": "running", "finished_at": None, **CLAIMED, "claim": None},
            "claimed_while_running",
        ),
    ],
)
def test_the_database_refuses_a_run(
    run: BenchmarkRun, changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f"benchmarkrun_{constraint}"):
        BenchmarkRun.objects.filter(pk=run.pk).update(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "queued", "finished_at": None, "started_at": None, "attempt": 0},
        {"status": "running", "finished_at": None, **CLAIMED},
        {"status": "failed", "error": "It broke."},
        {"status": "cancelled", "started_at": None, "attempt": 0},
        {"status": "cancelled"},
    ],
)
def test_the_database_takes_every_state(
    run: BenchmarkRun, changes: dict[str, Any]
) -> None:
    assert BenchmarkRun.objects.filter(pk=run.pk).update(**changes) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "constraint"),
    [
        (BenchmarkSchedule, {"fingerprint": "abc"}, "benchmarkschedule_fingerprint"),
        (BenchmarkResult, {"alpha": 1.1}, "benchmarkresult_alpha_in_range"),
        (BenchmarkResult, {"alpha": -0.1}, "benchmarkresult_alpha_in_range"),
        (ThroughputResult, {"engine_ns_per_token": 0.0}, "throughputresult_positive"),
        (ThroughputResult, {"naive_ns_per_token": -1.0}, "throughputresult_positive"),
        (ThroughputResult, {"speedup": 0.0}, "throughputresult_positive"),
        # Every row the same: what must be unique is not.
        (BenchmarkSchedule, {"name": "same"}, "name"),
        (BenchmarkSchedule, {"position": 0}, "position"),
        (BenchmarkSchedule, {"is_baseline": True}, "run_id"),
        (BenchmarkResult, {"timestep": 0}, "timestep"),
        (ThroughputResult, {"case": "same"}, "case"),
        (ThroughputResult, {"position": 0}, "position"),
    ],
)
def test_the_database_refuses_a_result(
    run: BenchmarkRun, kind: type[Model], changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        kind._default_manager.update(**changes)


def test_deleting_a_run_deletes_what_it_measured_and_no_configuration(
    recorded_run: BenchmarkRun, stored_schedules: list[ScheduleConfig]
) -> None:
    recorded_run.delete()
    assert not BenchmarkSchedule.objects.exists()
    assert not BenchmarkResult.objects.exists()
    assert not ThroughputResult.objects.exists()
    assert ScheduleConfig.objects.count() == len(stored_schedules)


def test_deleting_an_account_keeps_its_runs(document: Document) -> None:
    owner = get_user_model().objects.create_user("someone")
    run = record_results(document, owner=owner)
    owner.delete()
    run.refresh_from_db()
    assert run.owner is None


def test_a_page_reads_a_run_in_five_queries(
    recorded_run: BenchmarkRun,
    document: Document,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(5):
        found = BenchmarkRun.objects.for_page().get(pk=recorded_run.pk)
        assert found.document() == document


def test_the_dashboard_reads_the_latest_runs_in_one_query(
    document: Document, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    names = [entry["name"] for entry in document["schedules"]]
    for seed in range(12):
        document["config"]["seed"] = seed
        run = record_results(copy.deepcopy(document))
        BenchmarkRun.objects.filter(pk=run.pk).update(
            created_at=NOW + timedelta(seconds=seed)
        )
    run_archive(run=BenchmarkRun.objects.get(seed="11"))
    with django_assert_num_queries(1):
        rows = [
            (run.seed, run.config["schedules"])
            for run in BenchmarkRun.objects.for_dashboard()
        ]
    assert rows == [(str(seed), names) for seed in range(10, 0, -1)]


def test_a_schedule_page_reads_the_latest_runs_in_one_query(
    document: Document,
    stored_schedules: list[ScheduleConfig],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    runs = []
    for seed in range(3):
        document["config"]["seed"] = seed
        runs.append(record_results(copy.deepcopy(document)))
    run_archive(run=runs[1])
    measured = BenchmarkSchedule.objects.exclude(config=None).first()
    assert measured is not None
    assert measured.config is not None
    with django_assert_num_queries(1):
        rows = [
            (row.run, row.run.corpus_name, row.run.status, row.wasted_steps)
            for row in BenchmarkSchedule.objects.for_schedule_page(measured.config)
            if row.run.created_at and row.is_baseline == measured.is_baseline
        ]
    assert rows == [
        (run, "synthetic", "succeeded", measured.wasted_steps)
        for run in (runs[2], runs[0])
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "queued"}, ""),
        ({"status": "queued", "attempt": 1}, "waits for attempt 2 of 3"),
        ({}, ""),
        ({"attempt": 2}, "attempt 2 of 3"),
        ({"cancel_requested": True}, "is being cancelled"),
        ({"status": "cancelled", "cancel_requested": True}, ""),
        ({"status": "succeeded", "attempt": 3}, ""),
    ],
)
def test_says_what_is_special_about_a_state(
    changes: dict[str, Any], expected: str
) -> None:
    run = BenchmarkRun(**({"status": "running", "attempt": 1} | changes))
    if run.status == "queued" and "attempt" not in changes:
        run.attempt = 0
    assert run.state_text == expected


@pytest.mark.parametrize("clock", [timedelta(0), timedelta(hours=1), timedelta(-1)])
def test_only_the_databases_clock_tells_that_a_worker_is_lost(
    monkeypatch: pytest.MonkeyPatch, clock: timedelta
) -> None:
    """Whatever the clock of this host shows."""
    run = claimed()
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + clock)
    assert found(run).state_text == ""
    assert not BenchmarkRun.objects.lost().exists()
    BenchmarkRun.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert found(run).state_text == "its worker does not respond"
    assert BenchmarkRun.objects.lost().get() == run


def found(run: BenchmarkRun) -> BenchmarkRun:
    for_list, for_page = (
        getattr(BenchmarkRun.objects, name)().get(pk=run.pk)
        for name in ("for_list", "for_page")
    )
    assert for_list.state_text == for_page.state_text
    return for_list


def stored(document: Document, seed: int, **changes: Any) -> BenchmarkRun:
    document["config"]["seed"] = seed
    made = record_results(copy.deepcopy(document))
    BenchmarkRun.objects.filter(pk=made.pk).update(**changes)
    return made


def test_finds_runs_by_tag_and_by_schedule_exactly(document: Document) -> None:
    tags = [["paper"], ["paper 2", "é'\"\\"], []]
    runs = [stored(document, seed, tags=t) for seed, t in enumerate(tags)]
    config = document["config"] | {"schedules": ["uniform", "mine"]}
    BenchmarkRun.objects.filter(pk=runs[2].pk).update(config=config)

    assert list(BenchmarkRun.objects.tagged("paper")) == [runs[0]]
    assert list(BenchmarkRun.objects.tagged("é'\"\\")) == [runs[1]]
    assert not BenchmarkRun.objects.tagged("pape").exists()
    assert list(BenchmarkRun.objects.with_schedule("mine")) == [runs[2]]
    assert BenchmarkRun.objects.with_schedule("cosine").count() == 2
    assert not BenchmarkRun.objects.exclude(
        pk__in=BenchmarkRun.objects.with_schedule("uniform")
    ).exists()


def test_finds_runs_in_which_every_word_occurs(document: Document) -> None:
    one = stored(document, 0, notes="For the Paper", tags=["draft"])
    two = stored(document, 1, notes="100%_sure")

    def found(text: str) -> set[BenchmarkRun]:
        return set(BenchmarkRun.objects.searched(text))

    assert found("paper DRAFT") == {one}
    assert found("paper sure") == set()
    assert found("100%_") == {two}
    assert found("synthetic cosine") == {one, two}
    assert found("") == {one, two}
