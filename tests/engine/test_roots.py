"""The root search finds a root, or reports that none exists, and always ends."""

import math

import numpy as np
import pytest

from noising.engine import EngineError
from noising.engine.arrays import quiet
from noising.engine.roots import TOLERANCE, increasing_root
from tests.engine.references import near


class Counted:
    """A function for the search, which counts how often it is asked for a place."""

    def __init__(self, value, rate):
        self.value, self.rate = value, rate
        self.places = 0

    def __call__(self, place, target):
        self.places += place.size
        return self.value(place) - target, self.rate(place)


@quiet
def _roots(function, targets, guesses, low=-np.inf, high=np.inf):
    return increasing_root(
        function,
        np.array(targets, np.float64),
        np.array(guesses, np.float64),
        low=low,
        high=high,
        field="schedule",
        way_out="try another",
    )


FUNCTIONS = {
    "line": (lambda x: x, np.ones_like, lambda y: y),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, np.cbrt),
    "exponential": (np.exp, np.exp, np.log),
    "logarithm of one plus": (
        lambda x: np.logaddexp(0.0, x),
        lambda x: 1.0 / (1.0 + np.exp(-x)),
        lambda y: y + np.log(-np.expm1(-y)),
    ),
    "nearly a step": (
        lambda x: np.tanh(40 * x),
        lambda x: 40 / np.cosh(40 * x) ** 2,
        lambda y: np.arctanh(y) / 40,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("guess", [-600.0, -3.0, 0.0, 0.01, 5.0, 600.0])
def test_the_root_is_found_from_any_guess(name, guess):
    value, rate, inverse = FUNCTIONS[name]
    targets = np.array([1e-3, 0.3, 0.5, 0.9])
    function = Counted(value, rate)
    assert _roots(function, targets, np.full(4, guess)) == near(
        inverse(targets), rel=1e-12
    )
    assert function.places < 4 * 200


@pytest.mark.parametrize(
    "rate",
    [
        lambda x: np.full_like(x, np.inf),  # a Newton step of nothing
        lambda x: np.zeros_like(x),
        lambda x: np.full_like(x, np.nan),
        lambda x: -np.exp(x),
        lambda x: 1e-9 * np.exp(x),
        lambda x: 1e9 * np.exp(x),
    ],
)
def test_a_wrong_derivative_costs_steps_and_nothing_else(rate):
    function = Counted(np.exp, rate)
    root = _roots(function, [1.0, 7.0], [40.0, -40.0], low=-700.0, high=700.0)
    assert root == pytest.approx([0.0, math.log(7.0)], abs=1e-9)
    assert function.places <= 2 * 200


def test_a_root_that_is_guessed_is_returned_as_it_is():
    function = Counted(np.exp, np.exp)
    assert _roots(function, [1.0], [0.0]).tolist() == [0.0]
    assert function.places == 1


def test_each_element_is_solved_on_its_own():
    value, rate, _ = FUNCTIONS["logarithm of one plus"]
    targets = np.geomspace(1e-200, 700.0, 40)
    guesses = np.linspace(-3.0, 3.0, 40)
    together = _roots(Counted(value, rate), targets, guesses)
    alone = [
        float(_roots(Counted(value, rate), [target], [guess])[0])
        for target, guess in zip(targets, guesses, strict=True)
    ]
    assert together.tolist() == alone


def test_nothing_to_solve_is_no_error():
    assert _roots(Counted(np.exp, np.exp), [], []).shape == (0,)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.tanh, "the function never gets there"),
        (lambda x: np.where(x < 0.3, 0.0, 4.0), "it jumps over the target"),
        (lambda x: np.full_like(x, np.nan), "it has no value"),
        (lambda x: np.full_like(x, 5.0), "it is constant"),
        (lambda x: 2.0 + 1e-7 * np.sin(1e13 * x), "rounding noise hides it"),
    ],
)
def test_what_does_not_solve_the_equation_is_never_returned(value, why):
    function = Counted(value, np.ones_like)
    with pytest.raises(EngineError) as caught:
        _roots(function, [2.0 + 1e-6], [0.0], low=-700.0, high=700.0)
    assert (caught.value.field, caught.value.code) == ("schedule", "not_solved")
    assert f"{TOLERANCE:g}" in caught.value.rule, why
    assert caught.value.way_out == "try another"
    assert function.places <= 200


def test_a_root_too_far_from_the_guess_is_not_walked_to():
    function = Counted(lambda x: np.where(x < 1e200, -1.0, 1.0), np.ones_like)
    with pytest.raises(EngineError):
        _roots(function, [0.0], [0.0])
    assert function.places == 200


def test_one_element_without_a_root_spoils_the_call():
    with pytest.raises(EngineError):
        _roots(Counted(np.tanh, np.ones_like), [0.5, 2.0], [0.0, 0.0], high=700.0)


def test_a_root_beyond_the_limits_is_not_looked_for():
    with pytest.raises(EngineError):
        _roots(Counted(np.exp, np.exp), [1e3], [0.0], low=-1.0, high=1.0)
    edge = _roots(Counted(np.exp, np.exp), [math.e], [0.0], low=-1.0, high=1.0)
    assert edge.tolist() == [1.0]
