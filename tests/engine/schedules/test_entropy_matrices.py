"""The entropy schedule over graphs given by a matrix."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.information.octaves import FIRST_NOISE, OctaveInformation
from noising.engine.roots import TOLERANCE
from tests.engine.references import near

RNG = np.random.default_rng(5)


def _process(vocab_size, graph, steps=1000, **schedule):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": steps,
            "graph": graph,
            "schedule": {"type": "sedd_entropy", **schedule},
        }
    )


def _path(length):
    edges = [[i, i + 1] for i in range(length - 1)]
    return {"type": "nearest_neighbor", "edges": edges}


def _rates(off):
    rates = np.array(off, np.float64)
    np.fill_diagonal(rates, 0.0)
    rates -= np.diag(rates.sum(axis=1))
    return {"type": "rate_matrix", "rates": rates.tolist()}


def _cycle(leaving):
    return _rates(np.roll(np.diag(leaving), 1, axis=1))


EVEN = np.ones((3, 3))
GRAPHS = {
    "two": (_path(2), 2, None),
    "path": (_path(9), 9, [5, 4, 3, 2, 1, 1, 1, 1, 0]),
    "banded": ({"type": "banded"}, 27, None),
    "banded, hardly": ({"type": "banded", "beta": 0.01}, 27, None),
    "even": (_rates(EVEN), 3, None),
    "one way round": (_cycle(np.ones(20)), 20, None),
    "down to one": (_rates(np.diag(np.ones(9), 1)), 10, None),
    "fast and slow": (_rates(np.exp(20 * RNG.normal(size=(8, 8)))), 8, None),
    "rare": (_path(3), 3, [1e-30, 1.0, 1e-12]),
    "nearly two": (
        _rates([[0, 1, 1e-9, 0], [1, 0, 0, 0], [1e-9, 0, 0, 1], [0, 0, 1, 0]]),
        4,
        None,
    ),
}
TIMES = np.concatenate(
    [
        [1e-9, 1e-6, 1e-3],
        np.linspace(0.01, 0.99, 99),
        1.0 - np.geomspace(1e-3, 1e-7, 5),
    ]
)


@pytest.fixture(params=GRAPHS, scope="module")
def case(request):
    graph, vocab_size, prior = GRAPHS[request.param]
    return _process(vocab_size, graph, epsilon=1e-8, prior=prior), prior


def test_it_loses_information_along_a_straight_line(case):
    process, prior = case
    lost, left = (1 - 1e-8) * TIMES, (1 - TIMES) + 1e-8 * TIMES
    start = process.mutual_information(0.0, prior)
    early = lost < 0.5
    doubt = process.conditional_entropy(TIMES[early], prior)
    assert doubt == near(lost[early] * start, rel=1e-11)
    told = process.mutual_information(TIMES[~early], prior)
    # The quantity comes from a matrix whose rounding hides what little is left.
    assert told == pytest.approx(left[~early] * start, rel=1e-10, abs=1e-15 * start)


def test_noise_rises_and_its_rate_is_the_derivative(case):
    process, _ = case
    assert (np.diff(process.sigma(TIMES)) > 0.0).all()
    assert (np.diff(process.sigmas) > 0.0).all()
    for t in (1e-9, 1e-4, 0.2, 0.45, 0.55, 0.9, 0.9999):
        h = 1e-4 * min(t, 1 - t)
        points = process.sigma(t + h * np.array([-2, -1, 1, 2]))
        slope = (points @ np.array([1, -8, 8, -1])) / (12 * h)
        assert process.dsigma(t) == near(slope, rel=2e-7)


def test_it_begins_at_once_and_ends_where_nothing_is_left(case):
    process, _ = case
    assert process.sigma(0.0) == 0.0
    assert np.isfinite(process.sigma(1.0))
    tiny = process.sigma([5e-324, 1e-310, 1e-200, 1e-100, 1e-30])
    assert (tiny[:2] < 1e-290).all()
    assert (np.diff(tiny[1:]) > 0.0).all()


# By mpmath 1.4 with 60 to 260 digits: the matrix from its eigenvectors, the root by
# bisection; epsilon = 1e-3.
@pytest.mark.parametrize(
    ("graph", "vocab_size", "prior", "times", "sigmas"),
    [
        (
            _path(20),
            20,
            None,
            [0.001, 0.5, 1.0],
            [3.076771675420684e-4, 1.359425925035451, 197.5230066748158],
        ),
        (_path(27), 27, None, [0.01], [0.004703813479114798]),
        (
            _rates(5e-4 * EVEN),
            3,
            None,
            [0.3, 0.5, 0.95, 1.0],
            [83.4306782, 181.943378, 941.462108, 2267.69381],
        ),
        (
            {"type": "banded"},
            2,
            None,
            [0.1, 0.5, 0.9],
            [1.03773673e12, 9.79566879e12, 3.93001099e13],
        ),
        (
            _path(2),
            2,
            [1e-16, 1],
            [0.001, 0.5, 0.501, 1.0],
            [
                6.2134548831062396e-19,
                5.9516243268268735e-9,
                6.1809234793774051e-9,
                0.99345463998235938,
            ],
        ),
        (
            _path(2),
            2,
            [1e-100, 1],
            [0.001, 0.5, 0.501, 1.0],
            [
                6.0159406624020222e-102,
                5.4030080152614318e-51,
                6.807215068306881e-51,
                0.54908854671773123,
            ],
        ),
    ],
)
def test_total_noise_equals_values_by_other_means(
    graph, vocab_size, prior, times, sigmas
):
    process = _process(vocab_size, graph, prior=prior)
    assert process.sigma(times) == near(sigmas, rel=5e-9)
    assert (np.diff(process.sigmas) > 0.0).all()
    assert process.kernel(0, times[0], 1.0).min() >= 0.0


def test_a_digit_more_is_right_too():
    process = _process(20, _path(20))
    exact = [3.076771675420684e-4, 1.359425925035451, 197.5230066748158]
    assert process.sigma([0.001, 0.5, 1.0]) == near(exact, rel=1e-13)


@pytest.mark.parametrize("scale", [1e-90, 3e-7, 1e90])
def test_rates_times_a_number_give_noise_divided_by_it(scale):
    off = np.random.default_rng(2).random((5, 5))
    times = np.concatenate([[1e-100, 1e-12], np.linspace(0.0, 1.0, 41)])
    process, scaled = (_process(5, _rates(c * off)) for c in (1.0, scale))
    assert scale * scaled.sigma(times) == near(process.sigma(times), rel=1e-12)
    assert scale * scaled.dsigma(times) == near(process.dsigma(times), rel=1e-10)


def test_the_end_may_be_as_close_as_float64_can_tell():
    for graph, vocab_size in [(_path(9), 9), ({"type": "banded"}, 5)]:
        process = _process(vocab_size, graph, epsilon=0)
        sigma = process.sigma(1.0 - 2.0 ** -np.arange(20.0, 54.0))
        # Far away the slowest of the decays is left: I falls by 2 where sigma grows
        # by log(2)/(2·rate).
        assert np.diff(sigma)[5:] == near(np.full(28, np.diff(sigma)[-1]), rel=1e-6)
        assert process.sigma(1.0) == math.inf
        deep = _process(vocab_size, graph, epsilon=1e-100).sigma(1.0)
        per_halving = np.diff(sigma)[-1] / math.log(2)
        expected = sigma[-1] + per_halving * math.log(2.0**-53 / 1e-100)
        assert deep == near(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("graph", "vocab_size", "schedule"),
    [
        # The asymmetric cycle's information goes down in ever faster waves.
        (_cycle(0.1 + RNG.random(20)), 20, {"prior": (RNG.random(20) ** 3).tolist()}),
        # exp(-2·690) is no float64.
        (_path(5), 5, {"epsilon": 1e-300}),
        (_path(5), 5, {"prior": [1e-320, 1.0, 1.0, 1.0, 1.0]}),
    ],
)
def test_what_cannot_be_solved_is_refused_when_it_is_built(graph, vocab_size, schedule):
    with pytest.raises(EngineError) as caught:
        _process(vocab_size, graph, **{"epsilon": 0, **schedule})
    assert (caught.value.field, caught.value.code) == ("schedule", "not_solved")
    assert "raise epsilon" in caught.value.way_out


def test_a_graph_too_slow_for_float64_is_refused():
    with pytest.raises(EngineError) as caught:
        _process(3, _rates(1e-101 * EVEN))
    assert (caught.value.field, caught.value.code) == ("graph.rates", "too_small")
    with pytest.raises(EngineError) as caught:
        _process(2, {"type": "banded", "beta": 0.024})
    assert (caught.value.field, caught.value.code) == ("graph.beta", "no_step")


def _exponents(function):
    def doublings(sigma):
        while True:
            yield float(function(sigma))
            sigma *= 2.0

    return doublings


def test_octaves_agree_with_the_function_between_their_points():
    def function(sigma):
        return sigma * np.log1p(1.0 / sigma) + 0.01 * sigma**2

    curve = OctaveInformation.of(2.0, FIRST_NOISE, 40.0, _exponents(function))
    sigma = np.geomspace(1e-13, 50.0, 1001)
    y, left = function(sigma), np.exp(-function(sigma))
    assert curve.conditional_entropy(sigma)[0] == near(-2 * np.expm1(-y), rel=1e-12)
    assert curve.information(sigma)[0] == near(2 * left, rel=1e-11)
    rate = np.log1p(1 / sigma) - 1 / (1 + sigma) + 0.02 * sigma
    assert curve.information(sigma)[1] == near(-2 * left * rate, rel=1e-10)
    with np.errstate(all="ignore"):
        assert curve.information(np.array([0.0, np.inf]))[0].tolist() == [2.0, 0.0]
    below = np.array([1e-300, 1e-100, 1e-20, 0.9 * FIRST_NOISE])
    bent = below * (np.log1p(below) - np.log(below))
    assert curve.conditional_entropy(below)[0] == near(2 * bent, rel=1e-11)


def test_below_the_octaves_a_line_stays_a_line():
    curve = OctaveInformation.of(2.0, FIRST_NOISE, 40.0, _exponents(lambda s: 3.0 * s))
    below = np.array([0.0, 1e-300, 1e-20])
    with np.errstate(all="ignore"):
        doubt, rate = curve.conditional_entropy(below)
    assert doubt == near(6.0 * below, rel=1e-12)
    assert rate == near(np.full(3, -6.0), rel=1e-12)


@pytest.mark.parametrize(
    "noise", [lambda s: 1e-3 * np.sin(1e5 * s), lambda s: np.where(s > 0.1, 0.1, 0.0)]
)
def test_octaves_end_where_they_are_not_resolved(noise):
    def function(sigma):
        return sigma * (1.0 + noise(sigma))

    curve = OctaveInformation.of(1.0, FIRST_NOISE, 40.0, _exponents(function))
    last = curve.first * 2.0 ** curve.coefficients.shape[1]
    assert 1e-6 < last < 0.2
    sigma = np.geomspace(1e-13, 0.999 * last, 500)
    told = curve.conditional_entropy(sigma)[0]
    assert told == near(-np.expm1(-function(sigma)), rel=TOLERANCE)
    assert curve.information(np.array([1.001 * last]))[0] == 0.0


def test_what_is_noise_from_the_start_has_no_octaves():
    noise = np.random.default_rng(1)
    values = _exponents(lambda sigma: sigma * noise.uniform(1.0, 1.01))
    with pytest.raises(EngineError) as caught:
        OctaveInformation.of(1.0, FIRST_NOISE, 40.0, values)
    assert caught.value.code == "not_solved"
    with pytest.raises(EngineError) as caught:
        OctaveInformation.of(1.0, FIRST_NOISE, 40.0, _exponents(lambda _: np.nan))
    assert caught.value.code == "not_solved"
