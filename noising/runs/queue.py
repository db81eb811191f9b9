"""The queue of runs for workers: creating, repeating and cancelling runs."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from benchmarks.cases import BenchmarkConfig
from benchmarks.corpora import BUILTIN_CORPORA
from benchmarks.names import make_repeated_name
from benchmarks.runner import SUITE
from noising.correlation import current_request
from noising.models import BenchmarkRun, Corpus, IdempotencyKey, parse_reference
from noising.runs.worker import execute_run
from noising.services.identifiers import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class RunStateError(Exception):
    """The status of the run does not allow this."""


class RunTooLargeError(Exception):
    """The run exceeds the limits of queued runs."""


class QueueFullError(Exception):
    """The account has reached the limit on unfinished runs."""


class KeyReusedError(Exception):
    """The idempotency key has been used for another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """An idempotency key with a digest of the request."""

    key: str
    digest: str

    @classmethod
    def of(cls, key: str, request: object) -> Self:
        """Return the pair for a key and a JSON document, in any order of keys."""
        text = json.dumps(request, sort_keys=True)
        return cls(key=key, digest=hashlib.sha256(text.encode()).hexdigest())


def run_create(
    *,
    config: BenchmarkConfig,
    owner: "User | None" = None,
    notes: str = "",
    tags: Iterable[str] = (),
    request_key: RequestKey | None = None,
) -> BenchmarkRun:
    """Queue a new run and its task, in one transaction.

    Args:
        config: What to measure, on a corpus that every worker has.
        owner: The account that requests it.
        notes: Free text.
        tags: Short labels.
        request_key: The idempotency key. With the same one, an owner gets the same run.

    Returns:
        The queued run, or the run that was created with the same key.

    Raises:
        RunStateError: The corpus is a file, has no rows, or belongs to another account.
        RunTooLargeError: It exceeds MAX_RUN_SCHEDULES, _TIMESTEPS or _SAMPLES.
        QueueFullError: The owner has MAX_QUEUED_RUNS unfinished runs.
        KeyReusedError: The owner has used the key for another request.
        ValidationError: A tag is not allowed.
    """
    corpus_name = _find_corpus_name(config.corpus, owner)
    if corpus_name is None:
        raise RunStateError(
            f"Workers measure {' and '.join(BUILTIN_CORPORA)} and stored corpora of "
            f"their owners, not {config.corpus!r}: measure a file with `manage.py "
            "run_benchmarks`."
        )
    document = config.to_document()
    _check_size(document)
    run = BenchmarkRun(
        id=uuid7(moment=timezone.now()),
        name=config.name,
        suite=SUITE,
        seed=str(config.seed),
        corpus_name=corpus_name,
        baseline=config.baseline,
        config=document,
        specifications={name: dict(schedule) for name, schedule in config.schedules},
        owner=owner,
        notes=notes,
        tags=list(tags),
    )
    return _insert_once(run, request_key)


def run_rerun(
    *,
    run: BenchmarkRun,
    owner: "User | None" = None,
    request_key: RequestKey | None = None,
) -> BenchmarkRun:
    """Queue a new run with the parameters of another one.

    Args:
        run: The other one, with any status.
        owner: The account that requests the new one.
        request_key: As for run_create().

    Returns:
        The new run, with the notes and tags of the other one. If that has a name of
        its own, the new one has it too, with a number.

    Raises:
        RunStateError: The run was measured on a file or on a corpus that was deleted or
            belongs to another account, or its specifications were not stored.
        RunTooLargeError: As run_create() raises it.
        QueueFullError: As run_create() raises it.
        KeyReusedError: As run_create() raises it.
    """
    specifications = _list_specifications(run)
    _check_repeatable(run, owner, specifications)
    _check_size(run.config)
    again = BenchmarkRun(
        id=uuid7(moment=timezone.now()),
        name=make_repeated_name(run.name),
        suite=run.suite,
        seed=run.seed,
        corpus_name=run.corpus_name,
        baseline=run.baseline,
        config=run.config,
        specifications=specifications,
        owner=owner,
        notes=run.notes,
        tags=run.tags,
    )
    return _insert_once(again, request_key)


def find_obstacle(run: BenchmarkRun, owner: "User | None") -> str:
    """Return why an account cannot repeat a run, or "" if it can.

    Args:
        run: the run.
        owner: the account; None for one that is not known yet.
    """
    try:
        _check_repeatable(run, owner, _list_specifications(run))
    except RunStateError as error:
        return str(error)
    return ""


def run_find(
    *, owner: "User | None", request_key: RequestKey | None
) -> BenchmarkRun | None:
    """Return the run that an owner created with a key; None without one.

    Raises:
        KeyReusedError: The key was used for another request.
    """
    if owner is None or request_key is None:
        return None
    used = IdempotencyKey.objects.filter(owner=owner, key=request_key.key)
    found = used.select_related("run").first()
    if found is None:
        return None
    if found.digest != request_key.digest:
        raise KeyReusedError(
            f"The key {request_key.key!r} was used for another request: choose a new "
            "one."
        )
    return found.run


def run_cancel(*, run: BenchmarkRun) -> BenchmarkRun:
    """Cancel a run: at once if it is queued, else its worker ends it soon.

    Returns:
        The run in its new state.

    Raises:
        RunStateError: The run has already succeeded or failed.
    """
    runs = BenchmarkRun.objects.filter(pk=run.pk)
    cancelled = runs.queued().update(
        status=BenchmarkRun.Status.CANCELLED,
        cancel_requested=True,
        finished_at=Now(),
    )
    if not cancelled:
        runs.unfinished().update(cancel_requested=True)
    run.refresh_from_db()
    if run.is_ended and run.status != BenchmarkRun.Status.CANCELLED:
        raise RunStateError(
            f"The run has already {run.status}, so it cannot be cancelled."
        )
    return run


def enqueue(run_id: UUID) -> UUID:
    """Add a task for a run to the task queue, and return the task's id."""
    request_id = current_request().get("request_id")
    named = {"request_id": request_id} if request_id else {}
    return UUID(execute_run.enqueue(str(run_id), **named).id)


def _insert_once(run: BenchmarkRun, request_key: RequestKey | None) -> BenchmarkRun:
    """Store a new run with its task, or return the run that the key has created."""
    try:
        with transaction.atomic():
            _lock_account(run.owner)
            made = run_find(owner=run.owner, request_key=request_key)
            if made is not None:
                return made
            _check_room(run.owner)
            run.task_id = enqueue(run.pk)
            run.full_clean()
            run.save(force_insert=True)
            if run.owner is not None and request_key is not None:
                IdempotencyKey.objects.create(
                    owner=run.owner,
                    run=run,
                    key=request_key.key,
                    digest=request_key.digest,
                )
    except IntegrityError:
        # Either another request used the key at the same time, or this is a bug.
        made = run_find(owner=run.owner, request_key=request_key)
        if made is None:
            raise
        return made
    return run


def _lock_account(owner: "User | None") -> None:
    """Lock an account, so that its requests count and add runs one at a time."""
    if owner is not None:
        get_user_model().objects.select_for_update().get(pk=owner.pk)


def _check_room(owner: "User | None") -> None:
    if owner is None:
        return
    unfinished = BenchmarkRun.objects.unfinished().filter(owner=owner).count()
    if unfinished >= settings.MAX_QUEUED_RUNS:
        raise QueueFullError(
            f"This account has {unfinished} unfinished runs; the limit is "
            f"{settings.MAX_QUEUED_RUNS}: wait for one to end, or cancel one."
        )


def _find_corpus_name(corpus: str, owner: "User | None") -> str | None:
    """Return the name of a corpus that workers measure for an account, or None.

    Raises:
        RunStateError: It has no rows.
    """
    if corpus in BUILTIN_CORPORA:
        return corpus
    stored = Corpus.objects.referenced(corpus)
    if owner is not None:  # the operator, who queues without an account, has them all
        stored = stored.of(owner.pk)
    found = stored.only("name", "kind").first()
    if found is None:
        return None
    if not found.is_measurable:
        raise RunStateError(
            "The corpus has counts, and no rows of tokens, which a run needs."
        )
    return found.name


def _list_specifications(run: BenchmarkRun) -> Mapping[str, Any]:
    return run.specifications or {
        schedule.name: schedule.specification["schedule"]
        for schedule in run.schedules.all()
    }


def _check_repeatable(
    run: BenchmarkRun, owner: "User | None", specifications: Mapping[str, Any]
) -> None:
    corpus = run.config.get("corpus", "")
    if _find_corpus_name(corpus, owner) is None:
        raise RunStateError(
            "The run was measured on a corpus that was deleted or belongs to another "
            "account."
            if parse_reference(corpus)
            else "The run was measured on a file, which workers do not have: measure "
            "it with `manage.py run_benchmarks`."
        )
    if set(specifications) != set(run.config["schedules"]):
        raise RunStateError(
            "The run's specifications were not stored: create a new run."
        )


def _check_size(config: Mapping[str, Any]) -> None:
    for key, most in (
        ("schedules", settings.MAX_RUN_SCHEDULES + 1),  # the baseline is among them
        ("timesteps", settings.MAX_RUN_TIMESTEPS),
        ("samples", settings.MAX_RUN_SAMPLES),
    ):
        value = config[key]
        size = value if isinstance(value, int) else len(value)
        if size > most:
            raise RunTooLargeError(
                f"The run has {size} {key}; the limit for queued runs is {most}: "
                "measure it with `manage.py run_benchmarks`."
            )
