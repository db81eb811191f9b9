"""noising.runs: results that a command stores, and later changes to them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from noising import services
from noising.models import (
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkSchedule,
    ThroughputResult,
)
from noising.runs import (
    StoppedError,
    read_config,
    run_annotate,
    run_archive,
    run_fail,
    run_record,
    run_renew,
    run_start,
    run_unarchive,
)
from tests.runs import record_results

pytestmark = pytest.mark.django_db

Document = dict[str, Any]


def started(document: Document) -> BenchmarkRun:
    return run_start(
        suite=document["suite"],
        corpus_name=document["corpus"]["name"],
        config=document["config"],
    )


def row_counts() -> list[int]:
    kinds = (BenchmarkRun, BenchmarkSchedule, BenchmarkResult, ThroughputResult)
    return [kind.objects.count() for kind in kinds]


def test_a_started_run_is_running(document: Document) -> None:
    run = started(document)
    run.refresh_from_db()
    assert run.status == "running"
    assert run.attempt == 1
    assert run.progress == 0.0
    assert run.started_at is not None
    assert run.heartbeat_at is not None
    assert run.finished_at is None
    assert run.pk.version == 7
    assert run.seed == str(document["config"]["seed"])
    assert run.baseline == document["config"]["baseline"]


def test_the_largest_seed_is_kept_exactly(document: Document) -> None:
    document["config"]["seed"] = 2**64 - 1
    run = record_results(document)
    run.refresh_from_db()
    assert int(run.seed) == 2**64 - 1
    assert run.config["seed"] == 2**64 - 1


def test_progress_moves_the_heartbeat(document: Document) -> None:
    run = started(document)
    run_renew(run=run, progress=0.25)
    stored = BenchmarkRun.objects.get()
    assert stored.progress == 0.25
    assert stored.heartbeat_at > run.heartbeat_at


def test_recorded_results_come_back_as_they_were(document: Document) -> None:
    run = run_record(document=document, run=started(document))
    stored = BenchmarkRun.objects.for_page().get()
    assert stored == run
    assert stored.status == "succeeded"
    assert stored.progress == 1.0
    assert stored.finished_at is not None
    assert stored.document() == document


def test_there_is_a_row_for_every_schedule_timestep_and_case(
    document: Document,
) -> None:
    record_results(document)
    assert row_counts() == [
        1,
        len(document["schedules"]),
        sum(len(entry["results"]) for entry in document["schedules"]),
        len(document["throughput"]),
    ]


def test_results_delivered_twice_are_stored_once(document: Document) -> None:
    run = started(document)
    run_record(document=document, run=run)
    before = row_counts()
    assert run_record(document=document, run=run).status == "succeeded"
    assert row_counts() == before


def test_a_failed_run_keeps_its_reason(document: Document) -> None:
    run = started(document)
    run_fail(run=run, reason="The corpus went away.\n")
    stored = BenchmarkRun.objects.get()
    assert stored.status == "failed"
    assert stored.error == "The corpus went away."
    assert stored.finished_at is not None


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("", "It failed without an error message."), ("x" * 9000, "x" * 2000)],
)
def test_a_reason_is_always_given_and_never_endless(
    document: Document, reason: str, kept: str
) -> None:
    run_fail(run=started(document), reason=reason)
    assert BenchmarkRun.objects.get().error == kept


def test_a_run_that_ended_takes_no_results_and_no_failure(document: Document) -> None:
    failed = started(document)
    run_fail(run=failed, reason="First.")
    with pytest.raises(StoppedError, match="taken by another worker"):
        run_record(document=document, run=failed)
    assert not run_fail(run=failed, reason="Second.")
    run_renew(run=failed, progress=0.5)
    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.error, stored.progress) == ("failed", "First.", 0.0)
    assert not BenchmarkSchedule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_stored_of_results_that_do_not_fit(document: Document) -> None:
    results = document["schedules"][-1]["results"]
    results.append(results[-1])
    run = started(document)
    with pytest.raises(IntegrityError):
        run_record(document=document, run=run)
    assert row_counts() == [1, 0, 0, 0]
    run.refresh_from_db()
    assert run.status == "running"


def test_refuses_results_of_another_schema(document: Document) -> None:
    document["schema_version"] = 99
    with pytest.raises(ValueError, match="`schema_version` must be 1, got 99"):
        record_results(document)
    assert row_counts() == [1, 0, 0, 0]


def test_refuses_tags_that_are_not_allowed(document: Document) -> None:
    run = record_results(document)
    with pytest.raises(ValidationError, match="only once"):
        run_annotate(run=run, notes="", tags=["a", "a"])


def test_a_configuration_that_was_measured_is_linked(
    recorded_run: BenchmarkRun,
) -> None:
    for schedule in BenchmarkSchedule.objects.select_related("config"):
        assert schedule.config is not None
        assert schedule.config.slug == schedule.name


def test_a_configuration_that_only_shares_the_name_is_not_linked(
    document: Document,
) -> None:
    name = document["schedules"][0]["name"]
    services.schedule_create(
        slug=name, specification={"schedule": {"type": "loglinear", "epsilon": 0.123}}
    )
    record_results(document)
    assert BenchmarkSchedule.objects.get(name=name).config is None


def test_annotating_leaves_the_state_alone(document: Document) -> None:
    run = started(document)
    run_renew(run=run, progress=0.5)
    run_annotate(run=run, notes="Mine.", tags=["kept"])
    stored = BenchmarkRun.objects.get()
    assert (stored.progress, stored.notes, stored.tags) == (0.5, "Mine.", ["kept"])


def test_archives_and_brings_back(document: Document) -> None:
    run = record_results(document)
    run_archive(run=run)
    run_archive(run=run)
    assert not BenchmarkRun.objects.active().exists()
    run_unarchive(run=run)
    run_unarchive(run=run)
    assert BenchmarkRun.objects.active().get() == run


def test_only_a_run_that_succeeded_has_results(document: Document) -> None:
    with pytest.raises(ValueError, match="is running"):
        started(document).document()


def test_a_decision_is_stored_as_it_was_measured(decided_document: Document) -> None:
    run = record_results(decided_document)
    assert BenchmarkRun.objects.for_page().get(pk=run.pk).document() == decided_document
    run.specifications = {name: {"type": name} for name in run.config["schedules"]}
    assert read_config(run).to_document() == decided_document["config"]
