"""Lists of runs as files, and the results of several runs as one table."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.api.runs import actions
from noising.api.runs.responses import ExportedRunSerializer
from noising.models import BenchmarkRun
from tests.api.problems import pointers_of, problem_of
from tests.runs import queued

Record = Callable[..., BenchmarkRun]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIST, RESULTS = "/api/v1/runs", "/api/v1/runs/results"


def rows_of(response: Any) -> list[dict[str, str]]:
    """Return the rows of a file of CSV."""
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(response) if response.streaming else response.content
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_list_is_exported_with_key_results(
    anyone: Client, ada: User, recorded: Record, document: dict[str, Any]
) -> None:
    run = recorded(3, created_at=NOON, tags=["paper", "x"], notes="=1+1", owner=ada)
    late = recorded(4)
    late.config["timesteps"] = [0, 999]
    late.save(update_fields=["config"])
    waiting = queued(notes="later")
    response = anyone.get(LIST, {"format": "ndjson"})
    assert (
        response.headers["Content-Disposition"] == 'attachment; filename="runs.ndjson"'
    )
    lines = b"".join(response).splitlines()
    first, third, second = (json.loads(line) for line in lines)
    assert (first["id"], first["results"]) == (str(waiting.pk), {})
    assert list(second) == list(ExportedRunSerializer().fields)
    assert second["id"] == str(run.pk)
    assert (second["seed"], second["timestep"]) == (3, 500)
    for entry in document["schedules"]:
        metrics = entry["results"][1]["metrics"]
        names = ("preserved", "information_nats", "edit_distance")
        assert second["results"][entry["name"]] == {
            **{name: metrics[name]["measured"] for name in names},
            "wasted_steps": entry["wasted_steps"],
        }

    assert third["timestep"] == 999
    at_end = document["schedules"][1]["results"][2]["metrics"]["preserved"]
    assert third["results"]["cosine"]["preserved"] == at_end["measured"]

    [row] = rows_of(anyone.get(LIST, {"format": "csv", "search": "paper"}))
    assert row["schedules"] == "uniform; cosine; sedd_entropy"
    assert (row["tags"], row["notes"], row["owner"]) == ("paper; x", "'=1+1", "ada")
    assert row["created_at"] == "2026-06-01T12:00:00+00:00"
    kept = [part.split("=") for part in row["preserved"].split("; ")]
    assert [name for name, _ in kept] == ["uniform", "cosine", "sedd_entropy"]
    for name, value in kept:
        assert float(value) == pytest.approx(
            second["results"][name]["preserved"], rel=1e-5
        )
    problem_of(anyone.get(LIST, {"format": "csv", "stauts": "failed"}), 422)


@pytest.mark.parametrize("count", [1, 6])
def test_an_export_needs_as_many_queries_however_many_runs(
    anyone: Client,
    recorded: Record,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for seed in range(count):
        recorded(seed)
    with django_assert_num_queries(3):
        assert len(rows_of(anyone.get(LIST, {"format": "csv"}))) == count


def test_results_of_several_runs_are_one_table(
    anyone: Client, recorded: Record
) -> None:
    one, other = recorded(1), recorded(2)
    chosen = f"ids={one.pk}&ids={other.pk}&format=csv"
    rows = rows_of(anyone.get(f"{RESULTS}?{chosen}"))
    assert [row["run_id"] for row in rows] == [str(one.pk)] * 9 + [str(other.pk)] * 9
    alone = rows_of(anyone.get(f"{LIST}/{other.pk}/export?format=csv"))
    assert [{"run_id": str(other.pk), **row} for row in alone] == rows[9:]
    joined = anyone.get(RESULTS, {"ids": f"{one.pk},{other.pk}"})
    assert rows_of(joined) == rows


def test_results_that_cannot_be_exported_are_refused(
    anyone: Client, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, waiting = recorded(), queued()
    for query in ("", "ids=", "ids=x", f"ids={run.pk}&ids={run.pk}", "ids=1&page=2"):
        assert pointers_of(anyone.get(f"{RESULTS}?{query}")), query
    conflict = problem_of(anyone.get(RESULTS, {"ids": str(waiting.pk)}), 409)
    assert "is queued" in conflict["detail"]
    missing = "01890000-0000-7000-8000-000000000000"
    problem_of(anyone.get(RESULTS, {"ids": missing}), 404)
    monkeypatch.setattr(actions, "MOST_ROWS", 8)
    refused = problem_of(anyone.get(RESULTS, {"ids": str(run.pk)}), 422)
    assert "9 rows of results; the limit is 8: select fewer" in refused["detail"]
