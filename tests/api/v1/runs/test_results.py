"""Results of runs: rows, files, figures, comparisons."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.api.runs import actions
from noising.models import BenchmarkResult, BenchmarkRun, BenchmarkSchedule
from noising.spreadsheets import format_csv
from tests.api.problems import pointers_of, problem_of
from tests.runs import queued, record_results

Record = Callable[..., BenchmarkRun]


def address(run: BenchmarkRun, action: str) -> str:
    return f"/api/v1/runs/{run.pk}/{action}"


def test_results_are_a_row_a_schedule_and_timestep(
    anyone: Client,
    recorded: Record,
    document: dict[str, Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    run = recorded()
    with django_assert_num_queries(3):
        answer = anyone.get(address(run, "results")).json()
    expected = [
        {
            "schedule": schedule["name"],
            "is_baseline": schedule["is_baseline"],
            **result,
        }
        for schedule in document["schedules"]
        for result in schedule["results"]
    ]
    assert answer["results"] == expected
    assert answer["count"] == len(expected) == 9
    page = anyone.get(address(run, "results?page_size=4&page=3")).json()
    assert page["results"] == expected[8:]


@pytest.mark.parametrize("action", ["results", "export", "plots/alpha"])
def test_a_run_has_results_once_it_has_succeeded(anyone: Client, action: str) -> None:
    problem = problem_of(anyone.get(address(queued(), action)), 409)
    assert "is queued" in problem["detail"]


def test_the_export_is_the_document_that_was_recorded(
    anyone: Client, recorded: Record, document: dict[str, Any]
) -> None:
    run = recorded(seed=document["config"]["seed"])
    BenchmarkRun.objects.filter(pk=run.pk).update(name='Proofs "ü", renamed')
    response = anyone.get(address(run, "export"))
    assert response.json() == {**document, "name": 'Proofs "ü", renamed'}
    assert response.headers["Content-Type"] == "application/json"
    name = f"proofs-u-renamed-{str(run.pk)[:13]}.json"
    disposition = f'attachment; filename="{name}"'
    assert response.headers["Content-Disposition"] == disposition


@pytest.mark.parametrize("way", ["query", "header"])
def test_the_export_as_a_table_has_every_number(
    anyone: Client, recorded: Record, document: dict[str, Any], way: str
) -> None:
    run = recorded()
    if way == "query":
        response = anyone.get(address(run, "export?format=csv"))
    else:
        headers = {"accept": "text/csv"}
        response = anyone.get(address(run, "export"), headers=headers)

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(response.content.decode()))
    assert header[:5] == ["run", "schedule", "is_baseline", "timestep", "alpha"]
    assert len(rows) == 9
    first = dict(zip(header, rows[0], strict=True))
    assert first["run"] == document["name"]
    measured = document["schedules"][0]["results"][0]["metrics"]
    for name, metric in measured.items():
        for part, value in metric.items():
            assert float(first[f"{name}_{part}"]) == value


def test_no_name_becomes_a_formula(anyone: Client, recorded: Record) -> None:
    run = recorded(name="=1+1")
    BenchmarkSchedule.objects.filter(run=run, position=0).update(name="-2+3")
    text = anyone.get(address(run, "export?format=csv")).content.decode()
    assert "\n'=1+1,'-2+3," in text
    # Numbers below zero are no text.
    assert format_csv([["=1", -0.5]]) == "'=1,-0.5\r\n"


def test_there_is_no_other_form_of_an_export(anyone: Client, recorded: Record) -> None:
    run = recorded()
    response = anyone.get(address(run, "export?format=xlsx"))
    assert pointers_of(response) == [("#/format", "unknown")]
    headers = {"accept": "text/plain"}
    problem_of(anyone.get(address(run, "export"), headers=headers), 406)


IMAGES = {
    "svg": ("image/svg+xml", b"<?xml"),
    "png": ("image/png", b"\x89PNG"),
    "pdf": ("application/pdf", b"%PDF"),
}
TEXTS = {
    "pgf": ("text/x-tex", b"% Needs"),
    "csv": ("text/csv", b"panel,series"),
    "py": ("text/x-python", b'"""Draws'),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_a_figure_comes_in_three_formats(
    anyone: Client, recorded: Record, kind: str
) -> None:
    run = recorded()
    content_type, start = IMAGES[kind]
    response = anyone.get(address(run, f"plots/alpha?format={kind}"))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.content.startswith(start)
    assert "sandbox" in response.headers["Content-Security-Policy"]
    named = f'inline; filename="{run.pk}-alpha.{kind}"'
    assert response.headers["Content-Disposition"] == named
    headers = {"accept": content_type, "if-none-match": response.headers["ETag"]}
    again = anyone.get(address(run, "plots/alpha"), headers=headers)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("kind", TEXTS)
def test_a_figure_is_also_a_text_to_store(
    anyone: Client, recorded: Record, kind: str
) -> None:
    run = recorded()
    media_type, start = TEXTS[kind]
    path = address(run, "plots/alpha")
    response = anyone.get(path, headers={"accept": media_type})
    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert response.content.startswith(start)
    query = {"format": kind, "width": "two-columns", "title": "off"}
    named = anyone.get(path, query).headers["Content-Disposition"]
    assert named == f'attachment; filename="{run.pk}-alpha-two-columns.{kind}"'


def test_a_layout_that_does_not_exist_is_refused(
    anyone: Client, recorded: Record
) -> None:
    path = address(recorded(), "plots/alpha")
    problem = problem_of(anyone.get(path, {"width": "3.25"}), 422)
    [error] = problem["errors"]
    rule = "`width` must be one of screen, one-column, two-columns, got '3.25'."
    assert error["detail"] == rule
    problem_of(anyone.get(f"{path}?title=on&title=off"), 422)


@pytest.mark.parametrize("name", ["information", "preservation", "throughput"])
def test_there_are_four_figures(anyone: Client, recorded: Record, name: str) -> None:
    response = anyone.get(address(recorded(), f"plots/{name}"))
    assert response.headers["Content-Type"] == "image/svg+xml"


def test_a_figure_of_another_version_is_refused(
    anyone: Client, recorded: Record
) -> None:
    path = address(recorded(), "plots/alpha")
    problem_of(anyone.get(path, headers={"if-match": '"another"'}), 412)
    earlier = {"if-unmodified-since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    problem_of(anyone.get(path, headers=earlier), 412)


def test_a_run_with_a_decision_has_two_more_figures(
    anyone: Client, recorded: Record, decided_document: dict[str, Any]
) -> None:
    run = record_results(decided_document)
    response = anyone.get(address(run, "plots/difficulty"))
    assert response.headers["Content-Type"] == "image/svg+xml"
    problem = problem_of(anyone.get(address(recorded(), "plots/difficulty")), 404)
    assert "it has no decision" in problem["detail"]


def test_there_is_no_other_figure(anyone: Client, recorded: Record) -> None:
    problem_of(anyone.get(address(recorded(), "plots/secret")), 404)


def compare(client: Client, *runs: BenchmarkRun, **query: str) -> Any:
    ids = ",".join(str(run.pk) for run in runs)
    return client.get("/api/v1/runs/compare", {"ids": ids} | query)


def test_runs_are_compared_with_the_first(
    anyone: Client, recorded: Record, ada: User
) -> None:
    one, two = recorded(1), recorded(2)
    row = BenchmarkResult.objects.filter(schedule__run=two).latest("timestep", "pk")
    metric = row.metrics["preserved"]
    row.metrics["preserved"] = {
        "measured": metric["measured"] + 0.5,
        "exact": metric["exact"],
        "low": metric["high"] + 0.1,
        "high": metric["high"] + 0.9,
    }
    row.save()

    answer = compare(anyone, one, two, metric="preserved").json()

    first, second = str(one.pk), str(two.pk)
    assert (answer["ids"], answer["baseline"]) == ([first, second], first)
    assert answer["parameters"] == [{"name": "seed", "values": {first: 1, second: 2}}]
    assert answer["environment"] == answer["corpus"] == []
    assert {entry["metric"] for entry in answer["metrics"]} == {"preserved"}
    changed = [
        entry
        for entry in answer["metrics"]
        if not entry["values"][second]["within_noise"]
    ]
    assert [(c["schedule"], c["timestep"]) for c in changed] == [
        (row.schedule.name, row.timestep)
    ]
    assert changed[0]["values"][first]["delta_percent"] in {0.0, None}
    assert len(answer["throughput"]) == 5

    turned = compare(anyone, one, two, baseline=second, metric="preserved").json()
    assert turned["baseline"] == second


def test_all_metrics_are_compared_in_few_queries(
    anyone: Client, recorded: Record, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    runs = [recorded(seed) for seed in range(3)]
    with django_assert_num_queries(4):
        answer = compare(anyone, *runs).json()
    metrics = BenchmarkResult.objects.latest("pk").metrics
    assert len(answer["metrics"]) == 9 * len(metrics)
    assert all(len(entry["values"]) == 3 for entry in answer["metrics"])


def test_a_comparison_has_its_limits(
    anyone: Client, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_VALUES", 18)
    one, two = recorded(1), recorded(2)
    assert pointers_of(compare(anyone, one, two)) == [("#/ids", "too_large")]
    assert compare(anyone, one, two, metric="preserved").status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({}, "#/ids", "count"),
        ({"ids": "01890000-0000-7000-8000-000000000000"}, "#/ids", "count"),
        ({"ids": "a,b"}, "#/ids", "malformed"),
        ({"ids": "a,a"}, "#/ids", "count"),
        ({"ids": ",".join("123456789")}, "#/ids", "count"),
        ({"ids": "x", "bogus": "1"}, "#/bogus", "unknown_key"),
        (
            {
                "ids": "01890000-0000-7000-8000-000000000000,"
                "01890000-0000-7000-8000-000000000001",
                "baseline": "01890000-0000-7000-8000-000000000002",
            },
            "#/baseline",
            "unknown",
        ),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(
    anyone: Client, query: dict[str, str], pointer: str, code: str
) -> None:
    response = anyone.get("/api/v1/runs/compare", query)
    assert pointers_of(response) == [(pointer, code)]


def test_only_runs_that_succeeded_are_compared(
    anyone: Client, recorded: Record
) -> None:
    run, unfinished = recorded(), queued()
    problem_of(compare(anyone, run, unfinished), 409)
    unfinished.pk = run.pk.__class__("01890000-0000-7000-8000-000000000000")
    problem_of(compare(anyone, run, unfinished), 404)
