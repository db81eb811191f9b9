"""Responses about runs match the OpenAPI document."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from jsonschema import Draft202012Validator

from noising.api.runs import examples
from noising.models import BenchmarkRun
from tests.api.v1.runs.conftest import Ask
from tests.runs import claimed, queued

Check = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    headers = {"accept": "application/json", "host": "localhost"}
    document: dict[str, Any] = Client().get("/api/schema/", headers=headers).json()
    return document


@pytest.fixture
def check(described: dict[str, Any]) -> Check:
    def validate(name: str, instance: Any) -> None:
        schema = described | {"$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(schema).validate(instance)

    return validate


def test_runs_in_every_state_are_as_described(
    anyone: Client,
    create: Ask,
    ada: User,
    recorded: Callable[..., BenchmarkRun],
    check: Check,
    described: dict[str, Any],
) -> None:
    check("RunDetail", create().json())
    runs = [queued(), claimed(owner=ada), recorded()]
    for run in runs:
        answer = anyone.get(f"/api/v1/runs/{run.pk}").json()
        check("RunDetail", answer)
        properties = described["components"]["schemas"]["RunDetail"]["properties"]
        assert set(answer) == set(properties)
    check("PaginatedRunList", anyone.get("/api/v1/runs?page_size=2").json())


def test_results_and_comparisons_are_as_described(
    anyone: Client, recorded: Callable[..., BenchmarkRun], check: Check
) -> None:
    one, two = recorded(1), recorded(2)
    results = anyone.get(f"/api/v1/runs/{one.pk}/results").json()
    check("PaginatedResultList", results)
    query = {"ids": f"{one.pk},{two.pk}"}
    check("RunComparison", anyone.get("/api/v1/runs/compare", query).json())


def test_the_examples_are_as_described(check: Check) -> None:
    check("NewRun", examples.NEW)
    check("PatchedRunChanges", examples.CHANGES)


def test_every_answer_has_the_headers_that_are_described(
    described: dict[str, Any], create: Ask
) -> None:
    operation = described["paths"]["/api/v1/runs"]["post"]
    response = create()
    for name in operation["responses"]["202"]["headers"]:
        assert name in response.headers
