import copy
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.dashboard import selection
from noising.dashboard.runs.context import MOST_TIMESTEPS
from noising.models import BenchmarkRun
from noising.runs import run_archive
from tests.dashboard.pages import inline_parts, page_text
from tests.runs import record_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(document: dict[str, Any]) -> tuple[BenchmarkRun, BenchmarkRun]:
    """A run, and one of another seed that preserved twice as much at one place."""
    other = copy.deepcopy(document)
    other["config"]["seed"] = 99
    cell = other["schedules"][0]["results"][1]["metrics"]["preserved"]
    for part in ("measured", "low", "high"):
        cell[part] *= 2
    return record_results(document), record_results(other)


def address(*runs: BenchmarkRun, **query: str) -> str:
    ids = ",".join(str(run.pk) for run in runs)
    rest = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/runs/compare/?ids={ids}{rest}"


def test_only_what_differs_is_shown(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    page = page_text(client, address(*pair))
    assert '<th scope="row">seed</th>' in page
    assert '<th scope="row">samples</th>' not in page
    assert inline_parts(page) == []


def test_runs_have_their_names_and_a_warning_says_what_they_do_not_share(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun], document: dict[str, Any]
) -> None:
    title = "cosine, sedd_entropy vs uniform"
    page = page_text(client, address(*pair))
    for number in (1, 2):
        assert f"<bdi>{number} · {title}</bdi>" in page
    assert "The runs differ in their" not in page
    document["config"]["corpus"] = f"corpus:{pair[0].pk}"
    document["config"]["graph"] = {"type": "absorbing"}
    document["corpus"] |= {"name": "proofs", "sha256": "0" * 64}
    other = record_results(document)
    BenchmarkRun.objects.filter(pk=other.pk).update(name="<b>mine", tags=["baseline"])
    page = page_text(client, address(pair[0], other))
    heads = page[page.index("<thead>") :].split("</thead>")[0]
    assert f"<bdi>{title}</bdi>" in heads
    assert "<bdi>&lt;b&gt;mine</bdi>" in heads
    assert "differ in their corpus and graph." in page
    assert "corpus:" not in page
    assert page.count(">baseline</span>") == 3  # one run's name, in list and tables
    assert '<a class="badge" href="/runs/?tag=baseline">' in page


def test_changes_are_in_percent_and_flagged_within_noise(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    page = page_text(client, address(*pair))
    assert page.count("+100.00 %") == 1
    assert page.count(">higher</span>") == 1
    assert page.count(">within noise</span>") > 3


def test_the_baseline_can_be_another(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    page = page_text(client, address(*pair, baseline=str(pair[1].pk)))
    assert page.count("-50.00 %") == 1
    labels = page[page.index("run-labels") :]
    assert labels.index(str(pair[1].pk)) < labels.index(str(pair[0].pk))


def test_a_metric_is_chosen(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    page = page_text(client, address(*pair, metric="information_nats"))
    assert "<option selected>information_nats</option>" in page
    assert f"/plots/runs/comparison/information_nats.svg?ids={pair[0].pk}" in page
    assert "<option selected>preserved</option>" in page_text(
        client, address(*pair, metric="nonsense")
    )


def test_what_is_no_run_is_told(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    page = page_text(client, f"{address(*pair)},<b>x</b>")
    assert "<bdi>&lt;b&gt;x&lt;/b&gt;</bdi> is not a run with results." in page
    assert "Choose at least two runs" in page_text(client, "/runs/compare/")


def test_an_id_names_one_run_however_it_is_written(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun]
) -> None:
    other_way = str(pair[0].pk).upper()
    page = page_text(client, f"{address(*pair)},{other_way}&baseline={other_way}")
    baselines = page[page.index('id="baseline"') :].split("</select>")[0]
    assert baselines.count('<option value="') == 2
    labels = page[page.index("run-labels") :]
    assert labels.index(str(pair[0].pk)) < labels.index(str(pair[1].pk))
    again = page_text(client, f"{address(pair[0])},{other_way}")
    assert again.count(" selected>") == 1


def test_one_run_is_offered_others_that_share_a_schedule(
    client: Client,
    pair: tuple[BenchmarkRun, BenchmarkRun],
    document: dict[str, Any],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    document["config"]["schedules"] = ["another"]
    strange = record_results(document)
    archived = record_results(document | {"suite": "other"})
    run_archive(run=archived)
    page = page_text(client, pair[0].get_absolute_url())
    [path] = re.findall(r'href="(/runs/compare/[^"]*)"', page)
    with django_assert_max_num_queries(6):
        page = page_text(client, path)
    options = re.findall(r'<option value="([^"]*)"[^>]*?( selected)?>', page)
    assert options == [(str(pair[0].pk), " selected"), (str(pair[1].pk), "")]
    assert str(strange.pk) not in page
    chosen = page_text(client, f"/runs/compare/?ids={pair[0].pk}&ids={pair[1].pk}")
    assert ">Differences<" in chosen
    # Nothing shares a schedule with that one.
    page = page_text(client, address(strange))
    assert page.count("<option value=") == 1
    # Without a run, all with results are offered, and the first chosen is the baseline.
    page = page_text(client, "/runs/compare/")
    assert page.count("<option value=") == 3


def test_runs_that_share_no_schedule_have_no_curves(
    client: Client, document: dict[str, Any]
) -> None:
    runs = []
    for prefix in ("", "other-"):
        renamed = copy.deepcopy(document)
        for entry in renamed["schedules"]:
            entry["name"] = prefix + entry["name"]
        runs.append(record_results(renamed))
    page = page_text(client, address(*runs))
    assert "/plots/" not in page
    assert "No other run measured preserved of the baseline" in page
    ids = f"{runs[0].pk},{runs[1].pk}"
    for kind in ("svg", "png", "json"):
        answer = client.get(f"/plots/runs/comparison/preserved.{kind}?ids={ids}")
        assert answer.status_code == 404


def test_a_chart_has_a_band_for_each_run_and_a_panel_for_each_schedule(
    client: Client, pair: tuple[BenchmarkRun, BenchmarkRun], document: dict[str, Any]
) -> None:
    ids = f"{pair[0].pk},{pair[1].pk}"
    answer = client.get(f"/plots/runs/comparison/preserved.json?ids={ids}")
    panels = answer.json()["panels"]
    assert [panel["title"] for panel in panels] == [
        entry["name"] for entry in document["schedules"]
    ]
    for line in panels[0]["lines"]:
        for low, value, high in zip(line["low"], line["y"], line["high"], strict=True):
            assert low <= value <= high
    for kind in ("svg", "png"):
        image = client.get(f"/plots/runs/comparison/preserved.{kind}?ids={ids}")
        assert image.status_code == 200
    assert client.get("/plots/runs/comparison/preserved.svg").status_code == 404
    nonsense = client.get(f"/plots/runs/comparison/nonsense.svg?ids={ids}")
    assert nonsense.status_code == 404


def test_of_a_long_run_some_timesteps_are_shown(
    client: Client, document: dict[str, Any]
) -> None:
    for entry in document["schedules"]:
        sample = entry["results"][1]
        entry["results"] = [dict(sample, timestep=step) for step in range(100)]
    runs = []
    for seed in range(2):
        document["config"]["seed"] = seed
        runs.append(record_results(document))
    for path in (address(*runs), runs[0].get_absolute_url()):
        page = page_text(client, path)
        rows = re.findall(
            r"<th scope=\"row\"[^>]*>(?:<bdi>)?(\d+)(?:</bdi>)?</th>", page
        )
        assert len(rows) == 3 * MOST_TIMESTEPS
        assert [rows[0], rows[MOST_TIMESTEPS - 1]] == ["0", "99"]
    assert "Showing 96 of 300 rows" in page_text(client, address(*runs))
    assert "Showing 32 of 100 timesteps" in page


def test_runs_beyond_as_many_results_are_left_out(
    client: Client,
    pair: tuple[BenchmarkRun, BenchmarkRun],
    document: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document["config"]["seed"] = 9
    third = record_results(document)
    monkeypatch.setattr(selection, "MOST_RESULTS", 18)
    page = page_text(client, address(*pair, third))
    assert "1 run left out" in page
    assert page.count(" selected>") == 2 + 1  # and the metric


def test_queries_do_not_grow_with_the_runs(
    client: Client,
    pair: tuple[BenchmarkRun, BenchmarkRun],
    document: dict[str, Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    document["config"]["seed"] = 9
    third = record_results(document)
    for runs in (pair, (*pair, third)):
        with django_assert_num_queries(6):
            page_text(client, address(*runs))
