"""The contract of every hyperschedule: shapes, monotonicity, full noise."""

import numpy as np
import pytest

from noising.engine import HYPERSCHEDULE_TYPES, build_process, with_hyperschedule

LENGTH = 13
TOKENS = np.arange(3 * LENGTH).reshape(3, LENGTH) % 29
CLASSES = {"critical": [0, 3, 4], "variable": [5, 6, 7, 8]}
EXAMPLES = [
    {"type": "flat"},
    {"type": "weights", "weights": [1.0 + i % 4 for i in range(LENGTH)]},
    {"type": "weights", "weights": list(range(1, LENGTH + 1)), "calibrate": False},
    {"type": "token_types", "classes": CLASSES},
    {"type": "token_types", "classes": CLASSES, "calibrate": False},
    {"type": "token_exponents", "exponents": {"0": 3, "4": 0.2}, "default": 2},
    {"type": "token_exponents", "exponents": {str(i): 1 + i / 9 for i in range(29)}},
    {"type": "block"},
    {"type": "block", "width": 4, "levels": 3, "level_map": "hdlm"},
    {"type": "sliding", "width": 5, "levels": 2},
    {"type": "sliding", "width": 1, "levels": 7},
    {"type": "sliding", "width": 3, "levels": 9, "level_map": "hdlm"},
    {"type": "hybrid_annealing", "width": 5, "levels": 4},
    {"type": "hybrid_annealing", "width": 2, "levels": 2, "level_map": "hdlm"},
    {"type": "autoregressive"},
    {"type": "ar_diffusion"},
    {"type": "ar_diffusion", "anchor": [LENGTH + 1, 50]},
    {"type": "diffusion_forcing", "scheme": "pyramid"},
    {"type": "diffusion_forcing", "scheme": "trapezoid", "uncertainty_scale": 2.5},
    {"type": "diffusion_forcing", "scheme": "independent", "seed": 5},
    {"type": "matrix", "rows": [[2] * LENGTH, [1] * LENGTH], "levels": 2},
]
LOCAL_TIME = set(HYPERSCHEDULE_TYPES) - {"weights", "token_types", "token_exponents"}
PLAIN = build_process(
    {"vocab_size": 29, "num_timesteps": 50, "schedule": {"type": "loglinear"}}
)


def _name(hyperschedule):
    return ",".join(str(value)[:12] for value in hyperschedule.values())


@pytest.fixture(params=EXAMPLES, ids=_name)
def process(request):
    return with_hyperschedule(PLAIN, request.param)


def test_every_type_is_tried():
    assert {example["type"] for example in EXAMPLES} == set(HYPERSCHEDULE_TYPES)


@pytest.mark.parametrize("name", HYPERSCHEDULE_TYPES)
def test_every_type_documents_itself_and_its_parameters(name):
    kind = HYPERSCHEDULE_TYPES[name]
    assert kind.__doc__
    assert all(parameter.help for parameter in kind.PARAMETERS.values())


def test_noise_by_position_never_decreases_in_time(process):
    times = np.linspace(0.0, 1.0, 203)
    for tokens in TOKENS:
        sigma = process.position_sigma(times, LENGTH, tokens=tokens)
        assert (sigma >= 0.0).all()
        assert not (sigma[1:] < sigma[:-1]).any()


def test_at_the_end_all_positions_have_full_noise(process):
    spec = process.spec["hyperschedule"]
    sigma = process.position_sigma(1.0, LENGTH, tokens=TOKENS[0])
    if spec["type"] == "token_exponents":
        assert sigma.min() < PLAIN.sigma(1.0)
    elif spec["type"] not in LOCAL_TIME:
        assert sigma.min() < PLAIN.sigma(1.0) < sigma.max() or not spec["calibrate"]
    elif spec.get("level_map") == "hdlm":
        assert sigma == pytest.approx(np.full(LENGTH, PLAIN.sigma(1 - 1e-4)))
    else:
        assert (sigma == PLAIN.sigma(1.0)).all()


def test_the_result_has_the_shape_of_times_and_rows(process):
    one = process.position_sigma(0.4, LENGTH, tokens=TOKENS[0])
    assert one.shape == (LENGTH,)
    assert one.dtype == np.float64
    times = process.position_sigma([0.1, 0.4, 0.9], LENGTH, tokens=TOKENS)
    assert times.shape == (3, LENGTH)
    same = process.position_sigma([0.4, 0.4, 0.4], LENGTH, tokens=TOKENS)
    assert (same[0] == one).all()


def test_noising_uses_the_noise_it_reports(process):
    timesteps = np.array([7, 23, 49])
    noised = process.noise(TOKENS, timesteps, seed=11)
    sigma = process.position_sigma(process.time(timesteps), LENGTH, tokens=TOKENS)
    weights = np.where(sigma > 0.0, 1.0 / np.maximum(sigma, 1e-9), 1e9)
    assert noised.tokens.shape == TOKENS.shape
    assert not noised.resampled[sigma == 0.0].any()
    assert np.isfinite(weights).all()
    by_time = process.noise(TOKENS, t=process.time(timesteps), seed=11)
    assert (by_time.tokens == noised.tokens).all()


def test_a_row_does_not_depend_on_the_rows_beside_it(process):
    timesteps = np.array([7, 23, 49])
    together = process.noise(TOKENS, timesteps, seed=11).tokens
    for row in range(3):
        alone = process.noise(
            TOKENS[row], int(timesteps[row]), seed=11, sequence_ids=row
        )
        assert (alone.tokens == together[row]).all()


def test_the_specification_comes_back(process):
    again = build_process(process.spec)
    assert again.spec == process.spec
    assert again.fingerprint == process.fingerprint
    assert again.fingerprint != PLAIN.fingerprint
    assert with_hyperschedule(again, None).fingerprint == PLAIN.fingerprint
