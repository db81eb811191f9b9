"""One position at a time, and AR-Diffusion's line through an anchor."""

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import reference

AR = reference("ar_diffusion_hdlm_port")


def _process(steps=1000, **hyperschedule):
    return build_process(
        {
            "num_timesteps": steps,
            "schedule": {"type": "uniform"},
            "hyperschedule": hyperschedule,
        }
    )


def _local(process, t, length):
    """Return local times: with a constant rate they are shares of sigma(1)."""
    return process.position_sigma(t, length) / process.sigma(1.0)


@pytest.mark.parametrize("length", [1, 2, 9])
def test_autoregressive_noises_one_position_more_in_every_row(length):
    rows = _process(type="autoregressive").rows(length)
    assert len(rows) == length + 1
    for row, levels in enumerate(rows):
        assert levels.tolist() == [0] * (length - row) + [1] * row


def test_a_position_is_clean_or_fully_noised():
    process = _process(type="autoregressive")
    sigma = process.position_sigma(0.5, 10)
    assert sigma.tolist() == [0.0] * 5 + [process.sigma(1.0)] * 5
    assert process.spec["hyperschedule"] == {"type": "autoregressive"}


def test_local_times_equal_hdlms_port():
    process = _process(4, type="ar_diffusion")
    for case in AR["cases"]:
        got = _local(process, case["sentence_t"] / 12, 8)
        assert got == pytest.approx(case["f"], rel=1e-6, abs=1e-7)


def test_an_anchor_spelled_out_is_the_default_for_its_length():
    times = np.linspace(0.0, 1.0, 33)
    default = _process(4, type="ar_diffusion").position_sigma(times, 8)
    spelled = _process(4, type="ar_diffusion", anchor=[16, 4])
    assert (spelled.position_sigma(times, 8) == default).all()
    assert spelled.spec["hyperschedule"]["anchor"] == [16.0, 4.0]
    higher = _process(4, type="ar_diffusion", anchor=[16, 9])
    assert (higher.position_sigma(times, 8) >= default).all()


def test_shorter_rows_of_a_batch_have_their_own_line():
    process = _process(100, type="ar_diffusion")
    rng = np.random.default_rng(1)
    tokens = rng.integers(0, 50257, (2, 40))
    padded = process.noise(tokens, [30, 60], seed=2, lengths=[25, 40]).tokens
    alone = process.noise(tokens[0, :25], 30, seed=2).tokens
    assert (padded[0, :25] == alone).all()
    assert (padded[0, 25:] == tokens[0, 25:]).all()


@pytest.mark.parametrize(
    ("anchor", "code"),
    [
        ([16], "wrong_length"),
        ([16, 4, 2], "wrong_length"),
        ([], "wrong_length"),
        ([0, 4], "out_of_range"),
        ([16, -4], "out_of_range"),
        (16, "not_a_list"),
        ("16,4", "not_a_list"),
    ],
)
def test_a_bad_anchor_is_refused(anchor, code):
    with pytest.raises(EngineError) as caught:
        _process(4, type="ar_diffusion", anchor=anchor)
    assert caught.value.code == code
    assert caught.value.field.startswith("hyperschedule.anchor")


@pytest.mark.parametrize("anchor", [[8, 4], [7.5, 4], [16, 3.9]])
def test_an_anchor_that_does_not_lie_beyond_the_sequence_is_refused(anchor):
    process = _process(4, type="ar_diffusion", anchor=anchor)
    with pytest.raises(EngineError) as caught:
        process.position_sigma(0.5, 8)
    assert caught.value.field == "hyperschedule.anchor"
    assert caught.value.code == "out_of_range"


def test_there_are_no_rows_of_a_continuous_family():
    with pytest.raises(EngineError) as caught:
        _process(type="ar_diffusion").rows(8)
    assert caught.value.code == "no_rows"
