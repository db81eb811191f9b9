"""The OpenAPI document as a whole: valid, complete, with true examples."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from noising.api.openapi.hooks import METHODS

BINARY = {
    "application/x-npy",
    "application/x-npz",
    "application/vnd.safetensors",
    "image/png",
    "application/pdf",
}
"""What no JSON or YAML document can show an example of."""

NO_PROBLEM = {("readyz", "503")}
"""A probe reads one document whatever the state is."""


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
