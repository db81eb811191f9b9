import numpy as np

from noising.curves import position_alphas
from noising.engine import build_process
from noising.engine.arrays import FloatArray


def test_columns_are_the_timesteps_of_the_process() -> None:
    specification = {
        "vocab_size": 27,
        "num_timesteps": 11,
        "schedule": {"type": "loglinear"},
        "hyperschedule": {"type": "weights", "weights": [1.0, 2.0, 4.0]},
    }
    process = build_process(specification)
    alphas = position_alphas(process, 11)
    assert alphas.shape == (3, 11)
    for timestep in (0, 5, 10):
        sigma = process.position_sigma((timestep + 1) / 11, 3)
        assert np.allclose(alphas[:, timestep], np.exp(-sigma), rtol=1e-12)
    # A higher weight is less noise.
    assert (np.diff(alphas[:, 5]) > 0).all()


def test_tokens_of_each_type_stand_in_turn() -> None:
    specification = {
        "vocab_size": 4,
        "hyperschedule": {"type": "token_types", "classes": {"critical": [2]}},
    }
    alphas = position_alphas(build_process(specification), 5)
    assert alphas.shape == (16, 5)
    assert np.ptp(alphas[:8], axis=0).max() == 0.0
    assert (alphas[:8, 2] > alphas[8:, 2]).all()


def test_tokens_stand_in_the_order_of_their_exponents() -> None:
    def alphas_of(exponents: dict[str, float]) -> FloatArray:
        hyperschedule = {"type": "token_exponents", "exponents": exponents}
        specification = {"vocab_size": 300, "hyperschedule": hyperschedule}
        return position_alphas(build_process(specification), 5)

    few = alphas_of({"2": 3.0, "1": 0.5, "7": 3.0})
    assert few.shape == (24, 5)
    assert (few[:8, 2] < few[8:16, 2]).all()
    assert (few[8:16, 2] < few[16:, 2]).all()
    many = alphas_of({str(i): 1.0 + i / 100 for i in range(300)})
    assert many.shape == (128, 5)
    assert (np.diff(many[::8, 2]) > 0).all()
