"""Writes of benchmark runs."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from benchmarks.runner import SCHEMA_VERSION
from noising.execution import LEASE, StoppedError, end_failed
from noising.execution.claims import fresh_lease
from noising.execution.results import Document, write_results
from noising.models import BenchmarkRun
from noising.services.identifiers import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def run_start(
    *,
    suite: str,
    corpus_name: str,
    config: Mapping[str, Any],
    specifications: Mapping[str, Any] | None = None,
    owner: "User | None" = None,
    notes: str = "",
    tags: Iterable[str] = (),
) -> BenchmarkRun:
    """Store a run that the caller measures itself, before anything is measured.

    Args:
        suite: Name of the set of measurements.
        corpus_name: What it measures on.
        config: All parameters, as ``results.json`` holds them; with ``seed`` and
            ``baseline``.
        specifications: Each schedule's specification by its name.
        owner: Who asked for it.
        notes: Free text.
        tags: Short labels.

    Returns:
        The run, in state `running`, under a claim that the caller has to renew.

    Raises:
        ValidationError: A tag is not allowed.
    """
    run = _running(uuid7(moment=timezone.now()), suite, corpus_name, config)
    run.specifications = dict(specifications or {})
    run.owner, run.notes, run.tags = owner, notes, list(tags)
    with transaction.atomic():
        _insert(run)
    return run


def run_fail(*, run: BenchmarkRun, reason: str, progress: float | None = None) -> None:
    """End a running run as failed; one that has ended already stays as it is.

    Args:
        run: The run, as run_start() returned it.
        reason: Why, in a sentence; cut after 2,000 characters.
        progress: How much was done by then.
    """
    end_failed(run, reason, progress=progress)


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
        StoppedError: The run became another's, which will have its own results.
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
            if not stored.is_ended and stored.claim != run.claim:
                raise StoppedError("no longer this process's")
        if not stored.is_ended:
            write_results(stored, document)
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
        claim=uuid4(),
        lease_until=now + LEASE,
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
    _insert(run)
    return run


def _insert(run: BenchmarkRun) -> None:
    """Store a new run that is running, with times by the database's clock."""
    run.full_clean()
    times = {"started_at": Now(), **fresh_lease()}
    for name, expression in times.items():
        setattr(run, name, expression)
    run.save(force_insert=True)
    run.refresh_from_db(fields=list(times))
