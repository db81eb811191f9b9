"""POST marginal, posterior and score-ratio: the engine's values, bounded."""

import numpy as np
import pytest

from noising.engine import build_process
from tests.api.problems import pointers_of, problem_of

SMALL = {"vocab_size": 6, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
ABSORBING = SMALL | {"graph": {"type": "absorbing"}}
BANDED = SMALL | {"graph": {"type": "banded", "beta": 2.0}}
SPECIFICATIONS = [SMALL, ABSORBING, BANDED]
PATHS = {"marginal": "marginal", "posterior": "posterior", "score_ratio": "score-ratio"}


def finite(values):
    """Return values as JSON has them."""
    return np.where(np.isfinite(values), values, None).tolist()


@pytest.mark.parametrize("schedule", SPECIFICATIONS)
@pytest.mark.parametrize(
    ("x0", "times"), [(2, 0.5), ([1, 2, 3], 0.5), (2, [0.1, 0.9]), ([0, 5], [0.0, 1.0])]
)
def test_the_marginal_is_the_engines(ask, schedule, x0, times):
    answer = ask("marginal", x0=x0, times=times, schedule=schedule).json()
    process = build_process(schedule)
    assert answer["marginal"] == finite(process.marginal(x0, times))
    assert answer["num_states"] == process.num_states
    assert answer["fingerprint"] == process.fingerprint
    assert answer["candidates"] is None


@pytest.mark.parametrize("schedule", SPECIFICATIONS)
@pytest.mark.parametrize(
    ("xt", "x0", "s", "t"),
    [
        (2, 2, 0.25, 0.5),
        ([2, 3, 0], 2, 0.0, [0.5, 0.9, 1.0]),
        ([1, 2], [1, 1], 0.5, 0.5),
    ],
)
def test_the_posterior_is_the_engines(ask, schedule, xt, x0, s, t):
    fields = {"x0": x0, "xt": xt, "times": t, "earlier_times": s}
    answer = ask("posterior", schedule=schedule, **fields).json()
    expected = build_process(schedule).posterior(xt, x0, s, t)
    assert answer["posterior"] == finite(expected)


@pytest.mark.parametrize("schedule", SPECIFICATIONS)
@pytest.mark.parametrize("times", [0.5, [0.0, 0.3, 1.0]])
def test_the_score_ratio_is_the_engines(ask, schedule, times):
    fields = {"x0": 2, "xt": [2, 3, 5], "times": times}
    answer = ask("score-ratio", schedule=schedule, **fields).json()
    expected = build_process(schedule).score_ratio([2, 3, 5], 2, times)
    assert answer["score_ratio"] == finite(expected)


def test_what_cannot_be_is_null(ask):
    fields = {"x0": 2, "xt": 3, "times": 0.5, "schedule": ABSORBING}
    assert ask("score-ratio", **fields).json()["score_ratio"] == [None] * 7


def test_timesteps_are_the_times_at_their_ends(ask):
    process = build_process(SMALL)
    fields = {"x0": 2, "xt": 3, "schedule": SMALL}
    by_step = ask("posterior", timesteps=[5, 9], earlier_timesteps=5, **fields)
    times = {"times": [process.time(5), 1.0], "earlier_times": process.time(5)}
    assert by_step.json() == ask("posterior", **times, **fields).json()
    mixed = ask("posterior", timesteps=5, earlier_times=0, **fields)
    expected = process.posterior(3, 2, 0.0, process.time(5))
    assert mixed.json()["posterior"] == expected.tolist()


@pytest.mark.parametrize("candidates", [[3], [5, 0, 0], [2, 1]])
@pytest.mark.parametrize("x0", [2, [2, 4]])
def test_candidates_choose_and_order_the_states(ask, x0, candidates):
    fields = {"x0": x0, "times": 0.3, "schedule": SMALL}
    answer = ask("marginal", candidates=candidates, **fields).json()
    whole = build_process(SMALL).marginal(x0, 0.3)
    assert answer["marginal"] == whole[..., candidates].tolist()
    assert answer["candidates"] == candidates


def test_candidates_of_the_whole_vocabulary_are_at_hand(ask):
    answer = ask("marginal", x0=50256, timesteps=500, candidates=[50256, 7]).json()
    process = build_process({})
    expected = process.marginal(50256, process.time(500))[[50256, 7]]
    assert answer["marginal"] == expected.tolist()


@pytest.mark.parametrize(
    ("path", "fields", "pointer", "code"),
    [
        ("marginal", {}, "#/x0", "required"),
        ("marginal", {"x0": 2}, "#/timesteps", "one_of"),
        ("marginal", {"x0": 2, "times": 0, "timesteps": 0}, "#/times", "one_of"),
        ("marginal", {"x0": 6, "times": 0}, "#/x0", "out_of_range"),
        ("marginal", {"x0": [0, -1], "times": 0}, "#/x0/1", "out_of_range"),
        ("marginal", {"x0": True, "times": 0}, "#/x0", "not_an_integer"),
        ("marginal", {"x0": [1, 2], "times": [0, 0, 0]}, "#/x0", "wrong_length"),
        ("marginal", {"x0": 1, "times": 1.5}, "#/times", "out_of_range"),
        ("marginal", {"x0": 1, "timesteps": 10}, "#/timesteps", "out_of_range"),
        ("marginal", {"x0": 1, "times": 0, "candidates": []}, "#/candidates", "empty"),
        (
            "marginal",
            {"x0": 1, "times": 0, "candidates": 5},
            "#/candidates",
            "not_a_list",
        ),
        (
            "marginal",
            {"x0": 1, "times": 0, "candidates": [6]},
            "#/candidates/0",
            "out_of_range",
        ),
        ("marginal", {"x0": 1, "times": 0, "xt": 1}, "#/xt", "unknown_key"),
        ("marginal", {"x0": 1, "times": 0, "seed": 1}, "#/seed", "unknown_key"),
        ("score-ratio", {"x0": 1, "times": 0}, "#/xt", "required"),
        ("score-ratio", {"x0": 1, "xt": 6, "times": 0}, "#/xt", "out_of_range"),
        ("posterior", {"x0": 1, "xt": 1, "times": 0}, "#/earlier_timesteps", "one_of"),
        (
            "posterior",
            {"x0": 1, "xt": 1, "times": 0.5, "earlier_times": 0.6},
            "#",
            "out_of_order",
        ),
        (
            "posterior",
            {"x0": 1, "xt": 1, "timesteps": [5, 3], "earlier_timesteps": 4},
            "#",
            "out_of_order",
        ),
    ],
)
def test_values_that_cannot_be_used_are_named(ask, path, fields, pointer, code):
    refused = pointers_of(ask(path, schedule=SMALL, **fields))
    assert (pointer, code) in refused


def test_clean_data_holds_no_mask(ask):
    inside = SMALL | {"graph": {"type": "absorbing", "mask_id": 3}}
    response = ask("marginal", x0=[1, 3], times=0.5, schedule=inside)
    assert pointers_of(response) == [("#/x0", "mask_in_data")]


def test_the_posterior_needs_a_sigma_that_never_falls(ask):
    falling = {"num_timesteps": 2, "schedule": {"type": "custom", "sigmas": [2, 1]}}
    fields = {"x0": 1, "xt": 1, "timesteps": 1, "earlier_timesteps": 0}
    response = ask("posterior", schedule=falling, **fields)
    assert pointers_of(response) == [("#/schedule/schedule", "sigma_decreases")]


def test_the_posterior_needs_a_kernel(ask):
    share = {"type": "log_snr", "scale": 3}  # its kernels end at sigma = 0.584
    steep = SMALL | {"graph": {"type": "mixture", "share": share}}
    fields = {"x0": 1, "xt": 1, "earlier_times": 0.1, "schedule": steep}
    assert ask("posterior", times=0.3, **fields).status_code == 200
    assert ask("marginal", x0=1, times=0.9, schedule=steep).status_code == 200
    response = ask("posterior", times=0.9, **fields)
    assert pointers_of(response) == [("#/schedule/graph", "no_kernel")]


@pytest.mark.parametrize("path", PATHS.values())
def test_rows_times_states_are_bounded(ask, settings, path):
    settings.MAX_PROBABILITIES = 12
    fields = {"x0": [1, 2], "times": 0.5, "schedule": SMALL}
    if path != "marginal":
        fields["xt"] = 1
    if path == "posterior":
        fields["earlier_times"] = 0.5
    assert ask(path, **fields).status_code == 200
    document = problem_of(ask(path, **fields | {"x0": [1, 2, 3]}), 413)
    assert "3 times 6" in document["detail"]


def test_so_are_rows_times_candidates(ask, settings):
    settings.MAX_PROBABILITIES = 12
    fields = {"x0": [1, 2], "times": 0.5, "schedule": SMALL}
    problem_of(ask("marginal", candidates=[1] * 7, **fields), 413)


def test_many_noise_levels_of_a_large_matrix_are_too_costly(ask):
    schedule = {"vocab_size": 512, "graph": {"type": "banded"}}
    times = np.linspace(0, 1, 100).tolist()
    response = ask("marginal", x0=1, times=times, schedule=schedule)
    assert pointers_of(response) == [("#", "too_costly")]
