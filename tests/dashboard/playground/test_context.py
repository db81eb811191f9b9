"""The data that the page gives its scripts, and the API requests they make with it."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from noising import services
from noising.engine import build_process, with_hyperschedule
from tests.dashboard.playground.queries import TEXT, TOKENS, state_of

pytestmark = pytest.mark.django_db


def history(client: Client, process: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/trajectory",
        process["request"],
        content_type="application/json",
        headers={"accept": "application/json"},
    )
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_it_has_the_tokens_with_texts_and_types(client: Client) -> None:
    state = state_of(client, text=TEXT, protect="3, 1", timestep=1200)
    assert state["errors"] == []
    assert state["tokens"] == TOKENS
    assert state["texts"][:3] == ["If", " x", " <"]
    assert state["types"][:2] == ["critical", "variable"]
    assert state["tokenizer"] == {"name": "gpt2", "vocab_size": 50257}
    assert state["protect"] == [1, 3]
    assert state["timestep"] == 999
    [process] = state["processes"]
    assert process["heading"] == process["title"] == "cosine schedule, uniform graph"
    assert (process["num_timesteps"], process["mask_id"]) == (1000, None)


@pytest.mark.parametrize(
    ("fields", "specification", "hyperschedule"),
    [
        ({}, {}, None),
        ({"a_graph": "absorbing"}, {"graph": {"type": "absorbing"}}, None),
        ({"a_hyperschedule": "sliding"}, {}, {"type": "sliding"}),
        ({"a_stored": "mine", "a_hyperschedule": "flat"}, {}, {"type": "flat"}),
    ],
)
def test_the_request_gets_the_whole_history(
    client: Client,
    fields: dict[str, str],
    specification: dict[str, Any],
    hyperschedule: dict[str, Any] | None,
) -> None:
    services.schedule_create(slug="mine", specification={})
    state = state_of(client, text=TEXT, seed=2**64 - 1, **fields)
    answer = history(client, state["processes"][0])
    process = with_hyperschedule(build_process(specification), hyperschedule)
    assert answer["fingerprint"] == process.fingerprint
    assert answer["timesteps"] == list(range(1000))
    states = process.trajectory(TOKENS, range(1000), seed=2**64 - 1)
    final = [own[-1][1] if own else t for t, own in zip(TOKENS, answer["changes"],
                                                        strict=True)]  # fmt: skip
    assert final == states[-1].tolist()


def test_where_there_is_no_room_for_all_timesteps_some_are_left_out(
    client: Client, settings: Settings
) -> None:
    settings.MAX_TRAJECTORY_TOKENS = 4 * 1000
    [process] = state_of(client, text=TEXT)["processes"]
    timesteps = json.loads(process["request"])["timesteps"]
    assert timesteps[:3] == [0, 3, 6]
    assert timesteps[-1] == 999
    assert len(history(client, process)["changes"]) == len(TOKENS)


def test_one_timestep_is_all_of_a_process_that_has_one(client: Client) -> None:
    state = state_of(client, a_num_timesteps="1")
    assert json.loads(state["processes"][0]["request"])["timesteps"] == [0]
    assert state["timestep"] == 0


def test_errors_name_the_field_of_the_page(client: Client) -> None:
    state = state_of(client, compare="on", b_schedule="nope", seed="x")
    assert set(state) == {"errors"}
    assert [error["field"] for error in state["errors"]] == ["seed", "b-schedule"]
    assert state["errors"][1]["label"] == "Schedule of process B"


def test_it_is_never_stored(client: Client) -> None:
    answer = client.get("/playground/state.json")
    assert answer.headers["Cache-Control"] == "private, no-store"
