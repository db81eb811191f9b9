"""What is answered about runs, as JSON-ready documents."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from rest_framework.request import Request

from noising.models import BenchmarkResult, BenchmarkRun

SECONDS_BETWEEN_LOOKS = 2
"""How long a client should wait before it asks again how a run goes."""

MEASUREMENT = ("measured", "low", "high", "exact")


def run_address(request: Request | HttpRequest, run: BenchmarkRun) -> str:
    """Return the address under which a run is read."""
    return request.build_absolute_uri(reverse("v1:run", kwargs={"run_id": run.pk}))


def run_document(request: Request, run: BenchmarkRun) -> dict[str, Any]:
    """Return a run as lists show it."""
    asked = run.config
    return {
        "id": str(run.pk),
        "status": run.status,
        "state": run.state_text,
        "progress": run.progress,
        "attempt": run.attempt,
        "cancel_requested": run.cancel_requested,
        "error": run.error,
        "suite": run.suite,
        "corpus": run.corpus_name,
        "schedules": asked["schedules"],
        "baseline": run.baseline,
        "graph": asked["graph"],
        "num_timesteps": asked["num_timesteps"],
        "timesteps": asked["timesteps"],
        "samples": asked["samples"],
        "seed": int(run.seed),
        "notes": run.notes,
        "tags": run.tags,
        "owner": run.owner.get_username() if run.owner else None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "heartbeat_at": run.heartbeat_at,
        "finished_at": run.finished_at,
        "archived_at": run.archived_at,
        "url": run_address(request, run),
    }


def run_detail(request: Request, run: BenchmarkRun) -> dict[str, Any]:
    """Return a run as it is read by itself."""
    return run_document(request, run) | {
        "corpus_details": run.corpus,
        "environment": run.environment,
    }


def waiting_headers(run: BenchmarkRun) -> dict[str, str]:
    """Return the header that says when to ask again, if there is a reason to."""
    return {} if run.is_ended else {"Retry-After": str(SECONDS_BETWEEN_LOOKS)}


def result_document(result: BenchmarkResult) -> dict[str, Any]:
    """Return one row of results."""
    return {
        "schedule": result.schedule.name,
        "is_baseline": result.schedule.is_baseline,
        **result.entry(),
    }


def result_table(document: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Return a results document as a table: a header, a row a schedule and timestep.

    Args:
        document: The results, as ``results.json`` holds them.
    """
    metrics = list(
        dict.fromkeys(
            name
            for schedule in document["schedules"]
            for result in schedule["results"]
            for name in result["metrics"]
        )
    )
    columns = [f"{name}_{part}" for name in metrics for part in MEASUREMENT]
    yield ["schedule", "is_baseline", "timestep", "alpha", *columns]
    for schedule in document["schedules"]:
        for result in schedule["results"]:
            yield [
                schedule["name"],
                schedule["is_baseline"],
                result["timestep"],
                result["alpha"],
                *(
                    result["metrics"].get(name, {}).get(part)
                    for name in metrics
                    for part in MEASUREMENT
                ),
            ]
