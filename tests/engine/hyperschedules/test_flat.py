"""The flat hyperschedule changes nothing."""

import numpy as np
import pytest

from noising.engine import EngineError, build_process, with_hyperschedule


def test_every_position_has_the_rows_noise():
    process = build_process({"hyperschedule": {"type": "flat"}})
    sigma = process.position_sigma([0.25, 0.5], 3)
    assert sigma.tolist() == np.repeat(process.sigma([[0.25], [0.5]]), 3, 1).tolist()
    assert process.position_sigma(0.5, 3).shape == (3,)
    assert process.spec["hyperschedule"] == {"type": "flat"}


def test_it_noises_like_no_hyperschedule_at_all():
    plain = build_process({"vocab_size": 9})
    flat = with_hyperschedule(plain, {"type": "flat"})
    tokens = np.arange(900).reshape(9, 100) % 9
    for timestep in (0, 300, 999):
        expected = plain.noise(tokens, timestep, seed=4).tokens
        assert (flat.noise(tokens, timestep, seed=4).tokens == expected).all()


def test_it_has_no_parameters():
    with pytest.raises(EngineError) as caught:
        build_process({"hyperschedule": {"type": "flat", "width": 3}})
    assert caught.value.code == "unknown_key"
