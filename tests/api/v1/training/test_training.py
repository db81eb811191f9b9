"""POST times, loss-weight and loo-shift: the engine's values, bounded."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from noising.engine import build_process
from noising.engine.loss_weights import FORMS
from noising.engine.training_times import METHODS
from tests.api.problems import pointers_of, problem_of

SMALL = {"vocab_size": 6, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
DOCUMENT = Path(__file__).parents[4] / "docs" / "training.md"
EXAMPLES = re.findall(
    r"```bash\n(.*?)```\n\n```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL
)
ABSORBING = SMALL | {"graph": {"type": "absorbing"}}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [5, [3, 4]])
def test_times_are_the_engines(ask, method, n):
    options = {"method": method, "draw": 3, "index0": 40, "total": 100, "seed": 9}
    options |= {"low": 0.2, "high": 0.9}
    answer = ask("times", n=n, schedule=SMALL, **options).json()
    shape = tuple(n) if isinstance(n, list) else n
    times, weights = build_process(SMALL).sample_times(shape, **options)
    assert answer["times"] == times.tolist()
    assert answer["weights"] == weights.tolist()
    assert answer["seed"] == 9
    assert answer["fingerprint"] == build_process(SMALL).fingerprint


def test_workers_draw_parts_of_the_same_times(ask):
    whole = ask("times", n=[4, 3], seed=2).json()["times"]
    parts = [
        ask("times", n=[2, 3], seed=2, index0=first, total=12).json()["times"]
        for first in (0, 6)
    ]
    assert parts[0] + parts[1] == whole


def test_without_a_seed_the_one_that_was_drawn_repeats_the_times(ask):
    drawn = ask("times", n=8).json()
    assert ask("times", n=8, seed=drawn["seed"]).json() == drawn
    assert drawn["seed"] < 2**53


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_are_the_engines(ask, form, dtype):
    counts = {"moved": [1, 0, 3], "eligible": 4} if form in FORMS[2:] else {}
    fields = {"times": [0.1, 0.5, 1.0], "form": form, "dtype": dtype, **counts}
    answer = ask("loss-weight", schedule=ABSORBING, **fields).json()
    expected = build_process(ABSORBING).loss_weight(
        fields["times"], form, dtype=dtype, **counts
    )
    assert np.array(answer["loss_weight"], dtype).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "moved",
    [
        [[True, False, True, False], [False, False, False, False]],
        [[True, True], [False, False, False]],
        [[True, True], []],
        [2, 0],
        [2.0, 0],
    ],
)
def test_masks_are_counted_by_row(ask, moved):
    fields = {"times": [0.5, 0.5], "form": "realised", "eligible": 4}
    answer = ask("loss-weight", schedule=SMALL, moved=moved, **fields).json()
    assert answer["loss_weight"] == [2.0, 0.0]


def test_a_mask_of_one_sequence_is_one_count(ask):
    fields = {"timesteps": 5, "form": "count", "moved": [True, False], "eligible": 3}
    assert ask("loss-weight", schedule=SMALL, **fields).json()["loss_weight"] == 3.0


def test_times_by_token_have_weights_by_token(ask):
    times = [[0.25, 0.5], [0.5, 1.0]]
    answer = ask("loss-weight", times=times, schedule=ABSORBING).json()
    expected = build_process(ABSORBING).loss_weight(times)
    assert np.array(answer["loss_weight"]) == pytest.approx(expected, rel=1e-7)
    steps = ask("loss-weight", timesteps=[[0, 4], [4, 9]], schedule=ABSORBING).json()
    expected = build_process(ABSORBING).loss_weight([[0.1, 0.5], [0.5, 1.0]])
    assert np.array(steps["loss_weight"]) == pytest.approx(expected, rel=1e-7)


def test_the_leave_one_out_shift_is_the_engines(ask):
    times = [0.0, 0.3, 1.0]
    answer = ask("loo-shift", times=times, schedule=SMALL).json()
    expected = build_process(SMALL).loo_shift(times)
    assert answer["loo_shift"] == [None, *expected[1:].tolist()]
    one = ask("loo-shift", timesteps=4, schedule=SMALL).json()
    assert one["loo_shift"] == build_process(SMALL).loo_shift(0.5)


@pytest.mark.parametrize(
    ("path", "fields", "pointer", "code"),
    [
        ("times", {}, "#/n", "required"),
        ("times", {"n": -1}, "#/n", "out_of_range"),
        ("times", {"n": "5"}, "#/n", "not_an_integer"),
        ("times", {"n": [2]}, "#/n", "wrong_length"),
        ("times", {"n": [2, 3, 4]}, "#/n", "wrong_length"),
        ("times", {"n": [2, True]}, "#/n/1", "not_an_integer"),
        ("times", {"n": 5, "method": "strat"}, "#/method", "unknown"),
        ("times", {"n": 5, "total": 4}, "#/total", "out_of_range"),
        ("times", {"n": 5, "low": 0.5, "high": 0.5}, "#/low", "out_of_order"),
        ("times", {"n": 5, "low": 1.5}, "#/low", "out_of_range"),
        ("times", {"n": 5, "high": [1]}, "#/high", "not_a_number"),
        ("times", {"n": 5, "draw": 2**32}, "#/draw", "out_of_range"),
        ("times", {"n": 5, "token_types": {}}, "#/token_types", "unknown_key"),
        (
            "times",
            {"n": 5, "method": "importance", "high": 0.05},
            "#/high",
            "out_of_order",
        ),
        ("loss-weight", {}, "#/timesteps", "one_of"),
        ("loss-weight", {"times": 0, "timesteps": 0}, "#/times", "one_of"),
        ("loss-weight", {"times": 0.5}, "#/form", "not_a_cross_entropy"),
        ("loss-weight", {"times": 0.5, "form": "elb"}, "#/form", "unknown"),
        ("loss-weight", {"times": 0.5, "dtype": "f2"}, "#/dtype", "unknown"),
        ("loss-weight", {"times": 0.5, "form": "count"}, "#/moved", "missing"),
        (
            "loss-weight",
            {"times": 0.5, "form": "flat", "moved": 1},
            "#/moved",
            "not_together",
        ),
        (
            "loss-weight",
            {"times": [0.5, 1], "form": "count", "moved": [1, 2, 3], "eligible": 4},
            "#/moved",
            "wrong_shape",
        ),
        (
            "loss-weight",
            {"times": 0.5, "form": "realised", "moved": 5, "eligible": 4},
            "#/moved",
            "out_of_range",
        ),
        (
            "loss-weight",
            {"times": 0.5, "form": "count", "moved": [[1]], "eligible": 4},
            "#/moved/0/0",
            "not_a_flag",
        ),
        ("loo-shift", {"timesteps": 10}, "#/timesteps", "out_of_range"),
        ("loo-shift", {"timesteps": [[1], [9, 10]]}, "#/timesteps", "wrong_length"),
        ("loo-shift", {"times": 1.5}, "#/times", "out_of_range"),
        ("loo-shift", {"times": [0.5, None]}, "#/times/1", "not_a_number"),
    ],
)
def test_values_that_cannot_be_used_are_named(ask, path, fields, pointer, code):
    refused = pointers_of(ask(path, schedule=SMALL, **fields))
    assert (pointer, code) in refused


def test_only_uniform_noise_has_a_leave_one_out_shift(ask):
    response = ask("loo-shift", times=0.5, schedule=ABSORBING)
    assert pointers_of(response) == [("#/schedule/graph/type", "not_uniform")]


def test_as_many_times_as_tokens_may_be_drawn(ask, settings):
    settings.MAX_TOKENS = 12
    assert ask("times", n=[3, 4]).status_code == 200
    for n in (13, [1, 13], [4, 4]):
        assert "`index0`" in problem_of(ask("times", n=n), 413)["detail"]
    problem_of(ask("loo-shift", times=[0.5] * 13), 413)


def test_a_fault_of_another_field_is_told_before_the_size(ask):
    assert ask("times", n=10**15, low=2).status_code == 422


def test_many_times_of_a_costly_schedule_are_too_costly(ask):
    prior = np.random.default_rng(1).random(2048).tolist()
    costly = {"vocab_size": 2048, "num_timesteps": 10}
    costly["schedule"] = {"type": "sedd_entropy", "prior": prior}
    few = {"n": 10, "method": "importance", "schedule": costly}
    assert ask("times", **few).status_code == 200
    response = ask("times", **few | {"n": 100_000})
    assert pointers_of(response) == [("#", "too_costly")]
    response = ask("loo-shift", times=[0.5] * 100_000, schedule=costly)
    assert pointers_of(response) == [("#", "too_costly")]


@pytest.mark.parametrize(("command", "answer"), EXAMPLES)
def test_the_documents_example_is_what_is_answered(ask, command, answer):
    _, url, *_, body = shlex.split(command)
    response = ask(url.partition("/api/v1/")[2], **json.loads(body))
    assert response.json() == json.loads(answer)


def test_there_is_an_example():
    assert len(EXAMPLES) == DOCUMENT.read_text().count("```bash") > 0
