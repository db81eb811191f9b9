"""Rows of HDLM's families: its own, and every width, number of levels and length."""

import itertools

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.noise_time import NoiseTime
from tests.engine.references import near, reference

HDLM = {case["name"]: case for case in reference("hdlm")["hyperschedules_L8"]}
FAMILIES = ["block", "sliding", "hybrid_annealing"]
SIZES = list(itertools.product([1, 3, 4, 40], [1, 4, 9], [1, 3, 13]))


def _process(steps=1000, schedule=None, **hyperschedule):
    return build_process(
        {
            "num_timesteps": steps,
            "schedule": schedule or {"type": "loglinear"},
            "hyperschedule": hyperschedule,
        }
    )


def _walk(case):
    """Return a reference case's rows in the order of noising, after all clean."""
    return sorted(case["rows"], key=lambda row: -row["step"])


@pytest.mark.parametrize(
    ("name", "hyperschedule"),
    [
        ("simple_annealing(4,4)", {"type": "sliding", "width": 4, "levels": 4}),
        ("block_annealing(4,4)", {"type": "block", "width": 4, "levels": 4}),
        ("flat=block_annealing(8,4)", {"type": "block", "width": 8, "levels": 4}),
        (
            "hybrid_annealing(4,4,8)",
            {"type": "hybrid_annealing", "width": 4, "levels": 4},
        ),
    ],
)
def test_rows_times_and_noise_equal_hdlm(name, hyperschedule):
    case = HDLM[name]
    process = _process(schedule={"type": "loglinear", "epsilon": 5e-3}, **hyperschedule)
    rows = process.rows(8)
    expected = [row["tau"] for row in _walk(case)]
    assert rows[:-1].tolist() == expected
    assert (rows[-1] == 4).all()
    assert len(rows) - 1 == case["max_step"] - 1
    hdlm = _process(
        schedule={"type": "loglinear", "epsilon": 5e-3},
        **hyperschedule,
        level_map="hdlm",
    )
    times = np.arange(len(rows) - 1) / (len(rows) - 1)
    sigma = hdlm.position_sigma(times, 8)
    for got, row in zip(sigma, _walk(case), strict=True):
        assert got == near(process.sigma(np.array(row["t"])), rel=1e-6)
        assert got == near(row["sigma"], rel=1e-5)
    full = hdlm.position_sigma(1.0, 8)
    assert full == near(np.full(8, process.sigma(1 - 1e-4)), rel=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("width", "levels", "length"), SIZES)
def test_rows_rise_from_clean_to_full(family, width, levels, length):
    rows = _process(type=family, width=width, levels=levels).rows(length)
    assert rows.dtype == np.int64
    assert (rows[0] == 0).all()
    assert (rows[-1] == levels).all()
    assert rows[1].any(), "only row 0 is all clean"
    assert (rows[-2] < levels).any(), "only the last row is all full"
    assert (np.diff(rows, axis=0) >= 0).all(), "noise is never taken back"
    assert (np.diff(rows, axis=1) >= 0).all(), "the left is cleaned first"


@pytest.mark.parametrize(("width", "levels", "length"), SIZES)
def test_a_block_sweeps_while_earlier_ones_are_clean_and_later_ones_full(
    width, levels, length
):
    rows = _process(type="block", width=width, levels=levels).rows(length)
    expected = [[0] * length]
    for last in range(length, 0, -1):  # the last clean position but one sweep more
        if (last - 1) % width == 0:
            start, stop = last - 1, min(last - 1 + width, length)
            for level in range(1, levels + 1):
                row = [0] * start + [level] * (stop - start)
                expected.append(row + [levels] * (length - stop))
    assert rows.tolist() == expected


def _simple_annealing(width, levels, length):
    """HDLM's rule, step by step: enter by ones, then move on by the clean ones."""
    ramp = [round(i * (levels - 1) / max(width - 1, 1)) for i in range(width)]
    stride = ramp.count(0)
    walk = [[levels] * length]
    left = 1 - width
    while any(walk[-1]):
        shown = [0] * max(left, 0) + ramp[max(-left, 0) :]
        walk.append((shown + [levels] * length)[:length])
        left += 1 if left < 0 else stride
    return walk[::-1]


@pytest.mark.parametrize(("width", "levels", "length"), SIZES)
def test_a_ramp_slides_as_hdlm_moves_it(width, levels, length):
    rows = _process(type="sliding", width=width, levels=levels).rows(length)
    assert rows.tolist() == _simple_annealing(width, levels, length)


def _hybrid_annealing(width, levels, length):
    """HDLM's rule, block by block, without the clean rows a short last one adds."""
    walk = [[levels] * length]
    for start in range(0, length, width):
        for step in range(levels + width - 1):
            row = list(walk[-1])
            for j in range(min(width, length - start)):
                row[start + j] = max(levels - 1 - max(step - j, 0), 0)
            walk.append(row)
    while not any(walk[-2]):
        walk.pop()
    return walk[::-1]


@pytest.mark.parametrize(("width", "levels", "length"), SIZES)
def test_ramps_inside_blocks_fall_as_hdlms_do(width, levels, length):
    hyperschedule = {"type": "hybrid_annealing", "width": width, "levels": levels}
    rows = _process(**hyperschedule).rows(length)
    assert rows.tolist() == _hybrid_annealing(width, levels, length)


def test_the_ramps_of_hdlms_own_examples():
    for width, levels, ramp in [
        (4, 4, [0, 1, 2, 3]),
        (4, 8, [0, 2, 5, 7]),
        (4, 2, [0, 0, 1, 1]),
        (1, 5, [0]),
    ]:
        process = _process(type="sliding", width=width, levels=levels)
        sliding = process.hyperschedule
        assert sliding.ramp(np.arange(width)).tolist() == ramp
        assert sliding.stride == ramp.count(0)


@pytest.mark.parametrize("family", FAMILIES)
def test_width_one_is_one_position_at_a_time(family):
    rows = _process(type=family, width=1, levels=1).rows(4)
    expected = [[int(i >= 4 - row) for i in range(4)] for row in range(5)]
    assert rows.tolist() == expected


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("steps", [1, 3, 16, 17, 1000])
def test_timesteps_take_their_rows_by_integer_arithmetic(family, steps):
    process = _process(steps=steps, type=family, width=3, levels=5)
    rows = process.rows(10)
    count = len(rows) - 1
    table = process.sigma(np.arange(6) / 5)
    clean = np.zeros((steps, 10), np.int64)
    for k in range(steps):
        expected = table[rows[((k + 1) * count + steps - 1) // steps]]
        assert (process.position_sigma((k + 1) / steps, 10) == expected).all()
    noised = process.noise(clean, np.arange(steps), seed=1).resampled
    by_time = process.noise(clean, t=(np.arange(steps) + 1) / steps, seed=1).resampled
    assert (noised == by_time).all()


def test_real_times_take_the_next_row_but_forgive_a_billionth():
    def row(t):
        time = NoiseTime(given=np.array([t]), is_timestep=False, num_timesteps=1)
        return time.find_rows(3).item()

    assert [row(t) for t in (0.0, 1e-9, 1e-8, 1 / 3, 0.34, 1.0)] == [0, 1, 1, 1, 2, 3]
    assert row(1e-10) == 0
    assert row(2 / 3 + 1e-10) == 2


def test_all_positions_have_full_noise_at_the_end_and_none_at_the_start():
    for family in FAMILIES:
        process = _process(type=family, width=4, levels=6)
        assert (process.position_sigma(1.0, 11) == process.sigma(1.0)).all()
        assert (process.position_sigma(0.0, 11) == 0.0).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("level_map", ["linear", "hdlm"])
def test_padding_takes_no_part(family, level_map):
    process = _process(type=family, width=3, levels=4, level_map=level_map)
    rng = np.random.default_rng(3)
    tokens = rng.integers(0, 50257, (4, 12))
    lengths = np.array([12, 5, 1, 0])
    for kwargs in ({"t": 0.55}, {"timestep": [3, 400, 999, 10]}):
        padded = process.noise(tokens, seed=9, lengths=lengths, **kwargs).tokens
        for row, length in enumerate(lengths):
            own = kwargs
            if "timestep" in kwargs:
                own = {"timestep": kwargs["timestep"][row]}
            if length:
                alone = process.noise(
                    tokens[row : row + 1, :length], seed=9, sequence_ids=[row], **own
                )
                assert (padded[row, :length] == alone.tokens[0]).all()
            assert (padded[row, length:] == tokens[row, length:]).all()


def test_a_table_of_rows_too_large_is_refused_before_it_is_made():
    process = _process(type="block", width=1, levels=1 << 16)
    with pytest.raises(EngineError) as caught:
        process.rows(1 << 20)
    assert (caught.value.field, caught.value.code) == ("length", "too_large")


def test_a_ramp_far_longer_than_the_row_costs_no_more_than_the_row():
    process = _process(type="sliding", width=1 << 24, levels=1 << 16)
    assert process.position_sigma(1.0, 5).tolist() == [process.sigma(1.0)] * 5
    assert process.noise([1, 2, 3], 500, seed=1).tokens.shape == (3,)


def test_long_rows_are_noised_without_that_table():
    process = _process(type="sliding", width=32, levels=32)
    sigma = process.position_sigma(0.5, 1 << 20)
    assert sigma[0] == 0.0
    assert sigma[-1] == process.sigma(1.0)


@pytest.mark.parametrize(
    ("hyperschedule", "field", "code"),
    [
        ({"type": "block", "width": 0}, "width", "out_of_range"),
        ({"type": "sliding", "width": (1 << 24) + 1}, "width", "out_of_range"),
        ({"type": "block", "levels": 0}, "levels", "out_of_range"),
        ({"type": "block", "levels": (1 << 16) + 1}, "levels", "out_of_range"),
        ({"type": "block", "levels": 2.5}, "levels", "not_an_integer"),
        ({"type": "sliding", "level_map": "HDLM"}, "level_map", "unknown_name"),
        (
            {"type": "sliding", "levels": 1, "level_map": "hdlm"},
            "levels",
            "out_of_range",
        ),
        ({"type": "sliding", "weight": 3}, "weight", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(hyperschedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**hyperschedule)
    assert (caught.value.field, caught.value.code) == (f"hyperschedule.{field}", code)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_canonical_form_names_every_parameter(family):
    assert _process(type=family).spec["hyperschedule"] == {
        "type": family,
        "width": 32,
        "levels": 32,
        "level_map": "linear",
    }
