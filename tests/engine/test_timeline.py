"""A schedule whose total noise falls has no kernel, of any kind."""

from dataclasses import dataclass

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.graphs import GRAPH_TYPES
from noising.engine.process import ForwardProcess
from noising.engine.schedules import Schedule
from noising.engine.timeline import Timeline

STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave(Schedule):
    """sigma = 1 + t, less a notch of a given depth at t = 1/2."""

    depth: float

    @classmethod
    def create(cls, parameters, context):
        return cls(**parameters)

    def sigma(self, t):
        return np.where(t == 0.5, 1.45 * (1.0 - self.depth), 1.0 + t)

    def dsigma(self, t):
        return np.ones_like(t)


def _process(schedule, graph="uniform"):
    return ForwardProcess(
        timeline=Timeline(schedule=schedule, num_timesteps=STEPS),
        graph=GRAPH_TYPES[graph].create({"mask_id": None}, 5),
        hyperschedule=None,
        parts={},
    )


CALLS = {
    "kernel": lambda process: process.kernel([0, 1], 0.1, 0.9),
    "posterior": lambda process: process.posterior([0, 1], 0, 0.1, 0.9),
    "trajectory": lambda process: process.trajectory([0, 1], [3, 5], seed=1),
    "sample_path": lambda process: process.sample_path([0, 1], [3, 5], seed=1),
    "walk": lambda process: process.walk("markov", [0, 1], [3, 5], seed=1),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("depth", [0.5, 1e-6])
def test_a_sigma_that_falls_is_refused_where_a_kernel_is_asked_for(name, depth):
    process = _process(Wave(depth=depth))
    with pytest.raises(EngineError) as caught:
        CALLS[name](process)
    assert (caught.value.field, caught.value.code) == ("schedule", "sigma_decreases")
    assert process.marginal(0, 0.5).sum() == pytest.approx(1.0)
    assert process.noise([0, 1], 5, seed=1).tokens.shape == (2,)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_rounding_is_no_fall_and_makes_no_negative_chance(name, graph):
    # At t = 0.45 and 0.5 sigma is the same but for the last digits.
    process = _process(Wave(depth=1e-13), graph)
    assert process.sigma(0.5) < process.sigma(0.45)
    CALLS[name](process)
    kernel = process.kernel(np.arange(5), 0.45, 0.5)
    assert kernel.min() == 0.0
    assert (kernel[:, :5] == np.eye(5)).all()
    moved = process.sample_path(np.zeros((64, 64), np.int64), [8, 9], seed=1)
    assert (moved[1] == moved[0]).all()


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "geometric", "sigma_min": 0.3, "sigma_max": 0.3},
        {"type": "custom", "sigmas": [0.7] * STEPS},
        {"type": "custom", "alphas": [0.0] * STEPS},
        {"type": "gidd", "p_uniform": 0.5, "gamma": 5e-324},
    ],
)
def test_noise_that_stands_still_does_not_fall(schedule):
    process = build_process({"num_timesteps": STEPS, "schedule": schedule})
    assert not process.timeline.falls
    for call in CALLS.values():
        call(process)
