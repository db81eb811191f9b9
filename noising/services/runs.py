"""Writes of benchmark runs."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from benchmarks.runner import SCHEMA_VERSION
from noising.models import (
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkSchedule,
    ScheduleConfig,
    ThroughputResult,
)
from noising.services.identifiers import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_REASON = 2_000

Document = Mapping[str, Any]


def run_start(
    *,
    suite: str,
    corpus_name: str,
    config: Mapping[str, Any],
    owner: "User | None" = None,
    notes: str = "",
    tags: Iterable[str] = (),
) -> BenchmarkRun:
    """Store a run that begins now, before anything is measured.

    Args:
        suite: Name of the set of measurements.
        corpus_name: What it measures on.
        config: All parameters, as ``results.json`` holds them; with ``seed`` and
            ``baseline``.
        owner: Who asked for it.
        notes: Free text.
        tags: Short labels.

    Returns:
        The run, in state `running`.

    Raises:
        ValidationError: A tag is not allowed.
    """
    now = timezone.now()
    run = _running(uuid7(moment=now), suite, corpus_name, config)
    run.owner, run.notes, run.tags = owner, notes, list(tags)
    with transaction.atomic():
        run.full_clean()
        run.save(force_insert=True)
    return run


def run_progress(*, run: BenchmarkRun, progress: float) -> None:
    """Say how much of a run is done, from 0 to 1, and that it is alive."""
    BenchmarkRun.objects.filter(pk=run.pk, status=BenchmarkRun.Status.RUNNING).update(
        progress=progress, heartbeat_at=timezone.now()
    )


def run_fail(*, run: BenchmarkRun, reason: str) -> None:
    """End a running run as failed; one that has ended already stays as it is.

    Args:
        run: The run.
        reason: Why, in a sentence; cut after 2,000 characters.
    """
    BenchmarkRun.objects.filter(pk=run.pk, status=BenchmarkRun.Status.RUNNING).update(
        status=BenchmarkRun.Status.FAILED,
        error=reason.strip()[:LONGEST_REASON] or "It failed without a reason.",
        finished_at=timezone.now(),
    )


def run_record(
    *,
    document: Document,
    run: BenchmarkRun | None = None,
    owner: "User | None" = None,
    notes: str = "",
    tags: Iterable[str] = (),
) -> BenchmarkRun:
    """Store the results of a run with all rows, or nothing at all.

    The same results delivered twice are stored once: a run that has ended keeps what
    it has, and results without a run get an id that follows from their content.

    Args:
        document: The results, as ``results.json`` holds them.
        run: The run that measured them; by default a new one.
        owner: Who a new run belongs to.
        notes: A new run's notes.
        tags: A new run's tags.

    Returns:
        The run, succeeded.

    Raises:
        ValueError: The document is of another schema version.
        ValidationError: A tag is not allowed.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"`schema_version` must be {SCHEMA_VERSION}, "
            f"got {document.get('schema_version')!r}"
        )
    with transaction.atomic():
        if run is None:
            stored = _running(
                _document_id(document),
                document["suite"],
                document["corpus"]["name"],
                document["config"],
            )
            stored.owner, stored.notes, stored.tags = owner, notes, list(tags)
            stored = _stored_once(stored)
        else:
            stored = BenchmarkRun.objects.select_for_update().get(pk=run.pk)
        if not stored.is_ended:
            _write_results(stored, document)
    return stored


def run_annotate(*, run: BenchmarkRun, notes: str, tags: Iterable[str]) -> None:
    """Change what people say about a run, and nothing of what it says itself.

    Raises:
        ValidationError: A tag is not allowed.
    """
    run.notes, run.tags = notes, list(tags)
    run.clean()
    run.save(update_fields=["notes", "tags"])


def run_archive(*, run: BenchmarkRun) -> None:
    """Take a run out of the lists."""
    if run.archived_at is None:
        run.archived_at = timezone.now()
        run.save(update_fields=["archived_at"])


def run_unarchive(*, run: BenchmarkRun) -> None:
    """Bring an archived run back into the lists."""
    if run.archived_at is not None:
        run.archived_at = None
        run.save(update_fields=["archived_at"])


def _running(
    run_id: UUID, suite: str, corpus_name: str, config: Mapping[str, Any]
) -> BenchmarkRun:
    now = timezone.now()
    return BenchmarkRun(
        id=run_id,
        suite=suite,
        status=BenchmarkRun.Status.RUNNING,
        attempt=1,
        seed=str(config["seed"]),
        corpus_name=corpus_name,
        baseline=config["baseline"],
        config=config,
        started_at=now,
        heartbeat_at=now,
    )


def _document_id(document: Document) -> UUID:
    """Return the id of results that no run asked for: the same for the same results."""
    text = json.dumps(document, sort_keys=True, allow_nan=False)
    return uuid7(
        moment=datetime.fromisoformat(document["created_at"]),
        random=hashlib.sha256(text.encode()).digest(),
    )


def _stored_once(run: BenchmarkRun) -> BenchmarkRun:
    """Store a new run, or return the one that has its id already."""
    existing = BenchmarkRun.objects.select_for_update().filter(pk=run.pk).first()
    if existing is not None:
        return existing
    run.full_clean()
    run.save(force_insert=True)
    return run


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
    run.finished_at = run.heartbeat_at = timezone.now()
    run.save()
    configs = _configs(document["schedules"])
    for position, entry in enumerate(document["schedules"]):
        _write_schedule(run, position, entry, configs.get(entry["name"]))
    ThroughputResult.objects.bulk_create(
        _throughput(run, position, entry)
        for position, entry in enumerate(document["throughput"])
    )


def _configs(entries: Sequence[Document]) -> dict[str, ScheduleConfig]:
    """Return the stored configurations that were measured, by name.

    A schedule type and a configuration may share a name. It is the configuration
    that was measured only where schedule and graph are its own; the vocabulary is
    always the corpus's.
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
    """Return what has no column of its own, so that nothing recorded is lost."""
    return {key: value for key, value in entry.items() if key not in columns}
