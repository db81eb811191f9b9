"""docs/audits.md: its request is sent, and what it names exists."""

import json
import re
import shlex

import pytest
from django.test import Client
from django.urls import resolve

from noising.api.audits.requests import PARAMETERS, NewAuditSerializer
from noising.filters import AuditFilters
from tests.operations.servers import ROOT
from tests.operations.test_readme import assert_shown_is_part_of, blocks

pytestmark = pytest.mark.django_db

DOCUMENT = (ROOT / "docs" / "audits.md").read_text()


def test_the_request_gets_the_answer_that_is_shown(client: Client) -> None:
    request, answer = (b for b in blocks(DOCUMENT) if b.language in {"bash", "json"})
    words = shlex.split(request.text.replace("\\\n", " "))
    assert words[:2] == ["curl", "http://localhost:8000/api/v1/audits"]
    body = words[words.index("-d") + 1]
    response = client.post("/api/v1/audits", body, content_type="application/json")
    assert response.status_code == 201
    assert_shown_is_part_of(json.loads(answer.text), response.json())


def test_the_table_names_every_key() -> None:
    table = DOCUMENT.split("| key |")[1].split("\n\n")[0]
    named = {
        name
        for row in table.splitlines()[2:]
        for name in re.findall(r"`(\w+)`", row.split(" | ")[0])
    }
    assert named == set(NewAuditSerializer().fields)
    assert set(PARAMETERS) < named


def test_every_request_has_a_route_and_every_filter_is_named() -> None:
    request = r"^\| `(?:GET|POST|PATCH) (audits[^`?]*)"
    found = re.findall(request, DOCUMENT, re.MULTILINE)
    assert len(found) == 8
    for path in found:
        path = path.replace("{id}", "01890000-0000-7000-8000-000000000000")
        address = f"/api/v1/{path.replace('{name}', 'alpha')}"
        assert resolve(address).namespace == "v1"
    [row] = [x for x in DOCUMENT.splitlines() if x.startswith("| `GET audits`")]
    assert set(AuditFilters.base_filters) <= set(re.findall(r"`(\w+)`", row))
