"""Weights and losses of protected tokens are 0, also where they would be infinite."""

import numpy as np
import pytest

from noising.engine import build_process
from tests.engine.references import near

TO_NOTHING = [
    {"type": "loglinear", "epsilon": 0},
    {"type": "sigmoid"},
    {"type": "polynomial", "epsilon": 0},
    {"type": "gidd"},
    {"type": "custom", "alphas": [0.5, 0.0]},
]


def _process(schedule, graph="absorbing"):
    return build_process(
        {
            "vocab_size": 10,
            "num_timesteps": 2,
            "schedule": schedule,
            "graph": {"type": graph},
        }
    )


@pytest.mark.parametrize("schedule", TO_NOTHING, ids=lambda schedule: schedule["type"])
@pytest.mark.parametrize("graph", ["absorbing", "hdlm_epsilon", "hdlm_gamma", "gidd"])
def test_at_full_noise_a_protected_token_has_weight_0(schedule, graph):
    if graph == "gidd":
        schedule = {"type": "gidd"}
    process = _process(schedule, graph)
    x0, protect = [1, 2, 3], [True, False, False]
    xt = process.noise(x0, timestep=1, seed=1, protect=protect).tokens
    assert xt.tolist() == [1, 10, 10]
    alone = process.nelbo_weight(xt, x0, 1.0)
    assert np.isnan(alone[0])
    weights = process.nelbo_weight(xt, x0, 1.0, protect=protect)
    assert weights[0] == 0.0
    assert (weights[1:] == alone[1:]).all()
    assert (weights[1:] > 0.0).all()


def test_mdlms_weights_at_full_noise_are_1():
    process = _process({"type": "loglinear", "epsilon": 0})
    got = process.nelbo_weight(
        [1, 10, 10], [1, 2, 3], 1.0, protect=[True, False, False]
    )
    assert got.tolist() == [0.0, 1.0, 1.0]


def test_protection_broadcasts_and_leaves_the_others_as_they_are():
    process = _process({"type": "loglinear"}, "uniform")
    xt, x0 = np.array([[1, 2, 3], [4, 5, 6]]), np.array([1, 2, 4])
    protect = np.array([False, True, False])
    every = process.nelbo_weight(xt, x0, [[0.2], [0.9]])
    some = process.nelbo_weight(xt, x0, [[0.2], [0.9]], protect=protect)
    assert (some == np.where(protect, 0.0, every)).all()
    assert process.nelbo_weight(1, 2, 0.5, protect=True) == 0.0
    assert type(process.nelbo_weight(1, 2, 0.5, protect=False)) is np.float64
    rows = process.nelbo_weight(1, 2, 0.5, protect=[[True], [False]])
    assert rows.shape == (2, 1)


def test_a_protected_token_has_no_score_entropy():
    process = _process({"type": "loglinear", "epsilon": 0})
    scores = np.zeros((2, 11))
    loss = process.score_entropy(scores, [1, 10], [1, 1], 1.0)
    assert np.isnan(loss[0])
    kept = process.score_entropy(scores, [1, 10], [1, 1], 1.0, protect=[True, False])
    assert kept.tolist() == [0.0, loss[1]]
    half = process.score_entropy(scores, [1, 10], [1, 1], 0.5, protect=[False, True])
    assert half[1] == 0.0
    assert half[0] == near(process.score_entropy(scores[0], 1, 1, 0.5), rel=1e-15)
