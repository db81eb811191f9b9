"""Responses of a denoiser on a real socket."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from tests.dashboard.pages import page_text
from tests.dashboard.playground.queries import (
    TEXT,
    TOKENS,
    address,
    chips_of,
    ids_of,
    state_of,
)
from tests.integrations.services import Behaviour, Service, answer, send, serving

pytestmark = pytest.mark.django_db

Denoiser = Callable[[Behaviour], AbstractContextManager[Service]]
FIELDS: dict[str, Any] = {"text": TEXT, "timestep": 999, "denoise": "a"}


@pytest.fixture
def denoiser(settings: Settings) -> Denoiser:
    @contextmanager
    def at(behaviour: Behaviour) -> Iterator[Service]:
        with serving(behaviour) as service:
            settings.DENOISER_URL = service.url
            try:
                yield service
            finally:
                settings.DENOISER_URL = ""

    return at


def served(tokens: list[int]) -> Behaviour:
    return answer(orjson.dumps({"denoised_tokens": tokens}))


def sent_to(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(service.requests[0].split(b"\r\n\r\n")[1])
    return found


def test_what_came_back_is_shown_beside_what_was_sent(
    client: Client, denoiser: Denoiser
) -> None:
    back = [*TOKENS[:-1], 5]
    with denoiser(served(back)) as service:
        page = page_text(client, address(**FIELDS, protect="0"))
    noised, denoised = chips_of(page)
    sent = sent_to(service)["noised_tokens"]
    assert ids_of(noised) == sent
    assert sent[0] == TOKENS[0]
    assert "is-restored" not in denoised[0][0]
    assert "is-restored" in denoised[1][0]
    assert denoised[-1][0] == "token type-critical is-wrong"
    assert denoised[-1][1] == "position 8, critical, id 5, was id 362 ( 2)"
    assert "88.89 % of the tokens are the clean ones; 11.11 % were before." in page


def test_alpha_is_that_of_the_process_at_the_timestep(
    client: Client, denoiser: Denoiser
) -> None:
    with denoiser(served(TOKENS)) as service:
        fields = FIELDS | {"denoise": "b", "compare": "on", "timestep": 499}
        state = state_of(client, **fields)
    first, second = state["processes"]
    assert "denoised" not in first
    assert len(second["denoised"]["chips"]) == len(TOKENS)
    sent = sent_to(service)
    assert sent["alpha"] == pytest.approx(0.5, abs=0.01)
    assert 50257 in sent["noised_tokens"]


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (served([1, 2]), "returned 2 tokens for 9"),
        (served([50257] * 9), "returned token 50257, but the noise process has"),
        (send(b"nonsense"), "denoiser service"),
    ],
)
def test_a_failure_is_said_plainly(
    client: Client, denoiser: Denoiser, behaviour: Behaviour, message: str
) -> None:
    with denoiser(behaviour):
        page = page_text(client, address(**FIELDS))
    assert len(chips_of(page)) == 1
    assert message in page


def test_without_a_denoiser_there_is_no_button(
    client: Client, denoiser: Denoiser
) -> None:
    page = page_text(client, address(**FIELDS))
    assert "Denoise" not in page
    error = state_of(client, **FIELDS)["processes"][0]["denoised"]["error"]
    assert "set DENOISER_URL" in error
    with denoiser(served(TOKENS)):
        page = page_text(client, "/playground/")
    assert 'name="denoise" value="a"' in page
