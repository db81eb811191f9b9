from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.models import BenchmarkRun
from noising.runs import run_annotate, run_rerun
from tests.dashboard.pages import inline_parts, page_text
from tests.runs import record_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(document: dict[str, Any]) -> list[BenchmarkRun]:
    """Three runs, the newest first."""
    made = []
    for number, corpus in enumerate(("setmm", "synthetic", "<b>mine</b>")):
        document["corpus"]["name"] = corpus
        document["config"]["seed"] = number
        made.append(record_results(document, notes=f"Note {number}."))
    run_annotate(run=made[2], name="Mine, too", notes="Note 2.", tags=[])
    return made[::-1]


def listed(page: str, runs: list[BenchmarkRun]) -> list[int]:
    """Return which of the runs the list shows, in its order."""
    places = {run.pk: page.find(f'value="{run.pk}"') for run in runs}
    shown = sorted((place, key) for key, place in places.items() if place >= 0)
    keys = [run.pk for run in runs]
    return [keys.index(key) for _, key in shown]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2]),
        ("ordering=created_at", [2, 1, 0]),
        ("corpus=setmm", [2]),
        ("search=note+1", [1]),
        ("search=MINE+too", [0]),
        ("search=cosine,+sedd_entropy+vs+uniform", [0, 1, 2]),
        ("status=failed", []),
        ("archived=true", []),
        ("schedule=uniform&ordering=corpus", [0, 2, 1]),
    ],
)
def test_the_query_narrows_and_orders(
    client: Client, runs: list[BenchmarkRun], query: str, expected: list[int]
) -> None:
    assert listed(page_text(client, f"/runs/?{query}"), runs) == expected


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("created_from=yesterday", "must be a day such as 2026-01-31, or a time such"),
        ("status=paused", "must be one of queued, running"),
        (
            "status=failed&ordering=secret",
            "must be one or more of created_at, started_at",
        ),
        ("search=%00", "must not contain NUL"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told(
    client: Client, runs: list[BenchmarkRun], query: str, complaint: str
) -> None:
    page = page_text(client, f"/runs/?{query}")
    assert complaint in page
    assert "that match" not in page
    assert listed(page, runs) == [0, 1, 2]


def test_names_are_text(client: Client, runs: list[BenchmarkRun]) -> None:
    page = page_text(client, "/runs/")
    assert inline_parts(page) == []
    assert "<bdi>&lt;b&gt;mine&lt;/b&gt;</bdi>" in page


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    assert "No benchmark has run yet." in page_text(client, "/runs/")
    assert "No run matches." in page_text(client, "/runs/?status=failed")


def test_only_runs_with_results_can_be_chosen(
    client: Client, runs: list[BenchmarkRun], django_user_model: type[User]
) -> None:
    owner = django_user_model.objects.create_user("ada")
    queued = run_rerun(run=runs[1], owner=owner)
    page = page_text(client, "/runs/")
    box = page[page.index(f'value="{queued.pk}"') :].split(">")[0]
    assert box.endswith("disabled")
    box = page[page.index(f'value="{runs[0].pk}"') :].split(">")[0]
    assert not box.endswith("disabled")


@pytest.mark.parametrize("count", [1, 12])
def test_queries_are_as_many_however_long_the_list(
    client: Client,
    document: dict[str, Any],
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        document["config"]["seed"] = number
        record_results(document)
    with django_assert_num_queries(2):
        page_text(client, "/runs/")
