"""Functions that views of runs call: lookups, and services with the API's errors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework.exceptions import (
    ErrorDetail,
    NotFound,
    Throttled,
    ValidationError,
)

from benchmarks.cases import UsageError
from benchmarks.comparison import compare, count_values
from noising.api.problems import Conflict, shorten
from noising.api.runs.requests import KEY_HEADER, ComparisonRequest, NewRun
from noising.models import BenchmarkRun
from noising.runs import (
    KeyReusedError,
    QueueFullError,
    RequestKey,
    RunStateError,
    RunTooLargeError,
    resolve_config,
    run_create,
    run_find,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

QUEUE_FULL_SECONDS = 30
"""Seconds after which to retry if the account has too many unfinished runs."""

MOST_VALUES = 100_000
"""The most values in one comparison: about 20 MB of JSON."""

MOST_ROWS = 20_000
"""The most rows of results in one table: eight of the largest queued runs."""

FIELDS = ("schedules", "baseline", "timesteps", "samples", "seed", "decision")


def find_run(run_id: UUID) -> BenchmarkRun:
    """Return the run with this id, archived or not.

    Raises:
        NotFound: no run has this id.
    """
    runs = BenchmarkRun.objects.with_loss().select_related("owner")
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no run with the id {run_id}.")
    return run


def find_succeeded_run(run_id: UUID) -> BenchmarkRun:
    """Return the run with this id, without its results.

    Raises:
        NotFound: no run has this id.
        Conflict: it has no results.
    """
    run = find_run(run_id)
    if run.status != BenchmarkRun.Status.SUCCEEDED:
        raise Conflict(f"The run has no results: it is {run.status}.")
    return run


def find_results(ids: Sequence[UUID]) -> list[BenchmarkRun]:
    """Return the runs with these ids, with all results.

    Raises:
        NotFound: one does not exist.
        Conflict: one has no results.
    """
    runs = {run.pk: run for run in BenchmarkRun.objects.for_page().filter(pk__in=ids)}
    for run_id in ids:
        if run_id not in runs:
            raise NotFound(f"There is no run with the id {run_id}.")
        status = runs[run_id].status
        if status != BenchmarkRun.Status.SUCCEEDED:
            raise Conflict(f"The run {run_id} has no results: it is {status}.")
    return [runs[run_id] for run_id in ids]


def find_exported_runs(ids: Sequence[UUID]) -> list[BenchmarkRun]:
    """Return the runs with these ids, with all results, for one table.

    Raises:
        NotFound: one does not exist.
        Conflict: one has no results.
        ValidationError: they have too many results.
    """
    rows = sum(BenchmarkRun.objects.result_counts(ids).values())
    if rows > MOST_ROWS:
        text = (
            f"These runs have {rows:,} rows of results; the limit is {MOST_ROWS:,}: "
            "select fewer, or export them one by one."
        )
        raise ValidationError({"ids": [ErrorDetail(text, "too_large")]})
    return find_results(ids)


def create_run(
    new: NewRun, owner: "User", request_key: RequestKey | None
) -> BenchmarkRun:
    """Queue a run, or return the one that its idempotency key has created.

    Raises:
        ValidationError: The run cannot be measured, or the key was used for another
            request.
        Throttled: The account has too many unfinished runs.
    """
    with translate_errors():
        if request_key is not None:
            run = run_find(owner=owner, request_key=request_key)
            if run is not None:
                return run
        return run_create(
            config=resolve_config(
                schedules=new.schedules,
                baseline=new.baseline,
                corpus=new.corpus,
                timesteps=new.timesteps,
                samples=new.samples,
                seed=new.seed,
                decision=new.decision,
                name=new.name,
            ),
            owner=owner,
            notes=new.notes,
            tags=new.tags,
            request_key=request_key,
        )


def compare_runs(request: ComparisonRequest) -> dict[str, Any]:
    """Return the comparison of some runs that have succeeded.

    Raises:
        NotFound: one does not exist.
        Conflict: one has no results.
        ValidationError: the comparison would be too large.
    """
    documents = {str(run.pk): run.document() for run in find_results(request.ids)}
    values = count_values(documents.values(), request.metric)
    if values > MOST_VALUES:
        text = (
            f"The comparison would have {values} values; the limit is "
            f"{MOST_VALUES}: name fewer runs, or one `metric`."
        )
        raise ValidationError({"ids": [ErrorDetail(text, "too_large")]})
    metrics = None if request.metric is None else [request.metric]
    comparison = compare(documents, baseline=str(request.baseline), metrics=metrics)
    return {"ids": list(documents), **comparison}


@contextmanager
def translate_errors() -> Iterator[None]:
    """Convert errors of the services to errors of the API."""
    try:
        yield
    except UsageError as error:
        raise _field_error(error) from None
    except (RunStateError, RunTooLargeError) as error:
        raise Conflict(str(error)) from None
    except KeyReusedError as error:
        detail = [ErrorDetail(shorten(str(error)), "key_reused")]
        raise ValidationError({KEY_HEADER: detail}) from None
    except QueueFullError as error:
        raise Throttled(QUEUE_FULL_SECONDS, str(error)) from None


def _field_error(error: UsageError) -> ValidationError:
    """Return the error at the field that its text begins with, or at `schedules`."""
    field, _, text = str(error).partition(": ")
    name = field if field in FIELDS else "schedules"
    if name != field:
        text = str(error)
    detail = [ErrorDetail(shorten(f"`{name}`: {text}."), "unusable")]
    return ValidationError({name: detail})
