"""The OpenAPI document as a whole: valid, complete, its examples and links true."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from noising.api.openapi.hooks import METHODS

BINARY = {
    "application/x-npy",
    "application/vnd.safetensors",
    "image/png",
    "application/pdf",
}
"""What no JSON or YAML document can show an example of."""

NO_PROBLEM = {("readyz", "503")}
"""A probe reads one document whatever the state is."""

OPEN = {"runs_plot": {"name"}}
"""Which figure: for the client to choose."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    headers = {"accept": "application/json", "host": "localhost"}
    answered: dict[str, Any] = Client().get("/api/schema/", headers=headers).json()
    return answered


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (path[method] for method in METHODS if method in path)


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every body: where it stands, its media type and how it is described."""
    for operation in operations(document):
        described = {"request": operation.get("requestBody", {})}
        described |= operation["responses"]
        for place, body in described.items():
            for media_type, content in body.get("content", {}).items():
                yield f"{operation['operationId']} {place}", media_type, content


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_answer_with_a_body_has_an_example(document: dict[str, Any]) -> None:
    without = {
        (place, media_type)
        for place, media_type, content in bodies(document)
        if not content.get("examples")
    }
    assert {media_type for _, media_type in without} == BINARY


def test_every_json_request_has_an_example(document: dict[str, Any]) -> None:
    for place, media_type, content in bodies(document):
        if place.endswith(" request") and media_type not in BINARY:
            assert content["examples"], place


def test_what_is_binary_says_so(document: dict[str, Any]) -> None:
    for place, media_type, content in bodies(document):
        is_binary = content["schema"].get("format") == "binary"
        assert is_binary == (media_type in BINARY), place
        if is_binary:
            assert content["schema"]["contentMediaType"] == media_type


def test_every_example_is_as_its_schema_says(document: dict[str, Any]) -> None:
    judged = 0
    for place, media_type, content in bodies(document):
        validator = Draft202012Validator(document | content["schema"])
        for name, example in content.get("examples", {}).items():
            errors = [
                error.message for error in validator.iter_errors(example["value"])
            ]
            assert errors == [], (place, media_type, name)
            judged += 1
    assert judged > 60


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if status < "400" or (operation["operationId"], status) in NO_PROBLEM:
                continue
            assert list(response["content"]) == ["application/problem+json"]


def test_every_answer_has_a_description_and_names_its_request(
    document: dict[str, Any],
) -> None:
    for operation in operations(document):
        for response in operation["responses"].values():
            assert response["description"]
            assert "X-Request-ID" in response["headers"]


def pointed(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to."""
    for step in pointer.split("/")[1:]:
        document = document[int(step) if isinstance(document, list) else step]
    return document


def test_every_link_leads_from_the_example_to_an_operation(
    document: dict[str, Any],
) -> None:
    known = {operation["operationId"]: operation for operation in operations(document)}
    followed = 0
    for source in known.values():
        for response in source["responses"].values():
            for link in response.get("links", {}).values():
                target = known[link["operationId"]]
                parameters = {p["name"]: p for p in target["parameters"]}
                required = {n for n, p in parameters.items() if p.get("required")}
                given = set(link["parameters"]) | OPEN.get(link["operationId"], set())
                assert required <= given
                examples = response["content"]["application/json"]["examples"]
                [shown] = [example["value"] for example in examples.values()]
                for name, expression in link["parameters"].items():
                    origin, _, place = expression.partition("#")
                    if origin == "$response.body":
                        schema = parameters[name]["schema"]
                        value = pointed(shown, place)
                        Draft202012Validator(schema).validate(value)
                    else:
                        header = expression.removeprefix("$response.header.")
                        assert header in response["headers"]
                followed += 1
    assert followed > 40


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("schedules_create", "schedules_curves"),
        ("schedules_read", "schedules_change"),
        ("runs_create", "runs_cancel"),
        ("runs_rerun", "runs_plot"),
        ("runs_list", "runs_export"),
        ("tokens_create", "tokens_revoke"),
    ],
)
def test_what_is_made_or_listed_leads_on(
    document: dict[str, Any], source: str, target: str
) -> None:
    [operation] = [o for o in operations(document) if o["operationId"] == source]
    leads_to = [
        link["operationId"]
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert target in leads_to
