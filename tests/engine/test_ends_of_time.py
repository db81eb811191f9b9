"""Exact quantities where noise is infinite, absent, or tiny.

There 0, infinity and numbers beyond float64 meet in quotients and products. Literals
were computed with mpmath to 60 digits from the definitions.
"""

import itertools
import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.examples import GRAPHS, SCHEDULES, VOCAB, data_ids
from tests.engine.references import near

STEPS = 10
FALLING_TO_ZERO = [1 - (k + 1) / STEPS for k in range(STEPS - 1)] + [0.0]
EXTREME = {
    **SCHEDULES,
    "custom": {"type": "custom", "alphas": FALLING_TO_ZERO},
    "all noise": {"type": "custom", "alphas": [0.5] + [0.0] * (STEPS - 1)},
    "no noise": {"type": "custom", "alphas": [1.0] * 5 + [0.5] * 5},
    "least noise": {"type": "custom", "sigmas": [1e-310] * STEPS},
    "cosine to 0": {"type": "cosine", "max_beta": 1},
    "d3pm_cosine to 0": {"type": "d3pm_cosine", "max_beta": 1},
    "loglinear to 0": {"type": "loglinear", "epsilon": 0},
    "steep start": {"type": "polynomial", "exponent": 0.5},
    "steep end": {"type": "power", "exponent": 0.5},
    "steep sigmoid": {"type": "sigmoid", "tau": 1e-3},
    "much noise": {"type": "linear_sigma", "sigma_min": 0, "sigma_max": 5000},
    "sedd_entropy to 0": {"type": "sedd_entropy", "epsilon": 0},
    "gidd without uniform noise": {"type": "gidd", "p_uniform": 0},
}
PAIRS = [
    (schedule, graph)
    for schedule, graph in itertools.product(EXTREME, GRAPHS)
    if GRAPHS[graph]["type"] != "gidd" or EXTREME[schedule]["type"] == "gidd"
]
_BEFORE_AND_AFTER = [0.9, np.nextafter(0.9, 1.0), 0.95, 1.0 - 2.0**-53, 1.0]
TIMES = np.array([0.0, 5e-324, 1e-305, 1e-16, 0.05, 0.5, *_BEFORE_AND_AFTER])


def _process(schedule, graph, vocab_size=VOCAB, steps=STEPS):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": steps,
            "schedule": schedule,
            "graph": graph,
        }
    )


def _with_alpha(alpha, graph, **more):
    schedule = {"type": "custom", "alphas": [alpha]}
    return _process(schedule, graph, steps=1, **more)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_every_quantity_of_a_possible_pair_is_a_number(pair):
    schedule, graph = pair
    process = _process(EXTREME[schedule], GRAPHS[graph])
    t = TIMES[:, None, None]
    x0 = np.array(data_ids(process))[:, None]
    xt = np.arange(process.num_states)
    for name in ("sigma", "dsigma", "alpha", "move_chance", "log_snr"):
        assert not np.isnan(getattr(process, name)(TIMES)).any()
    assert np.isfinite(process.limit()).all()
    chances = process.marginal(x0, t)[:, :, 0, :]
    assert np.isfinite(chances).all()
    possible = chances > 0.0
    assert not np.isnan(process.score_ratio(xt, x0, t)[possible]).any()
    for score in (-800.0, 0.0, 720.0):
        scores = np.full(process.num_states, score)
        loss = process.score_entropy(scores, xt, x0, t)
        assert not np.isnan(loss[possible]).any()
        assert (loss[possible] >= 0.0).all()
    if GRAPHS[graph]["type"] not in ("banded", "nearest_neighbor", "rate_matrix"):
        weight = process.nelbo_weight(xt, x0, t)
        assert not np.isnan(weight[possible]).any()
        assert (weight[possible] >= 0.0).all()
    earlier = np.concatenate([[0.0], TIMES[:-1]])[:, None, None]
    rows = process.kernel(xt, earlier[:, 0], t[:, 0])
    assert np.abs(rows.sum(axis=-1) - 1.0).max() < 1e-14
    assert rows.min() >= 0.0
    if schedule != "least noise":  # where sums of parts of it round to nothing
        posterior = process.posterior(xt, x0, earlier, t)[possible]
        assert np.abs(posterior.sum(axis=-1) - 1.0).max() < 1e-14
    for prior in (None, _some_never_drawn(process)):
        for name in ("mutual_information", "conditional_entropy", "change_chance"):
            assert (getattr(process, name)(TIMES, prior) >= 0.0).all()
        assert (process.kl_to_limit(TIMES, prior) >= 0.0).all()


def _some_never_drawn(process):
    weights = np.zeros(VOCAB)
    weights[data_ids(process)[-2:]] = 1.0, 1e-318
    return weights


@pytest.mark.parametrize("graph", ["absorbing", "absorbing inside", "hdlm_epsilon"])
def test_a_table_that_ends_in_0_has_the_weights_of_its_formula(graph):
    """The table is loglinear's with epsilon 0: at timesteps 1/t up to rounding."""
    process = _process(EXTREME["custom"], GRAPHS[graph])
    formula = _process(EXTREME["loglinear to 0"], GRAPHS[graph])
    x0, mask = data_ids(process)[0], process.mask_id
    assert process.nelbo_weight(mask, x0, 1.0) == near(1.0, rel=1e-14)
    assert formula.nelbo_weight(mask, x0, 1.0) == 1.0
    # In the last interval alpha is 0, and what it lost on the way is spread evenly.
    assert process.nelbo_weight(mask, x0, [0.91, 0.99]) == near([1.0, 1.0], rel=1e-14)
    assert (process.nelbo_weight(x0, x0, [0.5, 0.9]) == 0.0).all()
    assert np.isnan(process.nelbo_weight(x0, x0, [0.91, 1.0])).all()


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "custom", "alphas": [0.5] + [0.0] * (STEPS - 1)},
        {"type": "custom", "alphas": FALLING_TO_ZERO},
        {"type": "cosine", "max_beta": 1},
        {"type": "d3pm_cosine", "max_beta": 1, "s": 0},
    ],
)
def test_the_weights_hold_all_of_alpha_that_is_lost(schedule):
    """The integral of weight·P(mask) is that of -alpha': alpha(0) - alpha(1) = 1."""
    process = _process(schedule, {"type": "absorbing"})
    nodes, shares = np.polynomial.legendre.leggauss(20)
    starts = np.arange(STEPS)[:, None] / STEPS
    times = (starts + (nodes + 1.0) / 2.0 / STEPS).ravel()
    rate = process.nelbo_weight(process.mask_id, 0, times) * process.move_chance(times)
    integral = rate @ np.tile(shares / 2.0 / STEPS, STEPS)
    assert integral == near(1.0, rel=1e-12)


def test_where_nothing_is_left_nothing_is_lost():
    schedule = {"type": "custom", "alphas": [0.5, 0.0, 0.0]}
    process = _process(schedule, {"type": "absorbing"}, steps=3)
    times = [1 / 3, 0.5, 2 / 3, 0.9, 1.0]
    expected = [3 * math.log(2), 1.5, 1.5, 0.0, 0.0]  # dsigma/expm1(sigma) first
    assert process.nelbo_weight(VOCAB, 0, times) == pytest.approx(expected, rel=1e-14)


def test_the_entropy_schedule_of_masks_keeps_its_weight_to_the_end():
    for graph in ("absorbing", "hdlm_epsilon"):
        process = _process(EXTREME["sedd_entropy to 0"], GRAPHS[graph])
        weights = process.nelbo_weight(process.mask_id, 0, [0.5, 1.0])
        assert weights == near([2.0, 1.0], rel=1e-12)


@pytest.mark.parametrize("schedule", ["steep start", "gidd"])
def test_a_rate_without_end_into_no_token_is_no_weight(schedule):
    """At t = 0 dsigma is infinite, but none of the noise draws these tokens."""
    gamma = _process(EXTREME[schedule], {"type": "hdlm_gamma", "gamma": 0})
    assert gamma.dsigma(0.0) == math.inf
    assert gamma.nelbo_weight(3, 3, [0.0, 0.5]).tolist() == [0.0, 0.0]
    marginal = _process(EXTREME[schedule], GRAPHS["marginal"])  # counts[3] is 0
    assert marginal.nelbo_weight(3, 3, [0.0, 0.5]).tolist() == [0.0, 0.0]
    assert marginal.score_entropy(np.zeros(VOCAB), 3, 3, 0.0) == 0.0
    assert marginal.nelbo_weight(0, 0, 0.0) == math.inf


def test_a_weight_is_finite_where_its_factors_are_not():
    """dsigma is 1e-310 and so is 1 - alpha, up to t."""
    schedule = {"type": "linear_sigma", "sigma_min": 0, "sigma_max": 1e-310}
    process = _process(schedule, {"type": "uniform"})
    assert process.nelbo_weight(0, 1, 0.5) == near(2.0, rel=1e-12)
    # s = r everywhere but at x_0, whose ratio 5/1e-310·2 only counts times its rate.
    loss = process.score_entropy(np.zeros(VOCAB), 0, 1, 0.5)
    log_ratio = math.log(10.0) + 310 * math.log(10.0)
    assert loss == near(2.0 * (log_ratio - 1.0), rel=1e-12)


def test_scores_that_exceed_their_ratio_beyond_all_exponentials_cost_what_they_are():
    process = _process(
        {"type": "loglinear"}, {"type": "uniform"}, vocab_size=50257, steps=1000
    )
    scores = np.zeros(50257)
    got = process.score_entropy(scores, 0, 0, 1e-305)  # every ratio is 2e-310
    assert got == near(0.99898012217203573629, rel=1e-13)
    got = process.score_entropy(scores, 1, 0, 1e-305)  # that of x_0 is 5e309
    assert got == near(7.1211435898321959992e307, rel=1e-12)


def test_a_score_may_overflow_where_its_cost_does_not():
    process = _process({"type": "loglinear"}, {"type": "uniform"}, vocab_size=50257)
    scores = np.full(50257, -math.inf)
    scores[1] = 715.0  # e^715 is not in float64's range, e^715/50257 is
    scores[0] = 0.0
    ratio = process.score_ratio(0, 0, 0.5)
    got = process.score_entropy(np.where(scores == 715, 715, np.log(ratio)), 0, 0, 0.5)
    expected = math.exp(715.0 - math.log(50257)) * process.dsigma(0.5)
    assert got == near(expected, rel=1e-12)


def test_a_score_of_0_is_infinitely_wrong_only_where_there_is_a_ratio():
    process = _process({"type": "loglinear"}, {"type": "absorbing"})
    scores = np.full(VOCAB + 1, -math.inf)
    assert process.score_entropy(scores, VOCAB, 2, 0.5) == math.inf
    scores[2] = math.log(process.score_ratio(VOCAB, 2, 0.5)[2])
    assert process.score_entropy(scores, VOCAB, 2, 0.5) == 0.0


def test_rates_of_a_table_that_are_0_or_beyond_products_give_no_nan():
    rates = [0.0] * 5 + [1e308] * 5
    sigmas = list(range(1, STEPS + 1))
    schedule = {"type": "custom", "sigmas": sigmas, "rates": rates}
    process = _process(schedule, {"type": "uniform"})
    infinite = np.array([0.0, math.inf, 0.0, 0.0, 0.0])
    assert process.score_entropy(infinite, 0, 0, 0.5) == 0.0  # the rate is 0
    assert process.score_entropy(infinite, 0, 0, 1.0) == math.inf
    assert process.nelbo_weight(0, 1, 1.0) == near(1e308, rel=1e-3)


def test_states_that_the_limit_leaves_are_infinitely_far_from_it():
    rates = [[-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1], [0, 0, 1, -1]]
    graph = {"type": "rate_matrix", "rates": rates}
    process = _process(EXTREME["custom"], graph, vocab_size=4)
    assert process.limit().tolist() == [0.0, 0.0, 0.5, 0.5]
    assert process.kl_to_limit([0.0, 0.5, 1.0]).tolist() == [math.inf, math.inf, 0.0]
    weighted = process.kl_to_limit(0.5, [1, 0, 0, 1])
    assert weighted == math.inf
    # Tokens of the closed class never leave it, whatever the others would do.
    alpha_squared = 0.5**2  # the two states mix at rate 2
    inside = process.kl_to_limit(0.5, [0, 0, 1, 1])
    p = (1 + alpha_squared) / 2
    assert inside == near(
        math.log(2) + p * math.log(p) + (1 - p) * math.log(1 - p), rel=1e-12
    )


@pytest.mark.parametrize("graph", ["uniform", "hdlm_gamma 1", "marginal"])
def test_a_prior_beyond_the_range_of_its_quotients_keeps_its_information(graph):
    """The prior [1, 1e-318] has the entropy 1e-318·(318·log 10 + 1)."""
    process = _process({"type": "loglinear", "epsilon": 0}, GRAPHS[graph])
    prior = [1.0, 1e-318, 0.0, 0.0, 0.0]
    expected = 1e-318 * (318 * math.log(10.0) + 1.0)
    told = process.mutual_information([0.0, 1.0], prior)
    assert told == pytest.approx([expected, 0.0], rel=1e-4, abs=0.0)
    assert process.conditional_entropy(0.0, prior) == 0.0


def test_a_base_that_draws_a_token_almost_never_has_a_divergence():
    """log(1/p) of what is drawn with p = 1e-300, times its alpha."""
    graph = {"type": "marginal", "counts": [1e-300, 1.0]}
    process = _with_alpha(0.5, graph, vocab_size=2)
    expected = 0.5 * (math.log(0.5) + 300 * math.log(10.0)) + 0.5 * math.log(0.5)
    assert process.kl_to_limit(1.0, [1, 0]) == near(expected, rel=1e-13)


def test_information_at_the_least_noise_and_the_most():
    spec = {"type": "linear_sigma", "sigma_min": 0, "sigma_max": 735}
    process = _process(spec, {"type": "absorbing"})
    alpha = float(process.alpha(1.0))
    assert 0.0 < alpha < 1e-318
    assert process.mutual_information(1.0) == pytest.approx(
        alpha * math.log(5), rel=1e-3, abs=0.0
    )
    uniform = _process(spec, {"type": "uniform"})
    wrong = 735e-318 * 0.8  # the chance of another token at t = 1e-318
    doubt = wrong * (1.0 - math.log(wrong) + math.log(4.0))
    got = uniform.conditional_entropy(1e-318)
    assert got == pytest.approx(doubt, rel=1e-4, abs=0.0)
    assert uniform.mutual_information(1e-318) == near(math.log(5), rel=1e-15)
    assert uniform.kl_to_limit(1e-318) == near(math.log(5), rel=1e-15)


def test_the_largest_sigma_is_the_limit():
    """The product of noise and rate is beyond float64; the matrix is not."""
    schedule = {"type": "linear_sigma", "sigma_min": 0, "sigma_max": 1.7e308}
    process = _process(schedule, GRAPHS["banded"])
    assert process.marginal(0, [0.5, 1.0]) == near(np.full((2, VOCAB), 0.2), rel=1e-12)


def test_rates_too_far_apart_for_a_limit_are_refused():
    graph = {"type": "rate_matrix", "rates": [[-1e100, 1e100], [1e-300, -1e-300]]}
    with pytest.raises(EngineError) as caught:
        _process({"type": "loglinear"}, graph, vocab_size=2)
    assert (caught.value.field, caught.value.code) == ("graph.rates", "too_far_apart")


@pytest.mark.parametrize(
    "counts", [[1e-320] * VOCAB, [1e308] * VOCAB, [5e-324] * VOCAB]
)
def test_only_the_ratios_of_counts_matter(counts):
    process = _process({"type": "loglinear"}, {"type": "marginal", "counts": counts})
    assert process.limit() == near(np.full(VOCAB, 0.2), rel=1e-15)
    assert process.mutual_information(0.5) == near(
        _process({"type": "loglinear"}, {"type": "uniform"}).mutual_information(0.5),
        rel=1e-13,
    )


def test_a_count_whose_share_float64_cannot_hold_is_refused():
    graph = {"type": "marginal", "counts": [1, 1, 1e-320, 1, 1]}
    with pytest.raises(EngineError) as caught:
        _process({"type": "loglinear"}, graph)
    assert (caught.value.field, caught.value.code) == (
        "graph.counts[2]",
        "out_of_range",
    )


@pytest.mark.parametrize("prior", [[1e308] * VOCAB, [5e-324] * VOCAB])
def test_only_the_ratios_of_a_prior_matter(prior):
    process = _process({"type": "loglinear"}, {"type": "uniform"})
    expected = process.mutual_information(0.5)
    assert process.mutual_information(0.5, prior) == near(expected, rel=1e-14)
