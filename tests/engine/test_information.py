"""Information quantities against brute force, closed forms and a reference file."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.arrays import quiet
from noising.engine.graphs import GRAPH_TYPES
from noising.engine.information import (
    InformationCurve,
    complements,
    divergence_term,
    entropy,
    xlogx,
)
from tests.engine.references import near

REFERENCE = Path(__file__).parent / "reference"
MUTUAL = json.loads((REFERENCE / "mutual_information.json").read_text())


def _brute_force(prior, channel):
    """I(x_t; x_0) from the joint distribution, channel[x, y] = q(y | x)."""
    joint = prior[:, None] * channel
    outcome = joint.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = joint * np.log(joint / (prior[:, None] * outcome))
    return math.fsum(np.nan_to_num(terms).ravel())


def _process(graph, vocab_size, alpha):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": 1,
            "schedule": {"type": "custom", "alphas": [alpha]},
            "graph": {"type": graph},
        }
    )


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("alpha", [1.0, 0.999, 0.6, 0.1, 1e-3, 0.0])
@pytest.mark.parametrize("zipf", [False, True])
def test_mutual_information_equals_brute_force(graph, alpha, zipf):
    size = 8
    process = _process(graph, size, alpha)
    weights = 1.0 / np.arange(1, size + 1) if zipf else np.ones(size)
    prior = weights / weights.sum()
    channel = process.marginal(np.arange(size), 1.0)
    expected = _brute_force(prior, channel)
    got = process.mutual_information(1.0, prior=weights if zipf else None)
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-14)
    doubt = process.conditional_entropy(1.0, prior=weights if zipf else None)
    assert doubt == pytest.approx(entropy(prior) - expected, rel=1e-12, abs=1e-14)


def test_a_prior_with_unused_tokens_is_handled():
    process = _process("uniform", 4, 0.5)
    prior = np.array([0.5, 0.5, 0.0, 0.0])
    channel = process.marginal(np.arange(4), 1.0)
    expected = _brute_force(prior, channel)
    assert process.mutual_information(1.0, prior) == near(expected, rel=1e-13)
    lost = entropy(prior) - expected
    assert process.conditional_entropy(1.0, prior) == near(lost, rel=1e-13)


@pytest.mark.parametrize("vocab_size", [2, 8, 27, 256, 50257])
def test_the_entropy_schedule_equals_the_reference(vocab_size):
    reference = MUTUAL[f"uniform V={vocab_size}"]
    times = np.array(MUTUAL["t"])
    process = build_process(
        {
            "vocab_size": vocab_size,
            "schedule": {"type": "sedd_entropy", "epsilon": 0.0},
        }
    )
    alpha = np.array(reference["alpha"])
    assert np.abs(process.alpha(times) - alpha).max() < 1e-12
    told = process.mutual_information(times)
    assert np.abs(told - np.array(reference["MI"])).max() < 1e-12


def test_the_entropy_schedule_for_a_zipf_prior_equals_the_reference():
    prior = MUTUAL["marginal graph pi=p0=Zipf(8)"]["p0"]
    process = build_process(
        {
            "vocab_size": 8,
            "schedule": {"type": "sedd_entropy", "epsilon": 0.0, "prior": prior},
        }
    )
    expected = np.array(MUTUAL["uniform graph V=8, p0=Zipf(8)"]["alpha"])
    assert np.abs(process.alpha(np.array(MUTUAL["t"])) - expected).max() < 1e-12


@pytest.mark.parametrize(
    ("vocab_size", "alpha"), [(2, 0.7799), (27, 0.6733), (256, 0.6180), (50257, 0.5633)]
)
def test_half_of_the_information_is_left_at_half_time(vocab_size, alpha):
    process = build_process(
        {"vocab_size": vocab_size, "schedule": {"type": "sedd_entropy", "epsilon": 0.0}}
    )
    assert round(float(process.alpha(0.5)), 4) == alpha
    half = process.mutual_information(0.5) / math.log(vocab_size)
    assert half == pytest.approx(0.5, abs=1e-14)


@pytest.mark.parametrize("prior", [None, [3.0, 2.0, 1.0, 1.0, 1.0]])
def test_for_the_absorbing_graph_the_entropy_schedule_is_loglinear(prior):
    times = np.linspace(0.0, 1.0, 101)
    spec = {"vocab_size": 5, "graph": {"type": "absorbing"}}
    entropic = build_process(
        {**spec, "schedule": {"type": "sedd_entropy", "prior": prior}}
    )
    loglinear = build_process({**spec, "schedule": {"type": "loglinear"}})
    assert np.abs(entropic.alpha(times) - loglinear.alpha(times)).max() < 1e-12
    assert entropic.dsigma(times) == near(loglinear.dsigma(times), rel=1e-12)


@pytest.mark.parametrize("lost", [1e-12, 1e-6, 0.3, 0.49, 0.51, 0.9, 1 - 1e-9])
def test_information_and_its_complement_are_each_relatively_exact(lost):
    process = build_process(
        {"vocab_size": 1000, "schedule": {"type": "sedd_entropy", "epsilon": 0.0}}
    )
    total = math.log(1000)
    assert process.mutual_information(lost) == near((1 - lost) * total, rel=1e-13)
    assert process.conditional_entropy(lost) == near(lost * total, rel=1e-12)


def test_one_time_alone_gives_what_it_gives_among_others():
    prior = (1.0 / np.arange(1, 40)).tolist()
    process = build_process(
        {"vocab_size": 39, "schedule": {"type": "sedd_entropy", "prior": prior}}
    )
    times = np.linspace(0.0, 1.0, 400)
    together = process.sigma(times)
    assert [float(process.sigma(t)) for t in times[::37]] == together[::37].tolist()


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_the_slope_is_the_derivative_of_the_information(graph):
    curve = (
        GRAPH_TYPES[graph]
        .create({"mask_id": None}, 50)
        .information(1.0 / np.arange(1, 51))
    )
    sigma = np.array([1e-3, 0.1, 1.0, 4.0])
    step = 1e-5 * sigma
    rise = (curve.information(sigma + step)[0] - curve.information(sigma - step)[0]) / (
        2 * step
    )
    assert curve.information(sigma)[1] == near(rise, rel=1e-7)
    assert curve.conditional_entropy(sigma)[1] == near(rise, rel=1e-7)


def test_the_slope_stays_finite_where_far_tokens_are_out_of_reach():
    """At small noise the chance to get from end to end of a path is below 1e-300."""
    edges = [[i, i + 1] for i in range(59)]
    graph = GRAPH_TYPES["nearest_neighbor"].create({"edges": edges}, 60)
    curve = graph.information()
    sigma = np.array([1e-9, 1e-3, 0.1])
    step = 1e-4 * sigma
    before, after = (curve.conditional_entropy(sigma + s)[0] for s in (-step, step))
    slope = (before - after) / (2 * step)
    assert curve.information(sigma)[1] == near(slope, rel=1e-6)
    with np.errstate(divide="ignore"):
        assert curve.information(np.zeros(1))[1] == -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreeing(InformationCurve):
    """What is told and what is in doubt do not add up, by a share of the whole."""

    gap: float
    start: float = 2.0

    def information(self, sigma):
        return self.start * np.exp(-sigma), -self.start * np.exp(-sigma)

    def conditional_entropy(self, sigma):
        doubt = -self.start * (1.0 - self.gap) * np.expm1(-sigma)
        return doubt, -self.start * np.exp(-sigma)


@quiet
def test_a_curve_whose_halves_do_not_meet_has_no_solver():
    half = np.array([0.5])
    fine = Disagreeing(gap=0.0).solver(0.1)
    assert fine.sigma(half, half) == near([math.log(2.0)], rel=1e-14)
    with pytest.raises(EngineError) as caught:
        Disagreeing(gap=1e-6).solver(0.1)
    assert (caught.value.field, caught.value.code) == ("schedule", "not_solved")


def test_the_reference_brute_force_values_agree():

    for row in MUTUAL["closed_form_vs_brute_force"]:
        process = _process("uniform", 8, row["alpha"])
        got = process.mutual_information(1.0)
        assert got == pytest.approx(row["brute_uniform"], abs=1e-12)


@pytest.mark.parametrize("excess", [1e-12, -1e-8, 1e-3, 0.049, 0.051, -0.049, 0.5, 1e6])
def test_the_divergence_term_keeps_its_digits(excess):
    d = np.array([excess])
    got = float(divergence_term(d, np.log1p(d))[0])
    if abs(excess) < 0.1:  # the Taylor series, summed exactly
        terms = [(-1) ** n * excess**n / (n * (n - 1)) for n in range(2, 40)]
        expected = math.fsum(terms)
    else:
        expected = (1 + excess) * math.log1p(excess) - excess
    assert got == near(expected, rel=5e-14)


@pytest.mark.parametrize(
    ("t", "epsilon", "prior", "expected"),
    [
        (0.0, 1e-9, None, 1.8666162999184410337e-8),
        (1e-10, 1e-9, None, 1.8827106788561204081e-8),
        (0.5, 1e-9, None, 0.80471896555013168689),
        (0.0, 0.0, [7, 5, 3, 0, 0], 0.0),
        (1e-10, 0.0, [7, 5, 3, 0, 0], 1.0437570363314084985e-10),
    ],
)
def test_what_the_resampled_leave_in_doubt_is_no_difference(
    t, epsilon, prior, expected
):
    """Literals by mpmath from the joint distribution."""
    process = build_process(
        {
            "vocab_size": 5,
            "schedule": {"type": "loglinear", "epsilon": 0},
            "graph": {"type": "hdlm_epsilon", "epsilon": epsilon},
        }
    )
    assert process.conditional_entropy(t, prior) == near(expected, rel=1e-14)


CONCENTRATED = [1e12, 1.0, 1.0]


@pytest.mark.parametrize(
    ("alpha", "told", "doubt"),
    [
        (1.0, 5.7262042231744572332e-11, 0.0),
        (0.5, 1.3862943611148680301e-12, 5.5875747870629704302e-11),
        (1e-3, 5.9970059924921942475e-18, 5.726203623473857984e-11),
    ],
)
def test_a_prior_that_is_nearly_one_token_costs_no_digits(alpha, told, doubt):
    """Literals by mpmath from the joint distribution."""
    process = _process("uniform", 3, alpha)
    got = process.mutual_information(1.0, CONCENTRATED)
    assert got == near(told, rel=1e-14)
    got = process.conditional_entropy(1.0, CONCENTRATED)
    assert got == near(doubt, rel=1e-14)
    if alpha == 1.0:  # all of it, whatever the graph
        masks = _process("absorbing", 3, alpha).mutual_information(1.0, CONCENTRATED)
        assert masks == near(told, rel=1e-14)


def test_a_base_that_is_nearly_one_token_costs_no_digits():
    """Literals by mpmath from the joint distribution."""
    process = build_process(
        {
            "vocab_size": 3,
            "num_timesteps": 1,
            "schedule": {"type": "custom", "alphas": [0.5]},
            "graph": {"type": "marginal", "counts": CONCENTRATED},
        }
    )
    told, doubt = 2.6551579574226126436e-11, 3.0710462657518445896e-11
    assert process.mutual_information(1.0, CONCENTRATED) == near(told, rel=1e-14)
    assert process.kl_to_limit(1.0, CONCENTRATED) == near(told, rel=1e-14)
    assert process.conditional_entropy(1.0, CONCENTRATED) == near(doubt, rel=1e-14)
    changed = process.change_chance(1.0, CONCENTRATED)
    assert changed == near(1.999999999993e-12, rel=1e-14)


def test_the_rarest_tokens_keep_their_doubt():
    """H(x_0) = p·(1 - log p) of a token with p = 1e-150, among much more noise."""
    process = _process("uniform", 2, 1.0 - 1e-9)
    p = 1e-150
    move = process.move_chance(1.0)
    # x_0 = 1 is found in state 0 or 1; its share of either is about p over the rest.
    stay, away = p * (1.0 - move / 2.0), p * move / 2.0
    expected = stay * (1.0 - math.log(stay / (move / 2.0)))
    expected += away * (1.0 - math.log(away / (1.0 - move / 2.0)))
    assert process.conditional_entropy(1.0, [1.0, p]) == near(expected, rel=1e-13)


def test_complements_are_exact_where_a_share_is_nearly_all():
    shares = np.array([1e-20, 1.0, 2e-20])
    assert complements(shares) == near([1.0, 3e-20, 1.0], rel=1e-15)
    assert complements(np.array([0.25, 0.75])).tolist() == [0.75, 0.25]


def test_zero_times_its_logarithm_is_zero():
    assert xlogx(np.array([0.0, 1.0])).tolist() == [0.0, 0.0]
    assert entropy(np.array([0.5, 0.5, 0.0])) == near(math.log(2), rel=1e-15)


def test_large_alphabets_are_summed_in_blocks():
    size = 20_000
    process = _process("uniform", size, 0.3)
    prior = 1.0 / np.arange(1, size + 1)
    p = prior / prior.sum()
    b = 0.7 / size
    q = 0.3 * p + b
    same = (0.3 + b) * np.log((0.3 + b) / q)
    other = b * np.log(b / q)
    expected = math.fsum(p * same) + math.fsum((1 - p) * other)
    assert process.mutual_information(1.0, prior) == near(expected, rel=1e-11)
