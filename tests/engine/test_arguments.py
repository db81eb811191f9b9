"""Every wrong argument raises an EngineError."""

import pickle

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.converters import betas_of_alphas

SMALL = build_process({"vocab_size": 27, "num_timesteps": 10})
BLOCK = build_process({"hyperschedule": {"type": "block"}})
HUGE = [10**5000]
RAGGED = [[True], [True, False]]


@pytest.mark.parametrize("name", [">i2", ">i4", ">i8", ">u4"])
def test_integers_of_the_other_byte_order_are_themselves(name):
    tokens, steps = [3, 1, 26], np.array(5, name)
    swapped = np.array(tokens, name)
    expected = SMALL.noise(tokens, 5, seed=1)
    assert (SMALL.noise(swapped, steps, seed=1).tokens == expected.tokens).all()
    assert (SMALL.marginal(swapped, 0.5) == SMALL.marginal(tokens, 0.5)).all()
    pairs = zip(
        SMALL.trajectory(swapped, [5, 9], seed=1),
        SMALL.trajectory(tokens, [5, 9], seed=1),
        strict=True,
    )
    assert all((one == other).all() for one, other in pairs)


WRONG = {
    "id": lambda: SMALL.noise(np.array([0, 1 << 24], ">i4"), 5, seed=1),
    "row id": lambda: SMALL.noise(
        [[1]], 5, seed=1, sequence_ids=np.array([-256], ">i8")
    ),
    "ragged protect": lambda: SMALL.noise([1, 2], 5, seed=1, protect=RAGGED),
    "huge id": lambda: SMALL.noise(HUGE, 5, seed=1),
    "huge x0": lambda: SMALL.marginal(HUGE, 0.5),
    "huge seed": lambda: SMALL.sample_times(3, seed=HUGE),
    "huge size": lambda: build_process({"vocab_size": HUGE}),
    "huge type": lambda: build_process({"schedule": {"type": HUGE}}),
    "weights": lambda: SMALL.noise([1, 2], 5, seed=1, weights=[5e-324, 1e308]),
    "marginal": lambda: SMALL.marginal([1, 2, 3], [0.1, 0.2]),
    "kernel": lambda: SMALL.kernel([1, 2], [0.1, 0.2, 0.3], 0.5),
    "times": lambda: SMALL.kernel(1, [0.1, 0.2, 0.3], [0.5, 0.6]),
    "posterior": lambda: SMALL.posterior([1, 2], [1, 2, 3], 0.1, 0.2),
    "ratio": lambda: SMALL.score_ratio([1, 2], 1, [0.1, 0.2, 0.3]),
    "scores": lambda: SMALL.score_entropy(np.zeros((2, 27)), [1, 2, 3], 0, 0.5),
    "weight": lambda: SMALL.nelbo_weight([1, 2], [1, 2, 3], 0.5),
    "rates": lambda: build_process(
        {
            "vocab_size": 2,
            "graph": {
                "type": "rate_matrix",
                "rates": [[-1e308, 1e308], [1e308, -1e308]],
            },
        }
    ),
    "a time span as a seed": lambda: SMALL.noise([1], 5, seed=np.timedelta64(1)),
    "a time span as a size": lambda: build_process({"vocab_size": np.timedelta64(9)}),
    "a time span as a number": lambda: build_process(
        {"schedule": {"type": "geometric", "sigma_max": np.timedelta64(9)}}
    ),
    "flags among ids": lambda: SMALL.noise([True, 2, 3], 5, seed=1),
    "flags among many ids": lambda: SMALL.noise([2] * 3000 + [True], 5, seed=1),
    "flags in rows": lambda: SMALL.noise([[1, 2], [np.True_, 3]], 5, seed=1),
    "flags in a row of an array": lambda: SMALL.noise(
        [np.array([1, 2]), np.array([True, False])], 5, seed=1
    ),
    "flags among times": lambda: SMALL.alpha([True, 0.5]),
    "a flag as a time": lambda: SMALL.alpha(True),
    "flags among timesteps": lambda: SMALL.time([True, 3]),
    "flags among priors": lambda: SMALL.mutual_information(0.5, [True] + [2] * 26),
    "flags among weights": lambda: SMALL.noise([1, 2], 5, seed=1, weights=[True, 2]),
    "flags among lengths": lambda: SMALL.noise(
        [[1, 2]] * 2, 5, seed=1, lengths=[True, 2]
    ),
    "flags among ids of rows": lambda: SMALL.noise(
        [[1]] * 2, 5, seed=1, sequence_ids=[False, 2]
    ),
    "flags in a table": lambda: betas_of_alphas([True, 0.5]),
    "infinite prior": lambda: SMALL.mutual_information(0.5, [np.inf] + [1] * 26),
    "numbers as protection": lambda: SMALL.nelbo_weight(1, 1, 0.5, protect=[1, 0]),
    "protection of others": lambda: SMALL.nelbo_weight(
        [1, 2], [1, 2], 0.5, protect=[True, False, True]
    ),
    "no times": lambda: SMALL.position_sigma([], 2),
    "tokens of a length": lambda: SMALL.position_sigma(0.5, 3, tokens=[1] * 10),
    "rows of weights": lambda: SMALL.position_sigma(
        0.5, 2, weights=np.ones((3, 2)), lengths=[1, 2]
    ),
    "rows of times": lambda: SMALL.position_sigma([0.1, 0.2, 0.3], 2, lengths=[1, 2]),
    "many positions": lambda: SMALL.position_sigma(0.5, 10**12),
    "many rows": lambda: SMALL.position_sigma(np.zeros(10**6), 10**6),
    "many lengths": lambda: SMALL.position_sigma(0.5, 10**6, lengths=[1] * 10**3),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_used_is_an_engine_error(call):
    with pytest.raises(EngineError) as caught:
        call()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "length",
    [0, -1, "a", 1.5, None, True, [1, 2], {}, 10**400],
    ids=lambda length: str(length)[:9],
)
def test_a_length_is_one_positive_integer(length):
    for call in (BLOCK.rows, lambda given: SMALL.position_sigma(0.5, given)):
        with pytest.raises(EngineError) as caught:
            call(length)
        assert caught.value.field == "length"


def test_rows_of_arguments_fit_together_where_they_do():
    sigma = SMALL.position_sigma([0.1, 0.2], 3, lengths=[1, 2], tokens=[[1, 2, 3]] * 2)
    assert sigma.shape == (2, 3)
    assert SMALL.position_sigma(0.5, np.int32(4), weights=[1, 2, 3, 4]).shape == (4,)


@pytest.mark.parametrize(("start", "end"), [(-3.0, 2.0), (-1.0, 7.0), (0.1, 3.3)])
def test_a_sigmoid_rises_no_further_than_one(start, end):
    schedule = {"type": "sigmoid", "start": start, "end": end}
    process = build_process({"schedule": schedule})
    times = np.linspace(0.0, 1.0, 1001)
    assert process.move_chance(times).max() <= 1.0
    assert process.alpha(times).max() <= 1.0


def test_an_infinite_score_costs_infinitely_much():
    process = build_process({"vocab_size": 5})
    assert process.score_entropy([0, np.inf, 0, 0, 0], 0, 1, 0.5) == np.inf
    finite = process.score_entropy([0, np.inf, 0, 0, 0], 1, 1, 0.5)  # its own is unused
    assert finite == process.score_entropy([0, 1, 0, 0, 0], 1, 1, 0.5)


@pytest.mark.parametrize("graph", ["uniform", "marginal", "banded", "gidd"])
def test_a_process_that_was_used_can_be_sent_to_another(graph):
    specification = {"vocab_size": 20, "graph": {"type": graph}}
    if graph == "marginal":
        specification["graph"]["counts"] = [1.0] * 20
    if graph == "gidd":
        specification["schedule"] = {"type": "gidd"}
    process = build_process(specification)
    noised = process.noise([1, 2, 3], 900, seed=1).tokens
    sent = pickle.loads(pickle.dumps(process))  # noqa: S301 - our own
    assert (sent.noise([1, 2, 3], 900, seed=1).tokens == noised).all()
