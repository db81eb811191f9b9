"""Each token's own power of the schedule's move chance, as GenMD4 has it."""

import numpy as np
import pytest
from scipy import stats

from noising.engine import EngineError, build_process
from noising.engine.hyperschedules.exponents import raise_chance
from tests.engine.references import near

FALSE_ALARM = 1e-10
EXPONENTS = {"3": 0.5, "1": 3.0, "4": 3.0}


def _process(exponents=EXPONENTS, vocab_size=6, **parameters):
    hyperschedule = {"type": "token_exponents", "exponents": exponents, **parameters}
    return build_process(
        {
            "vocab_size": vocab_size,
            "schedule": {"type": "loglinear", "epsilon": 0},
            "graph": {"type": "absorbing"},
            "hyperschedule": hyperschedule,
        }
    )


def test_a_token_moves_with_the_power_of_the_schedules_chance():
    """Source: Shi et al. 2024 (MD4), GenMD4: alpha = 1 - t^w."""
    tokens = np.arange(6)
    powers = np.array([2.0, 3.0, 2.0, 0.5, 3.0, 2.0])
    process = _process(default=2.0)
    for t in (1e-9, 0.2, 0.5, 0.99, 1.0):
        sigma = process.position_sigma(t, 6, tokens=tokens)
        assert -np.expm1(-sigma) == near(t**powers, rel=1e-13)


@pytest.mark.parametrize(
    ("sigma", "exponent", "expected"),
    [
        (1e-3, 2.5, 3.1583276614611325969e-8),
        (1e-12, 0.25, 0.00100050033358340837),
        (0.6931, 0.7, 0.95594641700600973092),
        (3.0, 7.0, 1.2020869281326678338),
        (50.0, 1e6, 36.184489442035725992),
        (599.0, 1e-3, 605.90775527898213703),
        (601.0, 1e5, 589.48707453502977158),
        (5000.0, 1e-6, 5013.8155105579642741),
        (1e-300, 0.01, 0.0010005003335835333565),
        (2.0, 1e6, 0.0),  # about 1e-63154
        (0.0, 0.5, 0.0),
        (np.inf, 7.0, np.inf),
        (1.2345, 1.0, 1.2345),
    ],
)
def test_the_power_keeps_its_digits(sigma, exponent, expected):
    """Expected: -log(1 - (1 - exp(-sigma))^w), by mpmath to 400 digits."""
    got = raise_chance(np.array([sigma]), np.array([exponent]))
    assert got == near([expected], rel=1e-14)


def test_the_tokens_that_move_have_that_law():
    process = _process(vocab_size=5)
    tokens = np.tile(np.arange(5), (200, 200))
    noised = process.noise(tokens, t=0.4, seed=3)
    for token, power in enumerate([1.0, 3.0, 1.0, 0.5, 3.0]):
        moved = noised.resampled[tokens == token]
        test = stats.binomtest(int(moved.sum()), moved.size, 0.4**power)
        assert test.pvalue > FALSE_ALARM


def test_tokens_of_exponent_1_move_as_without_the_hyperschedule():
    process = _process({"1": 5.0})
    plain = build_process(process.spec | {"hyperschedule": None})
    tokens = np.random.default_rng(0).integers(0, 6, (20, 30))
    for when in ({"timestep": 600}, {"t": np.linspace(0.0, 1.0, 20)}):
        ours = process.noise(tokens, seed=4, **when).tokens
        theirs = plain.noise(tokens, seed=4, **when).tokens
        assert (ours == theirs)[tokens != 1].all()
        assert (ours != theirs)[tokens == 1].any()


def test_many_exponents_cost_no_more_than_the_positions():
    exponents = {str(i): 1.0 + i / 1000 for i in range(0, 1000, 2)}
    process = _process(exponents, vocab_size=1000)
    tokens = np.random.default_rng(0).integers(0, 1000, (3, 700))
    short = np.concatenate(
        [
            process.position_sigma(0.3, 100, tokens=tokens[:, i : i + 100])
            for i in range(0, 700, 100)
        ],
        axis=1,
    )
    grouped = process.position_sigma(0.3, 700, tokens=tokens)
    powers = np.where(tokens % 2 == 0, 1.0 + tokens / 1000, 1.0)
    assert -np.expm1(-grouped) == near(0.3**powers, rel=1e-13)
    assert (short == grouped).all()
    apart = process.noise(tokens[:, :100], 500, seed=1).tokens
    assert (apart == process.noise(tokens, 500, seed=1).tokens[:, :100]).all()


def test_without_exponents_all_tokens_have_the_default():
    process = _process({}, default=2.0)
    sigma = process.position_sigma(0.5, 3, tokens=[0, 1, 2])
    assert -np.expm1(-sigma) == near([0.25] * 3, rel=1e-15)


def test_the_order_of_the_ids_has_no_meaning():
    one, other = _process({"3": 0.5, "10": 2}, 20), _process({"10": 2, "3": 0.5}, 20)
    assert one.fingerprint == other.fingerprint
    assert one.spec["hyperschedule"]["exponents"] == {"3": 0.5, "10": 2.0}


@pytest.mark.parametrize(
    ("parameters", "field", "code"),
    [
        ({"exponents": None}, ".exponents", "not_an_object"),
        ({"exponents": [1.0]}, ".exponents", "not_an_object"),
        ({"exponents": {5: 1.0}}, ".exponents", "not_an_object"),
        ({"exponents": {"05": 1.0}}, ".exponents.05", "not_an_id"),
        ({"exponents": {"-1": 1.0}}, ".exponents.-1", "not_an_id"),
        ({"exponents": {"1\n": 1.0}}, ".exponents.1\n", "not_an_id"),
        ({"exponents": {"6": 1.0}}, ".exponents.6", "out_of_range"),
        ({"exponents": {"5": 0.0}}, ".exponents.5", "out_of_range"),
        ({"exponents": {"5": True}}, ".exponents.5", "not_a_number"),
        ({"default": 1e7}, ".default", "out_of_range"),
    ],
)
def test_what_is_no_exponent_is_refused(parameters, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**parameters)
    expected = f"hyperschedule{field}", code
    assert (caught.value.field, caught.value.code) == expected


def test_the_exponents_are_required():
    spec = {"hyperschedule": {"type": "token_exponents"}}
    with pytest.raises(EngineError) as caught:
        build_process(spec)
    assert caught.value.code == "missing"


def test_noise_by_position_needs_the_tokens():
    with pytest.raises(EngineError) as caught:
        _process().position_sigma(0.5, 3)
    assert (caught.value.field, caught.value.code) == ("tokens", "missing")
    assert "`token_exponents`" in str(caught.value)
