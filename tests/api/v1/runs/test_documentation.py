"""docs/runs.md: its request is sent, and what it names exists."""

import json
import re
import shlex

import pytest
from django.test import Client
from django.urls import resolve

from noising.api.runs.requests import NewRunSerializer
from noising.filters import RunFilters
from tests.operations.servers import ROOT
from tests.operations.test_readme import assert_shown_is_part_of, blocks

DOCUMENT = (ROOT / "docs" / "runs.md").read_text()


def test_the_request_gets_the_answer_that_is_shown(client: Client) -> None:
    request, answer = (b for b in blocks(DOCUMENT) if b.language in {"bash", "json"})
    words = shlex.split(request.text.replace("\\\n", " "))
    assert words[:2] == ["curl", "http://localhost:8000/api/v1/runs"]
    options = list(zip(words[2::2], words[3::2], strict=True))
    headers = dict(text.split(": ") for flag, text in options if flag == "-H")
    [body] = [text for flag, text in options if flag == "-d"]

    response = client.post(
        "/api/v1/runs", body, content_type=headers.pop("Content-Type"), headers=headers
    )

    assert response.status_code == 202
    assert_shown_is_part_of(json.loads(answer.text), response.json())


def test_the_table_names_every_key() -> None:
    table = DOCUMENT.split("| key |")[1].split("\n\n")[0]
    named = [
        name
        for row in table.splitlines()[2:]
        for name in re.findall(r"`(\w+)`", row.split(" | ")[0])
    ]
    assert named == list(NewRunSerializer().fields)


REQUESTS = re.findall(r"^\| `(?:GET|POST|PATCH) (runs[^`?]*)", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("path", REQUESTS)
def test_every_request_has_a_route(path: str) -> None:
    values = {"{id}": "01890000-0000-7000-8000-000000000000", "{name}": "alpha"}
    for name, value in values.items():
        path = path.replace(name, value)
    assert resolve(f"/api/v1/{path}").namespace == "v1"


def test_every_filter_is_named() -> None:
    [row] = [line for line in DOCUMENT.splitlines() if line.startswith("| `GET runs`")]
    assert set(RunFilters.base_filters) <= set(re.findall(r"`(\w+)`", row))
