"""What a schedule wastes, and how much the weights of rows vary."""

import math

import numpy as np
import pytest

from noising.decision import (
    BATCH,
    find_pareto,
    measure_tradeoff,
    measure_weights,
    share_wasted,
)
from noising.engine import build_process

COUNTS = [5.0, 1.0, 3.0, 0.0, 2.0]


def build(schedule, graph, **further):
    spec = {"vocab_size": 5, "num_timesteps": 20, "schedule": schedule, "graph": graph}
    return build_process(spec | further)


def test_weights_of_masks_vary_as_the_closed_form_says():
    steps, length = 20, 16
    process = build({"type": "loglinear", "epsilon": 0}, {"type": "absorbing"})

    found = measure_weights(process, row_length=length)

    # w = 1/t, of which a share t of the tokens is masked: a row's mean is 1, and its
    # variance (1/t - 1)/L. Importance draws t with density 1/(t log T).
    low, log = 1 / steps, math.log(steps)
    by_masks = (log / (1 - low) - 1) / length
    half = (1 - low**2) / 2
    square = log * (half + (1 - low - half) / length)
    assert found.mean == pytest.approx(1 - low)
    assert found.variance == pytest.approx(
        dict.fromkeys(("uniform", "stratified", "antithetic", "sobol"), by_masks)
        | {"importance": square / (1 - low) ** 2 - 1}
    )
    assert found.effective_share("uniform") == pytest.approx(1 / (1 + by_masks))


@pytest.mark.parametrize(
    ("graph", "methods"),
    [
        ({"type": "hdlm_gamma"}, {"uniform": 1, "importance": 1}),
        (
            {"type": "marginal", "counts": [1, 2, 3, 4, 5]},
            {"uniform": 1, "stratified": 500, "antithetic": 500, "sobol": 500},
        ),
    ],
    ids=["hdlm_gamma", "marginal"],
)
def test_weights_vary_as_those_of_drawn_rows(graph, methods):
    process = build({"type": "cosine_squared", "epsilon": 0.1}, graph)
    length, rows = 8, 500 * BATCH
    found = measure_weights(process, COUNTS, row_length=length)
    prior = np.array(COUNTS) / sum(COUNTS)
    clean = np.random.default_rng(7).choice(5, (rows, length), p=prior)

    for method, draws in methods.items():
        drawn = [
            process.sample_times(
                rows // draws, seed=3, draw=draw, low=1 / 20, method=method
            )
            for draw in range(draws)
        ]
        times, inverse = (np.concatenate(each) for each in zip(*drawn, strict=True))
        noised = process.noise(clean, t=times, seed=5).tokens
        weights = process.nelbo_weight(noised, clean, times[:, None]).mean(axis=1)
        means = (weights * inverse).reshape(-1, BATCH).mean(axis=1)
        spread = BATCH * (means / found.mean - 1.0) ** 2
        # Six standard errors: a chance of 2e-9 of a false alarm for each.
        error = 6 / math.sqrt(means.size)
        assert means.mean() == pytest.approx(found.mean, abs=error * means.std()), (
            method
        )
        of_method = pytest.approx(found.variance[method], abs=error * spread.std())
        assert spread.mean() == of_method, method


@pytest.mark.parametrize(
    ("schedule", "graph", "further"),
    [
        ("cosine", {"type": "banded"}, {}),
        ("cosine", {"type": "uniform"}, {"hyperschedule": {"type": "block"}}),
        ("cosine", {"type": "uniform"}, {"num_timesteps": 1}),
    ],
)
def test_some_processes_have_no_weight_of_a_row(schedule, graph, further):
    process = build({"type": schedule}, graph, **further)
    assert measure_weights(process, row_length=8) is None
    assert measure_tradeoff(process).weight_variance is None


def test_noise_that_falls_has_no_weights_and_noise_in_one_jump_no_importance():
    falling = {"type": "custom", "alphas": [0.5, 0.2, 0.3, 0.1]}
    process = build(falling, {"type": "absorbing"}, num_timesteps=4)
    assert measure_weights(process, row_length=8) is None
    still = {"type": "custom", "alphas": [1.0, 1.0, 0.5, 0.1]}
    process = build(still, {"type": "absorbing"}, num_timesteps=4)
    assert measure_weights(process, row_length=8).variance["importance"] is None


def test_steps_that_lose_less_than_an_even_share_are_wasted_in_part():
    # Of 4 steps, whose even share is 2 nats, these lose 4, 0.5, 2 and 0, and 1.5 are
    # left: 2 + 0.5 + 2 of 8 nats count.
    assert share_wasted(np.array([8.0, 4.0, 3.5, 1.5, 1.5])) == pytest.approx(3.5 / 8)
    assert share_wasted(np.linspace(3.0, 0.0, 8)) == pytest.approx(0.0, abs=1e-15)
    even = measure_tradeoff(
        build(
            {"type": "sedd_entropy", "epsilon": 0, "prior": COUNTS}, {"type": "uniform"}
        ),
        COUNTS,
    )
    assert even.information_wasted == pytest.approx(0.0, abs=1e-12)
    too_large = {"vocab_size": 600, "graph": {"type": "banded"}}
    assert measure_tradeoff(build_process(too_large)) == (None, None)


def test_efficient_points_are_those_that_no_other_beats():
    points = [(0.2, 3.0), (0.1, 5.0), (0.2, 4.0), (0.1, 5.0), (None, 0.0), (0.3, 3.0)]
    assert find_pareto(points) == [True, True, False, True, False, False]
    assert find_pareto([]) == []
    generator = np.random.default_rng(1)
    many = generator.integers(0, 12, (60, 2)).astype(float)
    beaten = [
        any((other <= each).all() and (other < each).any() for other in many)
        for each in many
    ]
    assert find_pareto([tuple(each) for each in many]) == [not each for each in beaten]
