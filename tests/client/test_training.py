"""Training times and weights by the client: the engine's arrays."""

import numpy as np
import pytest

from noising.client import InvalidRequestError, NoisingClient, NoisingError
from noising.client.training import times_of, values_of
from noising.engine import build_process

ABSORBING = {"schedule": {"type": "loglinear"}, "graph": {"type": "absorbing"}}
UNIFORM = {"vocab_size": 50, "schedule": {"type": "loglinear"}}


@pytest.mark.parametrize("n", [7, (3, 4), (2, 0), 0])
def test_times_are_the_engines(client: NoisingClient, n: int | tuple[int, int]) -> None:
    options = {"method": "antithetic", "draw": 2, "low": 0.25}
    drawn = client.sample_times(n, seed=5, schedule=ABSORBING, **options)
    process = build_process(ABSORBING)
    times, weights = process.sample_times(n, seed=5, **options)
    assert drawn.times.shape == times.shape
    assert (drawn.times == times).all()
    assert (drawn.weights == weights).all()
    assert (drawn.seed, drawn.fingerprint) == (5, process.fingerprint)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_are_the_engines(client: NoisingClient, dtype: type) -> None:
    process = build_process(ABSORBING)
    t = np.array([[0.0, 0.25], [0.5, 1.0]])
    got = client.loss_weight(t, schedule=ABSORBING, dtype=dtype)
    expected = process.loss_weight(t, dtype=dtype)
    assert got.dtype == dtype
    assert (got == expected).all()
    assert got[0, 0] == np.inf
    moved = np.array([[True, False, True], [False, False, False]])
    counts = {"moved": moved, "eligible": np.array([3, 2])}
    got = client.loss_weight(0.5, "realised", schedule=ABSORBING, **counts)
    assert (got == process.loss_weight(0.5, "realised", **counts)).all()


def test_the_shift_is_the_engines(client: NoisingClient) -> None:
    process = build_process(UNIFORM)
    got = client.loo_shift([0.0, 0.5, 1.0], schedule=UNIFORM)
    assert (got == process.loo_shift([0.0, 0.5, 1.0])).all()
    alone = client.loo_shift(timesteps=499, schedule=UNIFORM)
    assert alone == process.loo_shift(process.time(np.array(499)))


def test_a_form_that_the_graph_lacks_is_refused(client: NoisingClient) -> None:
    with pytest.raises(InvalidRequestError, match="#/form"):
        client.loss_weight(0.5, schedule=UNIFORM)


def test_a_response_without_the_values_is_no_noising_service() -> None:
    with pytest.raises(NoisingError, match="not training times"):
        times_of({"times": [0.5]}, 1)
    with pytest.raises(NoisingError, match="no `loo_shift`"):
        values_of({}, "loo_shift", np.float64)
