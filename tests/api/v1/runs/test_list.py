"""GET /api/v1/runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.models import BenchmarkRun
from noising.runs import run_cancel
from noising.services import uuid7
from tests.api.problems import pointers_of, problem_of
from tests.runs import claimed, config, queued

Record = Callable[..., BenchmarkRun]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content[:500]
    return [run["id"] for run in response.json()["results"]]


def test_an_empty_list_is_a_list(anyone: Client) -> None:
    answer = anyone.get("/api/v1/runs").json()
    assert answer == {"count": 0, "next": None, "previous": None, "results": []}


def test_the_newest_come_first_page_by_page(anyone: Client) -> None:
    made = [str(queued().pk) for _ in range(5)][::-1]

    first = anyone.get("/api/v1/runs?page_size=2")
    second = anyone.get(first.json()["next"])
    third = anyone.get(second.json()["next"])

    assert [*ids(first), *ids(second), *ids(third)] == made
    assert first.json()["count"] == 5
    assert third.json()["next"] is None
    assert third.json()["previous"].endswith("page=2&page_size=2")


@pytest.fixture
def several(ada: User, recorded: Record) -> dict[str, str]:
    """Runs that differ, by what they stand for."""
    cancelled = run_cancel(run=queued(tags=["x"], notes="First try"))
    runs = {
        "queued": queued(owner=ada, tags=["paper", "x"]),
        "running": claimed(notes="On the new machine"),
        "cancelled": cancelled,
        "succeeded": recorded(1, created_at=NOON, tags=["paper"]),
        "archived": recorded(2, created_at=NOON, archived_at=NOON),
    }
    return {name: str(run.pk) for name, run in runs.items()}


FILTERS: list[tuple[str, set[str]]] = [
    ("", {"queued", "running", "cancelled", "succeeded"}),
    ("status=queued", {"queued"}),
    ("status=succeeded", {"succeeded"}),
    ("status=succeeded&archived=true", {"archived"}),
    ("archived=false", {"queued", "running", "cancelled", "succeeded"}),
    ("status=succeeded&archived=all", {"succeeded", "archived"}),
    ("tag=paper", {"queued", "succeeded"}),
    ("tag=pape", set()),
    ("owner=ada", {"queued"}),
    ("owner=nobody", set()),
    ("schedule=sedd_entropy", {"succeeded"}),
    ("schedule=uniform", {"queued", "running", "cancelled", "succeeded"}),
    ("suite=schedules&corpus=synthetic&status=running", {"running"}),
    ("corpus=setmm", set()),
    ("search=machine", {"running"}),
    ("search=first%20TRY", {"cancelled"}),
    ("created_before=2026-06-01T12:00:01Z", {"succeeded"}),
    ("created_before=2026-06-01T12:00:00Z", set()),
    ("created_from=2026-06-01T12:00:00Z&status=succeeded", {"succeeded"}),
    ("created_from=2026-06-01T14:00:01%2B02:00&status=succeeded", set()),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_every_condition_that_is_given_holds(
    anyone: Client, several: dict[str, str], query: str, expected: set[str]
) -> None:
    found = ids(anyone.get(f"/api/v1/runs?{query}"))
    assert sorted(found) == sorted(several[name] for name in expected)


def test_orders_as_asked(anyone: Client, several: dict[str, str]) -> None:
    states = ["succeeded", "running", "queued", "cancelled"]
    found = ids(anyone.get("/api/v1/runs?ordering=-status"))
    assert found == [several[name] for name in states]
    assert ids(anyone.get("/api/v1/runs?ordering=status")) == found[::-1]
    oldest = ids(anyone.get("/api/v1/runs?ordering=created_at"))
    assert oldest[0] == several["succeeded"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=paused", "#/status"),
        ("archived=maybe", "#/archived"),
        ("ordering=secret", "#/ordering"),
        ("ordering=", "#/ordering"),
        ("created_from=yesterday", "#/created_from"),
        ("created_from=", "#/created_from"),
        ("status=", "#/status"),
        ("created_from=0001-01-01T00:00:00%2B23:59", "#/created_from"),
        ("created_before=9999-12-31T23:59:59-23:00", "#/created_before"),
        ("page_size=201", "#/page_size"),
        ("page_size=0", "#/page_size"),
        ("page=x", "#/page"),
        ("stauts=failed", "#/stauts"),
        ("tag=a&tag=b", "#/tag"),
        ("search=%00", "#/search"),
        ("search=" + "x" * 201, "#/search"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    anyone: Client, query: str, pointer: str
) -> None:
    [(found, _)] = pointers_of(anyone.get(f"/api/v1/runs?{query}"))
    assert found == pointer


def test_a_page_that_there_is_not_is_not_found(anyone: Client) -> None:
    problem_of(anyone.get("/api/v1/runs?page=2"), 404)


def test_a_thousand_runs_are_listed_in_two_queries(
    anyone: Client, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = config(corpus="setmm").to_document()
    BenchmarkRun.objects.bulk_create(
        BenchmarkRun(
            id=uuid7(moment=NOON + timedelta(seconds=n)),
            suite="schedules",
            seed=str(n),
            corpus_name="setmm",
            baseline="uniform",
            config=document,
            specifications={"big": list(range(1000))},
            owner=ada,
            tags=["paper"] if n % 2 else [],
            notes="Words to search through. " * 20,
        )
        for n in range(1000)
    )
    queries = (
        "page_size=200",
        "page_size=200&tag=paper&schedule=cosine&search=words%20search&ordering=status",
    )
    for query in queries:
        with django_assert_num_queries(2):
            response = anyone.get(f"/api/v1/runs?{query}")
        assert len(ids(response)) == 200
