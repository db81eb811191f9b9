"""Complementary pairs: each eligible position is noised in exactly one of the two."""

import numpy as np
import pytest

from noising.engine import build_process, use_kernel
from noising.engine.exact_tests import binomial_p_value, bins_p_value

FALSE_ALARM = 1e-10
GRAPHS = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 7},
    {"type": "marginal", "counts": list(range(1, 41))},
]
DRAW = np.random.default_rng(1)
SHAPE = (5, 90)
OPTIONS = {
    "timestep": {"timestep": 300},
    "t": {"t": np.linspace(0, 1, 5)},
    "times": {"t": DRAW.random(SHAPE)},
    "protect": {"t": 0.3, "protect": DRAW.random(SHAPE) < 0.3},
    "lengths": {"t": 0.3, "lengths": DRAW.integers(0, 91, 5)},
    "count": {"t": 0.3, "count": 20, "protect": DRAW.random(90) < 0.3},
    "at_least": {"t": 0.3, "at_least": 3, "block": 7},
    "positions": {"t": 0.3, "positions": DRAW.permutation(90)},
    "ids": {"t": 0.3, "sequence_ids": DRAW.integers(0, 3, SHAPE)},
    "weights": {"t": 0.3, "weights": DRAW.uniform(1, 2, 90)},
}


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernel(request):
    use_kernel(request.param)
    yield request.param
    use_kernel(None)


def _process(graph):
    schedule = {"type": "loglinear", "epsilon": 0.0}  # so that all move at t = 1
    return build_process({"vocab_size": 40, "schedule": schedule, "graph": graph})


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.usefixtures("kernel")
def test_the_other_eligible_positions_have_the_same_replacements(graph, name):
    process, options = _process(graph), OPTIONS[name]
    tokens = DRAW.integers(0, 40, SHAPE)
    first = process.noise(tokens, seed=4, **options)
    other = first.complement()
    words = {k: v for k, v in options.items() if k in ("positions", "sequence_ids")}
    full = process.noise(tokens, t=1.0, seed=4, **words).tokens
    eligible = ~np.broadcast_to(options.get("protect", False), SHAPE)
    eligible &= np.arange(90) < np.reshape(options.get("lengths", [90]), (-1, 1))
    assert (other.resampled == (eligible & ~first.resampled)).all()
    assert (other.tokens == np.where(other.resampled, full, tokens)).all()
    assert (other.changed == (other.tokens != tokens)).all()
    assert np.allclose(other.alpha, 1.0 - first.alpha, rtol=0, atol=0)
    assert other.seed == 4
    again = other.complement()
    assert (again.tokens == first.tokens).all()
    assert (again.resampled == first.resampled).all()


@pytest.mark.parametrize("tokens", [[1, 2, 3], np.arange(40), np.zeros((3, 9), int)])
def test_small_batches_have_a_complement_too(tokens):
    process = _process(GRAPHS[0])
    first = process.noise(tokens, 500, seed=4, draw=2)
    by_driver = process.noise(tokens, t=process.time(500), seed=4, draw=2)
    assert (first.complement().tokens == by_driver.complement().tokens).all()
    assert first.complement().tokens.shape == np.shape(tokens)


def test_the_complement_is_a_draw_at_the_time_of_its_alpha():
    process = _process(GRAPHS[0])
    tokens = np.zeros((2000, 50), int)
    other = process.noise(tokens, t=0.3, seed=9).complement()
    moved = int(other.resampled.sum())
    assert binomial_p_value(moved, tokens.size, 1.0 - other.alpha) > FALSE_ALARM
    drawn = np.bincount(other.tokens[other.resampled], minlength=40)
    assert bins_p_value(drawn, np.ones(40)) > FALSE_ALARM
