import json
import shlex
from typing import Any

import pytest

from noising.dashboard.schedules.context import Snippet, write_snippets
from noising.engine import build_process
from noising_site.configuration import noise_specification
from noising_site.environment import Environment

SPECIFICATIONS: list[dict[str, Any]] = [
    {"schedule": {"type": "cosine"}},
    {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}},
    {"schedule": {"type": "linear", "beta_max": 0.05}},
    {"graph": {"type": "absorbing"}, "hyperschedule": {"type": "sliding"}},
    {"vocab_size": 27, "graph": {"type": "absorbing", "mask_id": 3}},
]


def said(specification: dict[str, Any]) -> dict[str, Snippet]:
    canonical = build_process(specification).spec
    made = write_snippets("mine", canonical, "http://localhost:8000")
    return {snippet.name: snippet for snippet in made}


@pytest.mark.parametrize("specification", SPECIFICATIONS)
def test_json_and_python_lead_to_the_same_process(
    specification: dict[str, Any],
) -> None:
    process = build_process(specification)
    found = said(specification)
    assert build_process(json.loads(found["JSON"].text)).spec == process.spec
    scope: dict[str, Any] = {}
    code = found["Python"].text.replace("[101, 2054, 2003, 102], 500", "[1, 2], 5")
    exec(code, scope)  # noqa: S102 - what the page offers to run
    assert scope["process"].fingerprint == process.fingerprint
    assert scope["noised"].tokens.shape == (2,)


@pytest.mark.parametrize("specification", SPECIFICATIONS)
def test_the_environment_leads_to_the_same_process(
    specification: dict[str, Any],
) -> None:
    text = said(specification)["Environment"].text
    variables = dict(part.split("=", 1) for part in shlex.split(text))
    hyperschedule = variables.pop("HYPERSCHEDULE", "null")
    betas = {
        name.lower(): float(variables.pop(name, default))
        for name, default in (("BETA_MIN", "0.0001"), ("BETA_MAX", "0.02"))
    }
    served = noise_specification(Environment(variables), **betas)
    expected = build_process(specification).spec
    assert build_process(served).spec == {**expected, "hyperschedule": None}
    assert json.loads(hyperschedule) == expected["hyperschedule"]


def test_what_the_environment_cannot_say_is_told() -> None:
    found = said({"schedule": {"type": "cosine", "s": 0.1}})["Environment"]
    assert found.text == ""
    assert "cannot set all" in found.remark


def test_curl_asks_for_the_stored_schedule() -> None:
    words = shlex.split(said({})["curl"].text)
    assert words[1] == "http://localhost:8000/api/v1/noise"
    assert json.loads(words[-1])["schedule"] == "mine"
