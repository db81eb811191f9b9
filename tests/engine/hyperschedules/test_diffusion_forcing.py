"""Diffusion Forcing's schemes: the published matrices, and independent paces."""

import itertools

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.hyperschedules.diffusion_forcing import POSITIONS_STEP
from noising.engine.randomness import MASK64, mix64, sequence_key
from tests.engine.references import near, reference

FORCING = reference("diffusion_forcing")
SIZES = list(
    itertools.product(
        ["pyramid", "trapezoid"], [1, 4, 7], [0, 0.3, 1, 2.5, 4], [1, 2, 5, 8]
    )
)


def _process(schedule="uniform", **hyperschedule):
    return build_process(
        {
            "schedule": {"type": schedule},
            "hyperschedule": {"type": "diffusion_forcing", **hyperschedule},
        }
    )


@pytest.mark.parametrize(
    ("key", "scale"), [("pyramid us=1", 1), ("pyramid us=4 (=autoregressive)", 4)]
)
def test_pyramids_equal_the_published_matrices(key, scale):
    process = _process(scheme="pyramid", levels=4, uncertainty_scale=scale)
    assert process.rows(8).tolist() == FORCING[key][::-1]


def test_the_trapezoid_is_the_published_one_but_for_its_clean_column():
    rows = _process(scheme="trapezoid", levels=4).rows(8)
    published = np.array(FORCING["trapezoid us=1"])[::-1]
    assert published[-1].tolist() == [4, 4, 4, 4, 0, 4, 4, 4]
    right = [0, 1, 2, 3]  # where the published order and the formula agree
    assert rows[:, right].tolist() == published[:, right].tolist()
    assert (rows == rows[:, ::-1]).all()
    assert rows[-1].tolist() == [4] * 8


@pytest.mark.parametrize(("scheme", "levels", "scale", "length"), SIZES)
def test_rows_follow_the_formula(scheme, levels, scale, length):
    process = _process(scheme=scheme, levels=levels, uncertainty_scale=scale)
    rows = process.rows(length)
    order = [
        i if scheme == "pyramid" else min(i, length - 1 - i) for i in range(length)
    ]
    for step, row in enumerate(rows[::-1]):
        expected = [min(max(levels + int(scale * i) - step, 0), levels) for i in order]
        assert row.tolist() == expected
    assert (rows[0] == 0).all()
    assert rows[1].any()
    assert (rows[-1] == levels).all()


def test_a_scale_of_zero_moves_all_positions_together():
    rows = _process(scheme="pyramid", levels=3, uncertainty_scale=0).rows(4)
    assert rows.tolist() == [[0] * 4, [1] * 4, [2] * 4, [3] * 4]


def test_independent_paces_follow_from_the_seed_and_the_position():
    paces = _process(scheme="independent", seed=9).hyperschedule.paces(np.arange(50))
    key, gamma = sequence_key(9, 0, step=POSITIONS_STEP)
    for i, pace in enumerate(paces):
        word = mix64((key + (i + 1) * gamma) & MASK64)
        assert pace == ((word >> 12) + 0.5) * 2.0**-52
    assert ((paces > 0.0) & (paces < 1.0)).all()
    longer = _process(scheme="independent", seed=9).hyperschedule.paces(np.arange(80))
    assert (longer[:50] == paces).all()
    other = _process(scheme="independent", seed=10).hyperschedule.paces(np.arange(50))
    assert (other != paces).all()


def test_independent_times_are_powers_of_the_paces():
    process = _process(scheme="independent", seed=3)
    paces = process.hyperschedule.paces(np.arange(20))
    for t in (0.25, 0.5, 0.9):
        local = process.position_sigma(t, 20) / process.sigma(1.0)
        assert local == near(paces ** ((1 - t) / t), rel=1e-12)
    assert (process.position_sigma(0.0, 20) == 0.0).all()
    assert (process.position_sigma(1.0, 20) == process.sigma(1.0)).all()


def test_halfway_the_local_times_are_uniform():
    # Kolmogorov-Smirnov at a fixed seed; 1.95/sqrt(n) is passed by 99.9 % of seeds.
    count = 100_000
    process = _process(scheme="independent")
    times = np.sort(process.position_sigma(0.5, count) / process.sigma(1.0))
    steps = np.arange(count + 1) / count
    distance = max(np.abs(times - steps[1:]).max(), np.abs(times - steps[:-1]).max())
    assert distance < 1.95 / np.sqrt(count)


def test_paces_tell_nothing_about_which_tokens_move():
    process = _process(scheme="independent", seed=7)
    clean = np.zeros(200_000, np.int64)
    moved = process.noise(clean, t=0.5, seed=7).resampled
    chance = -np.expm1(-process.position_sigma(0.5, clean.size))
    spread = np.sqrt((chance * (1 - chance)).sum())
    assert abs(moved.sum() - chance.sum()) < 4.5 * spread


def test_independent_levels_have_no_rows():
    with pytest.raises(EngineError) as caught:
        _process(scheme="independent").rows(8)
    assert caught.value.code == "no_rows"


@pytest.mark.parametrize("scheme", ["pyramid", "trapezoid", "independent"])
def test_padding_takes_no_part(scheme):
    process = _process(scheme=scheme, levels=5)
    tokens = np.random.default_rng(8).integers(0, 50257, (3, 30))
    lengths = [30, 11, 2]
    padded = process.noise(tokens, t=0.45, seed=5, lengths=lengths).tokens
    for row, length in enumerate(lengths):
        alone = process.noise(
            tokens[row : row + 1, :length], t=0.45, seed=5, sequence_ids=[row]
        )
        assert (padded[row, :length] == alone.tokens[0]).all()


@pytest.mark.parametrize(
    ("hyperschedule", "field", "code"),
    [
        ({}, "scheme", "missing"),
        ({"scheme": "Pyramid"}, "scheme", "unknown_name"),
        ({"scheme": "pyramid", "levels": 0}, "levels", "out_of_range"),
        (
            {"scheme": "pyramid", "uncertainty_scale": -1},
            "uncertainty_scale",
            "out_of_range",
        ),
        ({"scheme": "independent", "seed": -1}, "seed", "out_of_range"),
        ({"scheme": "independent", "seed": 1.5}, "seed", "not_an_integer"),
        ({"scheme": "pyramid", "width": 3}, "width", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(hyperschedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**hyperschedule)
    assert (caught.value.field, caught.value.code) == (f"hyperschedule.{field}", code)


def test_the_canonical_form_names_every_parameter():
    assert _process(scheme="trapezoid").spec["hyperschedule"] == {
        "type": "diffusion_forcing",
        "scheme": "trapezoid",
        "levels": 32,
        "uncertainty_scale": 1.0,
        "seed": 0,
    }
