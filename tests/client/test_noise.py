"""NoisingClient.noise gives the engine's tokens in each format."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from noising.client import InvalidRequestError, NoisingClient
from noising.configured import default_process
from noising.engine import build_process

TOKENS = np.random.default_rng(3).integers(0, 50_257, (5, 90))
ABSORBING = {"schedule": {"type": "loglinear"}, "graph": {"type": "absorbing"}}


@pytest.mark.parametrize("dtype", ["uint16", "int32", "int64", ">i4"])
@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("shape", [(90,), (5, 90)])
def test_an_array_comes_back_as_the_engine_noises_it(
    client: NoisingClient, dtype: str, shape: tuple[int, ...], *, masks: bool
) -> None:
    tokens = TOKENS[: shape[0]].reshape(-1)[: np.prod(shape)].reshape(shape)
    tokens = tokens.astype(dtype)
    noised = client.noise(tokens, 500, seed=7, masks=masks)
    expected = default_process().noise(tokens, 500, seed=7)
    assert noised.tokens.dtype == np.dtype(dtype).newbyteorder("=")
    assert (noised.tokens == expected.tokens).all()
    assert (noised.seed, noised.fingerprint) == (7, default_process().fingerprint)
    if masks:
        assert noised.alpha == expected.alpha
        assert (noised.resampled == expected.resampled).all()
        assert (noised.changed == expected.changed).all()
    else:
        assert noised.alpha is noised.resampled is noised.changed is None


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("rows", [slice(0, 5), slice(0, 1), 0])
def test_a_specification_may_be_longer_than_an_address(
    client: NoisingClient, rows: Any, *, masks: bool
) -> None:
    counts = [float(1 + n % 7) for n in range(50_257)]
    specification = {
        "vocab_size": 50_257,
        "graph": {"type": "marginal", "counts": counts},
    }
    noised = client.noise(
        TOKENS[rows], 500, seed=7, masks=masks, schedule=specification
    )
    expected = build_process(specification).noise(TOKENS[rows], 500, seed=7)
    assert (noised.tokens == expected.tokens).all()
    assert (noised.resampled is not None) == masks


OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"timesteps": [1, 200, 400, 600, 999]}, {"timestep": [1, 200, 400, 600, 999]}),
    ({"times": 0.25}, {"t": 0.25}),
    (
        {"timesteps": np.arange(450).reshape(5, 90)},
        {"timestep": np.arange(450).reshape(5, 90)},
    ),
    (
        {"times": np.linspace(0, 1, 450).reshape(5, 90)},
        {"t": np.linspace(0, 1, 450).reshape(5, 90)},
    ),
    ({"times": np.linspace(0.1, 1, 5)}, {"t": np.linspace(0.1, 1, 5)}),
    (
        {"timesteps": 700, "sequence_ids": np.arange(5) + 9, "draw": 3},
        {"timestep": 700, "sequence_ids": np.arange(5) + 9, "draw": 3},
    ),
    (
        {"timesteps": 900, "protect": TOKENS % 2 == 0},
        {"timestep": 900, "protect": TOKENS % 2 == 0},
    ),
    (
        {"timesteps": 900, "protect": {"positions": [0, 4]}},
        {"timestep": 900, "protect": np.isin(np.arange(90), [0, 4])},
    ),
    (
        {"timesteps": 500, "weights": np.arange(90) + 1.0},
        {"timestep": 500, "weights": np.arange(90) + 1.0},
    ),
    (
        {"timesteps": 500, "sequence_ids": TOKENS, "positions": np.arange(5, 95)},
        {"timestep": 500, "sequence_ids": TOKENS, "positions": np.arange(5, 95)},
    ),
    (
        {"timesteps": 500, "positions": TOKENS.astype(np.uint64)},
        {"timestep": 500, "positions": TOKENS},
    ),
    ({"timesteps": 5, "count": 7}, {"timestep": 5, "count": 7}),
    (
        {"timesteps": 5, "count": [1, 2, 3, 4, 5], "block": np.int64(9)},
        {"timestep": 5, "count": [1, 2, 3, 4, 5], "block": 9},
    ),
    (
        {"timesteps": 5, "at_least": np.arange(5)},
        {"timestep": 5, "at_least": np.arange(5)},
    ),
    (
        {"timesteps": np.int32(500), "lengths": [90, 1, 50, 8, 9]},
        {"timestep": 500, "lengths": [90, 1, 50, 8, 9]},
    ),
]


@pytest.mark.parametrize(("asked", "given"), OPTIONS)
def test_options_mean_what_they_mean_to_the_engine(
    client: NoisingClient, asked: dict[str, Any], given: dict[str, Any]
) -> None:
    noised = client.noise(TOKENS, seed=7, schedule=ABSORBING, **asked)
    process = build_process(ABSORBING)
    expected = process.noise(TOKENS, seed=7, **given).tokens
    assert (np.asarray(noised.tokens) == expected).all()
    assert noised.fingerprint == process.fingerprint


def test_rows_of_different_lengths_come_back_as_long_as_they_were(
    client: NoisingClient,
) -> None:
    rows = [[5, 6, 7], [8], list(range(40))]
    noised = client.noise(rows, 800, seed=1, masks=True)
    for index, row in enumerate(rows):
        expected = default_process().noise([row], 800, seed=1, sequence_ids=[index])
        assert noised.tokens[index].tolist() == expected.tokens[0].tolist()
        assert noised.changed[index].tolist() == expected.changed[0].tolist()


def test_without_a_seed_the_one_that_was_drawn_repeats_the_result(
    client: NoisingClient,
) -> None:
    noised = client.noise(TOKENS, 500)
    again = client.noise(TOKENS, 500, seed=noised.seed)
    assert (noised.tokens == again.tokens).all()


def test_tokens_that_are_no_integers_are_refused_before_they_are_sent(
    client: NoisingClient,
) -> None:
    with pytest.raises(TypeError, match="must be integers, got float64"):
        client.noise([1.5], 500)


def test_a_refusal_names_each_value_and_its_place(client: NoisingClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.noise([7, 60_000], 500)
    error = caught.value
    assert error.status == 422
    assert error.errors[0]["pointer"] == "#/tokens/1"
    assert "#/tokens/1: `tokens[1]` must lie in 0..50256" in str(error)
    assert error.request_id


def test_it_needs_neither_django_nor_the_engine() -> None:
    script = (
        "import sys, noising.client;"
        "loaded = {name.partition('.')[0] for name in sys.modules};"
        "assert not loaded & {'django', 'rest_framework'}, loaded;"
        "assert 'noising.engine' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


RAGGED = [[5, 6, 7], [], [8, 9]]


def test_times_may_be_as_ragged_as_the_tokens(client: NoisingClient) -> None:
    steps = [[0, 500, 999], [], [900, 100]]
    noised = client.noise(RAGGED, steps, seed=7)
    for index in (0, 2):
        expected = default_process().noise(
            RAGGED[index], steps[index], seed=7, sequence_ids=[index]
        )
        assert noised.tokens[index].tolist() == expected.tokens.tolist()


@pytest.mark.parametrize(
    "values",
    [
        {"weights": [[1.0, 2.0, 0.5], [], [3.0, 4.0]]},
        {"weights": [[1, 2, 4], [], [3, 4]]},
        {"protect": [[True, False, True], [], [False, True]]},
        {"positions": [[4, 5, 6], [], [0, 9]]},
        {"sequence_ids": [[1, 1, 2], [], [5, 6]]},
    ],
)
def test_other_arguments_may_be_as_ragged_as_the_tokens(
    client: NoisingClient, values: dict[str, Any]
) -> None:
    noised = client.noise(RAGGED, 700, seed=3, **values)
    [(name, rows)] = values.items()
    assert [len(row) for row in noised.tokens] == [3, 0, 2]
    for index in (0, 2):
        expected = default_process().noise(
            [RAGGED[index]],
            700,
            seed=3,
            **({"sequence_ids": [index]} | {name: [rows[index]]}),
        )
        assert noised.tokens[index].tolist() == expected.tokens[0].tolist()


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("shape", [(90,), (5, 90)])
def test_a_batch_may_have_its_complement(
    client: NoisingClient, shape: tuple[int, ...], *, masks: bool
) -> None:
    tokens = TOKENS[: shape[0]].reshape(-1)[: np.prod(shape)].reshape(shape)
    given = {"schedule": ABSORBING, "masks": masks, "complement": True}
    noised = client.noise(tokens, 500, seed=7, count=9, **given)
    expected = build_process(ABSORBING).noise(tokens, 500, seed=7, count=9)
    assert (noised.tokens == expected.tokens).all()
    assert (noised.complement == expected.complement().tokens).all()
    assert (noised.resampled is not None) == masks
    assert client.noise(tokens, 500, masks=masks).complement is None


def test_the_complement_of_ragged_rows_is_as_ragged(client: NoisingClient) -> None:
    noised = client.noise(RAGGED, 500, seed=7, schedule=ABSORBING, complement=True)
    for index, (row, other) in enumerate(
        zip(noised.tokens, noised.complement, strict=True)
    ):
        masked, clean = np.array([row, other]) == 50_257, RAGGED[index]
        assert (masked.sum(axis=0) == 1).all()
        assert np.where(masked, 50_257, clean).tolist() == [*map(list, (row, other))]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": [[1], [1], [1]]}, r"`weights` must have rows .* got \[1, 1, 1\]"),
        ({"lengths": [1, 0, 1]}, "`lengths` are for padded rows"),
    ],
)
def test_what_does_not_fit_ragged_rows_is_refused_before_it_is_sent(
    client: NoisingClient, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        client.noise(RAGGED, 700, **values)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [([], "must not be empty"), (5, r"shape (\(\)|\[\])")],
)
@pytest.mark.parametrize("masks", [False, True])
def test_the_service_sees_the_shape_that_was_given(
    client: NoisingClient, tokens: Any, message: str, *, masks: bool
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        client.noise(tokens, 500, masks=masks)
