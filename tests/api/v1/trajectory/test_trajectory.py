"""POST trajectory: the engine's states as a stream, and early refusals."""

from contextlib import ExitStack

import numpy as np
import orjson
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from noising.api.trajectory.responses import TrajectoryLines
from noising.api.trajectory.views import TRAJECTORY
from noising.budget import API_WORK
from noising.engine import build_process, with_hyperschedule
from noising.engine.sampler import trajectories
from noising_site.asgi import application
from tests.api.problems import pointers_of, problem_of
from tests.site.test_asgi import BASE
from tests.wsgi import ask as ask_wsgi
from tests.wsgi import database_left_alone

TOKENS = list(range(100, 160))
STEPS = [0, 100, 400, 700, 999]
GRAPHS = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "hdlm_gamma"},
    {"type": "hdlm_epsilon"},
    {"type": "marginal", "counts": [1, 2] * 100},
    {"type": "banded"},
]


def lines_of(response):
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/x-ndjson"
    content = b"".join(response.streaming_content)
    assert content.endswith(b"\n")
    return [orjson.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize(
    ("kind", "method"), [("coupled", "trajectory"), ("markov", "sample_path")]
)
@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["type"])
def test_the_lines_are_the_engines_states(ask, graph, kind, method):
    schedule = {"vocab_size": 200, "graph": graph}
    coordinates = {"seed": 2**64 - 1, "draw": 3}
    response = ask(
        "trajectory",
        tokens=TOKENS,
        timesteps=STEPS,
        kind=kind,
        schedule=schedule,
        sequence_id=12,
        **coordinates,
    )
    process = build_process(schedule)
    states = getattr(process, method)(TOKENS, STEPS, sequence_ids=12, **coordinates)
    lines = lines_of(response)
    assert [line["noised_tokens"] for line in lines] == states.tolist()
    assert [line["timestep"] for line in lines] == STEPS
    assert [line["alpha"] for line in lines] == process.alphas[STEPS].tolist()
    unchanged = [line["metrics"]["unchanged_tokens"] for line in lines]
    assert unchanged == (states == np.array(TOKENS)).sum(axis=1).tolist()
    assert response.headers["Noise-Seed"] == str(2**64 - 1)
    assert response.headers["Noise-Fingerprint"] == process.fingerprint


def test_coupled_states_are_those_of_post_noise(ask):
    fields = {"tokens": TOKENS, "seed": 5}
    for line in lines_of(ask("trajectory", timesteps=[900, 3], **fields)):
        alone = ask("noise", timesteps=line["timestep"], **fields).json()
        assert alone["noised_tokens"] == line["noised_tokens"]


def test_without_a_seed_the_header_names_a_fresh_one(ask):
    fields = {"tokens": TOKENS, "timesteps": [500]}
    first, second = (ask("trajectory", **fields) for _ in range(2))
    seed = int(first.headers["Noise-Seed"])
    assert seed != int(second.headers["Noise-Seed"])
    again = ask("trajectory", seed=seed, **fields)
    assert lines_of(again) == lines_of(first)


@pytest.mark.parametrize(
    "overlay",
    [
        {"hyperschedule": {"type": "block", "width": 8}},
        {"token_types": {"critical": TOKENS[:9]}},
    ],
)
def test_a_hyperschedule_is_laid_over_the_process(ask, overlay):
    response = ask("trajectory", tokens=TOKENS, timesteps=STEPS, seed=5, **overlay)
    hyperschedule = overlay.get("hyperschedule")
    if hyperschedule is None:
        hyperschedule = {"type": "token_types", "classes": overlay["token_types"]}
    process = with_hyperschedule(build_process({}), hyperschedule)
    expected = process.trajectory(TOKENS, STEPS, seed=5)
    assert [line["noised_tokens"] for line in lines_of(response)] == expected.tolist()


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"tokens": []}, "#/tokens", "empty"),
        ({"tokens": [[1]]}, "#/tokens", "not_a_list"),
        ({"tokens": [1, 50257]}, "#/tokens/1", "out_of_range"),
        ({"tokens": 5}, "#/tokens", "not_a_list"),
        ({"timesteps": 5}, "#/timesteps", "not_a_list"),
        ({"timesteps": []}, "#/timesteps", "empty"),
        ({"timesteps": [1, 1000]}, "#/timesteps/1", "out_of_range"),
        ({"timesteps": [1, 2.5]}, "#/timesteps/1", "not_an_integer"),
        ({"timesteps": [5, 5], "kind": "markov"}, "#/timesteps/1", "out_of_order"),
        ({"kind": "Markov"}, "#/kind", "unknown"),
        ({"kind": ["markov"]}, "#/kind", "unknown"),
        ({"sequence_id": 2**63}, "#/sequence_id", "out_of_range"),
        ({"sequence_id": [1]}, "#/sequence_id", "not_an_integer"),
        ({"seed": 1.5}, "#/seed", "not_an_integer"),
        ({"times": [0.5]}, "#/times", "unknown_key"),
        ({"schedule": {"graph": {}}}, "#/schedule/graph/type", "unknown_type"),
        (
            {"hyperschedule": {"type": "weights", "weights": [1, 2]}},
            "#/hyperschedule/weights",
            "wrong_length",
        ),
        (
            {"hyperschedule": {"type": "flat"}, "token_types": {}},
            "#/token_types",
            "one_of",
        ),
        (
            {
                "schedule": {
                    "num_timesteps": 2,
                    "schedule": {"type": "custom", "sigmas": [2, 1]},
                },
                "timesteps": [0, 1],
            },
            "#/schedule",
            "sigma_decreases",
        ),
        (
            {
                "schedule": {
                    "graph": {
                        "type": "mixture",
                        "share": {"type": "log_snr", "scale": 3},
                    },
                },
                "kind": "markov",
            },
            "#/schedule/graph",
            "no_kernel",
        ),
    ],
)
def test_values_that_cannot_be_used_are_refused_before_the_first_byte(
    ask, fields, pointer, code
):
    response = ask("trajectory", **{"tokens": TOKENS, "timesteps": STEPS} | fields)
    assert (pointer, code) in pointers_of(response)


def test_too_many_tokens_over_all_timesteps_are_too_large(ask, settings):
    settings.MAX_TRAJECTORY_TOKENS = 300
    fields = {"tokens": TOKENS, "timesteps": STEPS}
    assert len(lines_of(ask("trajectory", **fields))) == 5
    document = problem_of(ask("trajectory", **fields | {"tokens": [1] * 61}), 413)
    assert "5 times 61" in document["detail"]


def test_the_stream_is_the_form_of_those_who_ask_for_none(send):
    body = orjson.dumps({"tokens": [1], "timesteps": [1]})
    problem_of(send("trajectory", body, accept="text/csv"), 406)
    for accept in ("application/x-ndjson", "application/*", "*/*", ""):
        response = send("trajectory", body, accept=accept)
        assert len(lines_of(response)) == 1
    problem_of(send("trajectory", body, "application/x-npy"), 415)


def test_options_answers_without_content(api):
    response = api.options("/api/v1/trajectory")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "POST, OPTIONS"


MATRIX = {
    "tokens": [1] * 10,
    "timesteps": list(range(100)),
    "schedule": {"vocab_size": 128, "graph": {"type": "banded"}},
}


@pytest.mark.usefixtures("one_permit")
def test_a_stream_holds_its_permit_until_it_is_closed(ask):
    lines = TrajectoryLines(TRAJECTORY.parse(MATRIX))
    assert orjson.loads(next(lines))["timestep"] == 0
    problem_of(ask("trajectory", **MATRIX), 503)
    lines.close()
    with API_WORK.permit(1):
        pass
    assert list(lines) == []


def test_states_are_worked_out_one_by_one(ask, monkeypatch):
    monkeypatch.setattr(trajectories, "write_noised", fail_after(2))
    response = ask("trajectory", tokens=TOKENS, timesteps=STEPS, seed=1)
    lines = iter(response.streaming_content)
    assert orjson.loads(next(lines))["timestep"] == 0
    assert orjson.loads(next(lines))["timestep"] == 100
    with pytest.raises(RuntimeError):
        next(lines)


def fail_after(count):
    done = []

    def work(*args):
        done.append(args)
        if len(done) > count:
            raise RuntimeError

    return work


def test_the_wsgi_application_streams_it():
    body = orjson.dumps({"tokens": TOKENS, "timesteps": STEPS, "seed": 5})
    answer = ask_wsgi(
        "/api/v1/trajectory", body, "POST", CONTENT_TYPE="application/json"
    )
    expected = build_process({}).trajectory(TOKENS, STEPS, seed=5)
    found = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [line["noised_tokens"] for line in found] == expected.tolist()
    assert "Content-Length" not in answer.headers


async def exchange(body: bytes) -> list[bytes]:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = BASE | {"method": "POST", "path": "/api/v1/trajectory", "headers": headers}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body})
    assert (await communicator.receive_output(10))["status"] == 200
    parts = []
    while True:
        event = await communicator.receive_output(10)
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            await communicator.wait(10)
            return parts


def test_the_asgi_application_streams_it_too():
    body = orjson.dumps({"tokens": TOKENS, "timesteps": STEPS, "seed": 5})
    with database_left_alone():
        parts = async_to_sync(exchange)(body)
    lines = [orjson.loads(line) for line in b"".join(parts).splitlines()]
    assert [line["timestep"] for line in lines] == STEPS


@pytest.fixture(autouse=True)
def _permits_are_released():
    yield
    with ExitStack() as stack:
        for _ in range(settings.MAX_COSTLY_REQUESTS):
            stack.enter_context(API_WORK.permit(1e6))
