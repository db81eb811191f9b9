"""Each code snippet is run and gives the tokens that the page shows."""

import json
import shlex
from typing import Any

import pytest
from django.test import Client

from noising import services
from tests.dashboard.pages import page_text
from tests.dashboard.playground.queries import TEXT, address, chips_of, ids_of, state_of

pytestmark = pytest.mark.django_db

FIELDS = [
    {},
    {"a_graph": "absorbing", "protect": "1, 4", "protect_types": "critical"},
    {"a_hyperschedule": "token_types", "a_critical": "9"},
    {"a_stored": "mine", "a_hyperschedule": "block", "seed": str(2**64 - 1)},
]


def snippet(client: Client, name: str, **fields: Any) -> str:
    [process] = state_of(client, **fields)["processes"]
    [parts] = [one["parts"] for one in process["snippets"] if one["name"] == name]
    return "".join(part["text"] for part in parts)


@pytest.fixture(autouse=True)
def _mine() -> None:
    services.schedule_create(
        slug="mine", specification={"schedule": {"type": "linear"}}
    )


@pytest.mark.parametrize("fields", FIELDS)
def test_json_and_curl_ask_for_what_the_page_shows(
    client: Client, fields: dict[str, str]
) -> None:
    asked = {"text": TEXT, "timestep": 600, **fields}
    [row] = chips_of(page_text(client, address(**asked)))
    body = snippet(client, "JSON", **asked)
    answer = client.post("/api/v1/noise", body, content_type="application/json")
    assert answer.json()["noised_tokens"] == ids_of(row)
    words = shlex.split(snippet(client, "curl", **asked).replace("\\\n", ""))
    assert words[:2] == ["curl", "http://testserver/api/v1/noise"]
    assert words[words.index("-d") + 1] == body


@pytest.mark.parametrize("fields", FIELDS)
def test_python_gives_what_the_page_shows(
    client: Client, fields: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"text": TEXT, "timestep": 600, **fields}
    [row] = chips_of(page_text(client, address(**asked)))
    exec(snippet(client, "Python", **asked), {})  # noqa: S102 - the snippet is to run
    assert json.loads(capsys.readouterr().out) == ids_of(row)


def test_a_long_specification_is_fetched_by_its_name(client: Client) -> None:
    alphas = [1.0 - step / 1000 for step in range(1000)]
    services.schedule_create(
        slug="long", specification={"schedule": {"type": "custom", "alphas": alphas}}
    )
    text = snippet(client, "Python", text=TEXT, a_stored="long")
    assert 'client.schedules.get("long")["specification"]' in text
    compile(text, "snippet", "exec")
    assert len(text) < 1_000


def test_the_page_may_fill_in_timestep_and_protection(client: Client) -> None:
    [process] = state_of(client, text=TEXT, timestep=600, protect="2")["processes"]
    for one in process["snippets"]:
        slots = {part["slot"]: part["text"] for part in one["parts"] if part["slot"]}
        assert slots == {"timestep": "600", "protect": "[2]"}
