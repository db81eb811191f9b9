"""Stores the results of a run as rows, in one transaction."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from benchmarks.runner import SCHEMA_VERSION
from noising.models import (
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkSchedule,
    ScheduleConfig,
    ThroughputResult,
)
from noising.runs.claims import run_end_cancelled
from noising.runs.lease import StoppedError

Document = Mapping[str, Any]


def run_record(*, run: BenchmarkRun, document: Document) -> BenchmarkRun:
    """Store all results of a run, or none, and mark it as succeeded.

    Results that are delivered twice are stored once.

    Args:
        run: The run with the claim under which it was measured.
        document: The results, in the form of ``results.json``.

    Returns:
        The succeeded run.

    Raises:
        ValueError: The document has another schema version.
        StoppedError: The run was cancelled, has failed or belongs to another worker;
            nothing is stored.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"`schema_version` must be {SCHEMA_VERSION}, "
            f"got {document.get('schema_version')!r}"
        )
    with transaction.atomic():
        stored = BenchmarkRun.objects.select_for_update().filter(pk=run.pk).first()
        if stored is not None and stored.status == BenchmarkRun.Status.SUCCEEDED:
            return stored
        if stored is None or stored.claim is None or stored.claim != run.claim:
            raise StoppedError("taken by another worker")
        if not stored.cancel_requested:
            stored.log = run.log
            stored.add_log_line("results stored")
            _write_results(stored, document)
            return stored
    run_end_cancelled(run=run)
    raise StoppedError("cancelled")


def _write_results(run: BenchmarkRun, document: Document) -> None:
    run.suite = document["suite"]
    run.schema_version = document["schema_version"]
    run.measured_at = datetime.fromisoformat(document["created_at"])
    run.corpus = document["corpus"]
    run.corpus_name = document["corpus"]["name"]
    run.environment = document["environment"]
    run.config = document["config"]
    run.status = BenchmarkRun.Status.SUCCEEDED
    run.progress = 1.0
    run.seconds_left = None
    run.finished_at = run.heartbeat_at = Now()
    run.claim = run.lease_until = None
    run.save()
    run.refresh_from_db(fields=["finished_at", "heartbeat_at"])
    configs = _configs(document["schedules"])
    for position, entry in enumerate(document["schedules"]):
        _write_schedule(run, position, entry, configs.get(entry["name"]))
    ThroughputResult.objects.bulk_create(
        _throughput(run, position, entry)
        for position, entry in enumerate(document["throughput"])
    )


def _configs(entries: Sequence[Document]) -> dict[str, ScheduleConfig]:
    """Return the stored schedules that were measured, by name.

    A schedule type and a stored schedule may have the same name. The stored one was
    measured only if schedule and graph are equal; the vocabulary is the corpus's.
    """
    measured = {entry["name"]: entry["specification"] for entry in entries}
    found = ScheduleConfig.objects.select_for_update().filter(slug__in=measured)
    return {
        config.slug: config
        for config in found
        if all(
            config.specification[part] == measured[config.slug][part]
            for part in ("schedule", "graph", "num_timesteps")
        )
    }


def _write_schedule(
    run: BenchmarkRun, position: int, entry: Document, config: ScheduleConfig | None
) -> None:
    columns = ("name", "specification", "fingerprint", "is_baseline", "curves")
    schedule = BenchmarkSchedule.objects.create(
        run=run,
        position=position,
        config=config,
        lint_findings=entry["lint"],
        wasted_steps=entry["wasted_steps"],
        details=_rest(entry, {*columns, "lint", "wasted_steps", "results"}),
        **{key: entry[key] for key in columns},
    )
    BenchmarkResult.objects.bulk_create(
        BenchmarkResult(schedule=schedule, **result) for result in entry["results"]
    )


def _throughput(run: BenchmarkRun, position: int, entry: Document) -> ThroughputResult:
    columns = ("case", "engine_ns_per_token", "naive_ns_per_token", "speedup")
    return ThroughputResult(
        run=run,
        position=position,
        details=_rest(entry, columns),
        **{key: entry[key] for key in columns},
    )


def _rest(entry: Document, columns: Container[str]) -> dict[str, Any]:
    """Return the keys that have no column of their own, so that nothing is lost."""
    return {key: value for key, value in entry.items() if key not in columns}
