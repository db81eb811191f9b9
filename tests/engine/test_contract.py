"""One contract for every valid pair of schedule and graph."""

import itertools
import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.examples import PAIRS, data_ids, example

# Strictly inside intervals of the grid of 20 timesteps, early to late.
TIMES = np.array([0.0, 0.013, 0.21, 0.48, 0.63, 0.87, 0.987, 1.0])


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def process(request):
    return example(*request.param)


@pytest.fixture
def x0(process):
    return np.array(data_ids(process))


def test_marginals_are_distributions(process, x0):
    q = process.marginal(x0[:, None], TIMES)
    assert q.shape == (len(x0), len(TIMES), process.num_states)
    assert np.abs(q.sum(axis=-1) - 1.0).max() < 1e-14
    assert q.min() >= 0.0


def test_kernels_are_distributions_and_carry_marginals_on(process, x0):
    states = np.arange(process.num_states)
    for s, t in itertools.pairwise(TIMES):
        kernel = process.kernel(states, s, t)
        assert np.abs(kernel.sum(axis=-1) - 1.0).max() < 1e-14
        assert kernel.min() >= 0.0
        carried = process.marginal(x0, s) @ kernel
        assert carried == pytest.approx(process.marginal(x0, t), rel=1e-9, abs=1e-15)


def test_kernels_compose(process):
    states = np.arange(process.num_states)
    two = process.kernel(states, 0.21, 0.48) @ process.kernel(states, 0.48, 0.87)
    assert process.kernel(states, 0.21, 0.87) == pytest.approx(two, rel=1e-9, abs=1e-15)


def test_at_one_time_the_kernel_is_the_identity(process):
    states = np.arange(process.num_states)
    for t in (0.0, 0.5, 1.0):
        assert (process.kernel(states, t, t) == np.eye(process.num_states)).all()


def test_the_posterior_is_bayes_rule(process, x0):
    states = np.arange(process.num_states)
    s, t = 0.21, 0.63
    prior = process.marginal(x0, s)
    kernel = process.kernel(states, s, t)
    joint = prior[:, None, :] * kernel.T[None]
    total = joint.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        expected = np.where(total > 0, joint / total, np.nan)
    got = process.posterior(states[None, :], x0[:, None], s, t)
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-15, nan_ok=True)


def test_score_ratios_are_quotients_of_marginals(process, x0):
    states = np.arange(process.num_states)
    q = process.marginal(x0, 0.48)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = q[:, None, :] / np.where(q > 0, q, np.nan)[:, :, None]
    got = process.score_ratio(states[None, :], x0[:, None], 0.48)
    assert got == pytest.approx(expected, rel=1e-12, nan_ok=True)


def _generator(process, t):
    """The rate matrix by its effect over short times, extrapolated to none."""
    states, identity = np.arange(process.num_states), np.eye(process.num_states)

    def quotient(h):
        return (process.kernel(states, t, t + h) - identity) / h

    rates = 2.0 * quotient(1e-6) - quotient(2e-6)
    return np.where(np.abs(rates) < 1e-8, 0.0, rates)


def test_score_entropy_equals_its_sum_over_the_generator(process, x0):
    rng = np.random.default_rng(1)
    t = 0.63
    rates = _generator(process, t)
    for clean in x0:
        q = process.marginal(clean, t)
        for at in np.flatnonzero(q > 0):
            log_score = rng.normal(size=process.num_states)
            expected = 0.0
            for y in range(process.num_states):
                if y == at or rates[y, at] == 0.0:
                    continue
                r, s = q[y] / q[at], math.exp(log_score[y])
                cost = s if r == 0 else s - r - r * (log_score[y] - math.log(r))
                expected += rates[y, at] * cost
            got = process.score_entropy(log_score, at, clean, t)
            assert got == pytest.approx(expected, rel=2e-5, abs=1e-6)


def test_score_entropy_is_zero_at_the_true_ratio(process, x0):
    states = np.arange(process.num_states)
    for t in (0.013, 0.48, 0.987):
        ratio = process.score_ratio(states[None, :], x0[:, None], t)
        with np.errstate(divide="ignore"):
            log_score = np.where(ratio > 0, np.log(ratio), -800.0)
        log_score = np.nan_to_num(log_score, nan=0.0)
        loss = process.score_entropy(log_score, states[None, :], x0[:, None], t)
        biggest = np.nanmax(ratio, initial=1.0) * max(1.0, process.dsigma(t))
        possible = ~np.isnan(ratio[..., 0])
        assert (np.isnan(loss) == ~possible).all()
        assert np.abs(loss[possible]).max() <= 1e-12 * biggest


def test_the_nelbo_weight_is_its_definition(process, x0):
    states = np.arange(process.num_states)
    t, clean = 0.63, x0[-1]
    if process.spec["graph"]["type"] in ("banded", "nearest_neighbor", "rate_matrix"):
        with pytest.raises(EngineError) as caught:
            process.nelbo_weight(states, clean, t)
        assert caught.value.code == "not_rank_one"
        return
    got = process.nelbo_weight(states, clean, t)
    q = process.marginal(clean, t)
    if process.graph.CROSS_ENTROPY:
        weight = process.dsigma(t) / math.expm1(process.sigma(t))
        expected = np.where(states == process.mask_id, weight, 0.0)
    else:
        source = x0[0] if x0[0] != clean else x0[1]
        rates = _generator(process, t)
        into = rates[source].copy()
        into[source] = rates[clean, source]
        expected = into / np.where(q > 0, q, 1.0)
    expected = np.where(q > 0, expected, np.nan)
    assert got == pytest.approx(expected, rel=2e-5, abs=1e-6, nan_ok=True)


def test_dsigma_is_the_derivative_of_sigma(process):
    h = 1e-4
    for t in (0.013, 0.21, 0.48, 0.63, 0.87, 0.987):
        steps = np.array([-2, -1, 1, 2]) * h
        far_left, left, right, far_right = process.sigma(t + steps)
        slope = (far_left - 8 * left + 8 * right - far_right) / (12 * h)
        assert process.dsigma(t) == pytest.approx(slope, rel=1e-6)


def test_information_equals_brute_force_and_its_complement(process, x0):
    prior = np.zeros(process.vocab_size)
    prior[x0] = np.arange(1, len(x0) + 1)
    p = prior / prior.sum()
    for t in TIMES:
        joint = p[x0, None] * process.marginal(x0, t)
        outcome = joint.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = joint * np.log(joint / (p[x0, None] * outcome))
        told = math.fsum(np.nan_to_num(terms).ravel())
        total = -math.fsum(p[x0] * np.log(p[x0]))
        got = process.mutual_information(t, prior)
        assert got == pytest.approx(told, rel=1e-10, abs=1e-14)
        doubt = process.conditional_entropy(t, prior)
        assert doubt == pytest.approx(total - told, rel=1e-10, abs=1e-13)


def test_information_never_grows(process):
    told = process.mutual_information(np.linspace(0.0, 1.0, 41))
    assert (np.diff(told) <= 1e-12).all()


def test_the_chance_of_a_change_is_what_the_marginals_put_elsewhere(process, x0):
    weights = np.zeros(process.vocab_size)
    weights[x0] = 1.0 + np.arange(len(x0))
    for prior in (None, weights):
        p0 = process.graph.prior(prior)[x0]
        elsewhere = process.marginal(x0[:, None], TIMES)
        elsewhere[np.arange(len(x0)), :, x0] = 0.0
        expected = p0 @ elsewhere.sum(axis=-1)
        got = process.change_chance(TIMES, prior)
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-300)
        assert process.change_chance(0.48, prior) == got[3]


def test_the_divergence_from_the_limit_equals_brute_force(process, x0):
    limit = process.limit()
    assert limit.sum() == pytest.approx(1.0, abs=1e-14)
    prior = np.zeros(process.vocab_size)
    prior[x0] = 1.0 / len(x0)
    for t in TIMES:
        q = process.marginal(x0, t)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(q > 0, q * np.log(q / limit), 0.0)
        expected = float(prior[x0] @ terms.sum(axis=1))
        got = process.kl_to_limit(t, prior)
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_the_limit_is_where_everything_ends(process):
    states = np.arange(process.num_states)
    end = process.graph.marginal(
        np.array(data_ids(process)), np.full(len(data_ids(process)), np.inf)
    )
    assert end == pytest.approx(np.tile(process.limit(), (len(end), 1)), abs=1e-15)
    assert len(states) == process.limit().size


def test_the_specification_survives_a_round_trip(process):
    again = build_process(process.spec)
    assert again.spec == process.spec
    assert again.fingerprint == process.fingerprint


def test_shapes_follow_the_arguments(process, x0):
    token = int(x0[0])
    size = process.num_states
    assert process.marginal(token, 0.5).shape == (size,)
    assert process.posterior(token, [[token]], 0.2, 0.5).shape == (1, 1, size)
    assert process.score_ratio([token, token], token, 0.5).shape == (2, size)
    loss = process.score_entropy(np.zeros((4, size)), token, token, 0.5)
    assert loss.shape == (4,)
    assert isinstance(process.score_entropy(np.zeros(size), token, token, 0.5), float)
