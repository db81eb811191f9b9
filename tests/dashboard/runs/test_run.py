from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from benchmarks.summary import summarize
from noising.dashboard.runs.context import build_schedule_table, flatten_facts
from noising.models import BenchmarkResult, BenchmarkRun, BenchmarkSchedule
from noising.runs import run_fail, run_renew, run_start, worker_register
from tests.dashboard.pages import page_text
from tests.runs import queued, record_results

pytestmark = pytest.mark.django_db


def test_shows_measured_and_exact_values_with_their_interval(
    client: Client, recorded_run: BenchmarkRun, document: dict[str, Any]
) -> None:
    page = page_text(client, f"/runs/{recorded_run.pk}/")
    metric = document["schedules"][1]["results"][1]["metrics"]["preserved"]
    for name in ("measured", "low", "high", "exact"):
        assert f"{metric[name]:.4f}" in page


def test_shows_environment_corpus_and_parameters(
    client: Client, recorded_run: BenchmarkRun, document: dict[str, Any]
) -> None:
    page = page_text(client, f"/runs/{recorded_run.pk}/")
    for shown in (
        document["environment"]["cpu"],
        document["corpus"]["sha256"],
        "0, 500, 999",
        str(recorded_run.pk),
        document["throughput"][0]["case"],
        "wasted_timesteps",
        'href="/schedules/cosine/"',
    ):
        assert shown in page


def test_shows_plots_at_addresses_that_work(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    page = page_text(client, f"/runs/{recorded_run.pk}/")
    for name in ("alpha", "information", "preservation", "throughput"):
        path = f"/plots/runs/{recorded_run.pk}/{name}.svg"
        assert path in page
        response = client.get(path)
        assert response.status_code == 200
        assert response.content.rstrip().endswith(b"</svg>")


def test_queries_do_not_grow_with_the_rows(
    client: Client,
    recorded_run: BenchmarkRun,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(5):
        client.get(f"/runs/{recorded_run.pk}/")


def test_a_failed_run_says_why_and_shows_no_plots(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    failed = run_start(suite="s", corpus_name="c", config=recorded_run.config)
    for number in range(9):
        failed.add_log_line(f"<i>line {number}</i>")
    run_fail(run=failed, reason="The disk is full.")
    page = page_text(client, f"/runs/{failed.pk}/")
    assert "The disk is full." in page
    why, rest = page.split("<h2>Why it failed</h2>")[1].split("data-tabs", 1)
    assert "line 4" not in why
    assert "&lt;i&gt;line 5&lt;/i&gt;" in why
    assert "line 0" in rest
    assert "/plots/" not in page


def test_a_running_run_shows_its_progress(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    running = run_start(suite="s", corpus_name="c", config=recorded_run.config)
    running.add_log_line("schedule 1 of 2: cosine, timestep 7")
    run_renew(run=running, progress=0.5, seconds_left=120.0)
    page = page_text(client, f"/runs/{running.pk}/")
    assert '<progress value="0.5"' in page
    assert "about 2 minutes left" in page
    assert page.count("schedule 1 of 2: cosine, timestep 7") == 2  # phase and log
    assert "No worker is running" not in page


def test_a_queued_run_says_when_no_worker_is_there(client: Client) -> None:
    path = queued().get_absolute_url()
    assert "No worker is running" in page_text(client, path)
    worker_register(worker_id="w")
    assert "No worker is running" not in page_text(client, path)


def test_the_page_opens_with_the_summary_of_the_command_line(
    client: Client, recorded_run: BenchmarkRun, document: dict[str, Any]
) -> None:
    page = page_text(client, f"/runs/{recorded_run.pk}/")
    assert "<h1><bdi>cosine, sedd_entropy vs uniform</bdi>" in page
    made = summarize(document)
    assert escape(made.verdict) in page.split("data-tabs")[0]
    opening = page.split('id="summary"')[1].split('id="plots"')[0]
    for row in made.rows:
        for cell in row.cells:
            assert f'<span class="measured">{cell.measured}</span>' in opening
    cells = [cell for row in made.rows for cell in row.cells]
    for mark in ("most", "fewest", "best"):
        count = sum(cell.mark == mark for cell in cells)
        assert opening.count(f">{mark}</span>") == count > 0
    assert opening.count("badge-good") == opening.count(">best</span>")
    near = sum(cell.is_within_noise for cell in cells)
    assert opening.count(">within noise</span>") == near
    for part in ("plots", "tables", "reproduce"):
        assert f'<section id="{part}"' in page
    head = page.split("data-tabs")[0]
    for kind in ("csv", "json"):
        assert f"/export?format={kind}" in head


@pytest.mark.parametrize("path", [f"/runs/{UUID(int=1)}/", "/runs/abc/"])
def test_an_unknown_run_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def table_of(metrics: dict[str, Any]) -> Any:
    schedule = BenchmarkSchedule(pk=1, name="x")
    result = BenchmarkResult(schedule=schedule, timestep=3, alpha=0.5, metrics=metrics)
    schedule._prefetched_objects_cache = {"results": [result]}
    return build_schedule_table(schedule)


@pytest.mark.parametrize(
    ("exact", "is_outside"),
    [(0.4, False), (0.5, False), (0.6, False), (0.39, True), (0.61, True)],
)
def test_marks_intervals_that_miss_the_exact_value(
    exact: float, is_outside: bool
) -> None:
    metric = {"measured": 0.5, "low": 0.4, "high": 0.6, "exact": exact}
    table = table_of({"preserved": metric})
    assert table.rows[0].cells[0].is_outside is is_outside
    assert (table.outside, table.count) == (int(is_outside), 1)


def test_shows_what_has_no_number_as_none() -> None:
    empty = {"measured": None, "low": None, "high": None, "exact": None}
    (cell,) = table_of({"information_nats": empty}).rows[0].cells
    assert (cell.measured, cell.interval, cell.exact) == ("none", "", "none")
    assert not cell.is_outside


def test_names_metrics_in_words_with_their_unit() -> None:
    table = table_of({"information_nats": {}, "preserved_critical": {}})
    assert table.columns == ["information (nats)", "preserved critical"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (0.12345, "0.1235"),
        (1.5e-7, "1.500e-07"),
        (123.456, "123.4560"),
        (-2.0, "-2.0000"),
        (1e9, "1.000e+09"),
    ],
)
def test_shows_numbers_of_every_size(value: float, text: str) -> None:
    metric = {"measured": value, "low": None, "high": None, "exact": None}
    assert table_of({"m": metric}).rows[0].cells[0].measured == text


def test_flattens_nested_facts() -> None:
    facts = {"cpu_count": 2, "git": {"sha": "abc"}, "list": [1, 2], "no": None}
    assert flatten_facts(facts) == [
        ("cpu count", "2"),
        ("git: sha", "abc"),
        ("list", "1, 2"),
    ]
    assert flatten_facts(None) == []


def test_shows_the_decision(client: Client, decided_document: dict[str, Any]) -> None:
    run = record_results(decided_document)
    page = page_text(client, f"/runs/{run.pk}/")
    verdict = "Take loglinear: by the bigram reader its information wasted is"
    assert verdict in page.split("waste the fewest timesteps")[0].split("wastes the")[0]
    assert page.index('id="decision-title"') < page.index('id="summary-caption"')
    assert "--decision" in page
    for name in ("difficulty", "tradeoffs"):
        path = f"/plots/runs/{run.pk}/{name}.svg"
        assert path in page
        assert client.get(path).content.rstrip().endswith(b"</svg>")
    panels = client.get(f"/plots/runs/{run.pk}/difficulty.json").json()["panels"]
    assert [panel["title"] for panel in panels] == ["unigram reader", "bigram reader"]
    assert client.get(f"/plots/runs/{run.pk}/tradeoffs.json").status_code == 404


def test_a_run_without_a_decision_has_no_plot_of_it(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    assert "Information wasted" not in page_text(client, f"/runs/{recorded_run.pk}/")
    path = f"/plots/runs/{recorded_run.pk}/difficulty.svg"
    assert client.get(path).status_code == 404
