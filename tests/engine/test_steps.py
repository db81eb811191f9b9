"""Kernel and posterior between close times keep all digits.

Literals were computed with mpmath to 60 digits from the definitions.
"""

import dataclasses

import numpy as np
import pytest

from noising.engine import build_process
from noising.engine.graphs.step import Step
from tests.engine.examples import GRAPHS, VOCAB, data_ids, schedule_for
from tests.engine.references import near

S, T = 0.5, 0.5 + 1e-10
MATRICES = ("banded", "nearest_neighbor", "rate_matrix")


def _process(graph, schedule="loglinear"):
    return build_process(
        {"vocab_size": VOCAB, "schedule": {"type": schedule}, "graph": graph}
    )


def test_a_short_step_of_uniform_noise_is_its_formula():
    row = _process({"type": "uniform"}).kernel(0, S, T)
    assert row[1:] == near(np.full(4, 3.9920083223082142979e-11), rel=1e-14)


def test_a_short_step_of_masks_is_its_formula():
    process = _process({"type": "absorbing"})
    shares = process.posterior(VOCAB, 2, S, T)
    assert shares[2] == near(2.0000001650807419321e-10, rel=1e-14)


def test_a_short_step_of_gidd_is_its_formula():
    row = _process({"type": "gidd"}, "gidd").kernel(0, S, T)
    assert row[1:VOCAB] == near(np.full(4, 4.0000003305614841522e-12), rel=1e-14)
    assert row[VOCAB] == near(1.8000001489326677873e-10, rel=1e-14)


@pytest.mark.parametrize("name", [n for n in GRAPHS if GRAPHS[n]["type"] != "gidd"])
def test_short_steps_are_rates_times_their_length(name):
    process = _process(GRAPHS[name])
    states, s = np.arange(process.num_states), 0.25
    for distance in (2.0**-30, 2.0**-40, 2.0**-50):
        rows = process.kernel(states, s, s + distance)
        sigma = np.full(states.shape, process.sigma(s))
        rates = process.graph.rates_to(states, sigma).T
        rates = rates * process.dsigma(s + distance / 2)
        for matrix in (rows, rates):
            np.fill_diagonal(matrix, 0.0)
        # Second steps are about as likely as the step is long.
        assert rows / distance == pytest.approx(rates, rel=1e-7, abs=1e-7)
        if name not in MATRICES:
            exact = rates * -np.expm1(-distance) / distance
            assert rows / distance == pytest.approx(exact, rel=1e-8, abs=0.0)


@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in MATRICES])
@pytest.mark.parametrize("end", [0.0, 0.3, 0.9])
def test_in_no_time_the_posterior_is_where_the_token_is(name, end):
    process = _process(GRAPHS[name], schedule_for(name, "loglinear"))
    x0 = data_ids(process)[0]
    later = end + 2.0**-50
    possible = np.flatnonzero(process.marginal(x0, later) > 0.0)
    shares = process.posterior(possible, x0, end, later)
    assert np.abs(shares.sum(axis=-1) - 1.0).max() < 1e-15
    if end > 0.0:
        reached = process.marginal(x0, end)[possible] > 0.0
        stays = shares[np.arange(possible.size), possible]
        assert (stays[reached] > 1.0 - 1e-12).all()


def test_a_step_takes_the_shape_that_it_is_given():
    process = _process({"type": "uniform"})
    step = process.step(0.25, [0.5, 0.75]).broadcast_to((3, 2))
    for field in dataclasses.fields(step):
        assert getattr(step, field.name).shape == (3, 2)
    with np.errstate(invalid="ignore"):
        alone = Step.of_noise(np.array([1.0, np.inf]), np.array([3.0, np.inf]))
    assert alone.added.tolist() == [2.0, np.inf]
    assert alone.broadcast_to((4, 2)).t is None
