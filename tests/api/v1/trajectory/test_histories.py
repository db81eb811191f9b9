"""The JSON form of POST trajectory: changes between states."""

from itertools import pairwise

import numpy as np
import orjson
import pytest

from noising.budget import API_WORK
from tests.api.problems import pointers_of, problem_of

TOKENS = list(range(100, 160))
PROCESSES = {
    "uniform": {},
    "absorbing": {"graph": {"type": "absorbing"}},
    "gidd": {"schedule": {"type": "gidd"}, "graph": {"type": "gidd"}},
    "hdlm_gamma": {"graph": {"type": "hdlm_gamma"}},
    "banded": {"graph": {"type": "banded"}, "num_timesteps": 20},
    "token_types": {
        "hyperschedule": {
            "type": "token_types",
            "classes": {"critical": TOKENS[:9], "variable": TOKENS[9:30]},
        }
    },
    "sliding": {"hyperschedule": {"type": "sliding", "width": 8, "levels": 8}},
}


@pytest.fixture
def both(ask, send):
    """Ask for a trajectory as NDJSON and as JSON."""

    def asked(**fields):
        stream = ask("trajectory", **fields)
        lines = [orjson.loads(line) for line in stream.streaming_content]
        answer = send("trajectory", orjson.dumps(fields), accept="application/json")
        assert answer.status_code == 200, answer.content
        assert answer.headers["Content-Type"] == "application/json"
        for header in ("Noise-Seed", "Noise-Fingerprint"):
            assert answer.headers[header] == stream.headers[header]
        return lines, answer.json()

    return asked


def states_of(history, tokens):
    """Return the state at each timestep, as a reader of the document works it out."""
    return [
        [
            next((i for k, i in reversed(changes) if k <= timestep), token)
            for token, changes in zip(tokens, history["changes"], strict=True)
        ]
        for timestep in history["timesteps"]
    ]


@pytest.mark.parametrize("kind", ["coupled", "markov"])
@pytest.mark.parametrize("name", PROCESSES)
def test_the_changes_are_the_states_of_the_stream(both, name, kind):
    schedule = {"vocab_size": 200, "num_timesteps": 60} | PROCESSES[name]
    lines, history = both(
        tokens=TOKENS,
        timesteps=list(range(schedule["num_timesteps"])),
        kind=kind,
        schedule=schedule,
        seed=2**64 - 1,
        sequence_id=12,
        draw=3,
    )
    assert history["timesteps"] == [line["timestep"] for line in lines]
    assert history["alphas"] == [line["alpha"] for line in lines]
    assert states_of(history, TOKENS) == [line["noised_tokens"] for line in lines]
    assert history["seed"] == 2**64 - 1


def test_a_change_is_another_id_than_before(both):
    _, history = both(
        tokens=TOKENS,
        timesteps=list(range(0, 1000, 7)),
        schedule={"vocab_size": 160},
        kind="markov",
        seed=5,
    )
    for token, changes in zip(TOKENS, history["changes"], strict=True):
        ids = [token, *(i for _, i in changes)]
        assert all(one != other for one, other in pairwise(ids))
        timesteps = [k for k, _ in changes]
        assert timesteps == sorted(set(timesteps))
    assert max(map(len, history["changes"])) > 1


def test_coupled_timesteps_are_put_in_order(both):
    lines, history = both(tokens=TOKENS, timesteps=[900, 3, 900, 400], seed=5)
    assert history["timesteps"] == [3, 400, 900]
    by_timestep = {line["timestep"]: line["noised_tokens"] for line in lines}
    assert states_of(history, TOKENS) == [by_timestep[k] for k in (3, 400, 900)]


def test_one_token_that_stays_has_no_changes(both):
    assert both(tokens=[5], timesteps=[0], seed=1)[1]["changes"] == [[]]


def test_without_a_seed_the_document_names_a_fresh_one(send):
    body = orjson.dumps({"tokens": TOKENS, "timesteps": [500]})
    answer = send("trajectory", body, accept="application/json")
    assert answer.headers["Noise-Seed"] == str(answer.json()["seed"])


def test_refusals_are_those_of_the_stream(send, settings):
    def ask(**fields):
        body = {"tokens": TOKENS, "timesteps": [1, 2], "seed": 1} | fields
        return send("trajectory", orjson.dumps(body), accept="application/json")

    wrong = ask(hyperschedule={"type": "weights", "weights": [1, 2]})
    assert pointers_of(wrong) == [("#/hyperschedule/weights", "wrong_length")]
    falling = ask(kind="markov", timesteps=[5, 5])
    assert pointers_of(falling) == [("#/timesteps/1", "out_of_order")]
    settings.MAX_TRAJECTORY_TOKENS = 100
    problem_of(ask(), 413)


def test_more_changes_than_an_answer_may_hold_are_too_many(send, settings):
    fields = {"tokens": [1] * 20, "timesteps": [0, 500, 999], "seed": 1}
    body = orjson.dumps(fields)
    answer = send("trajectory", body, accept="application/json").json()
    count = sum(map(len, answer["changes"]))
    assert count == 20
    settings.MAX_TOKENS = count
    assert send("trajectory", body, accept="application/json").status_code == 200
    crowded = orjson.dumps(
        fields | {"kind": "markov", "timesteps": list(range(0, 1000, 9))}
    )
    settings.MAX_TOKENS = 112
    problem = problem_of(send("trajectory", crowded, accept="application/json"), 413)
    assert "112 changes" in problem["detail"]
    assert "application/x-ndjson" in problem["detail"]


@pytest.mark.usefixtures("one_permit")
def test_costly_work_needs_a_permit(send):
    body = orjson.dumps(
        {
            "tokens": [1] * 10,
            "timesteps": list(range(100)),
            "schedule": {"vocab_size": 128, "graph": {"type": "banded"}},
        }
    )
    with API_WORK.permit(1e6):
        problem_of(send("trajectory", body, accept="application/json"), 503)
    answer = send("trajectory", body, accept="application/json").json()
    assert len(answer["changes"]) == 10
    assert np.shape(answer["alphas"]) == (100,)
