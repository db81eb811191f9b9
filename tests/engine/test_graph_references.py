"""Graphs against values computed by the public research repositories.

Where a repository is wrong, brute force over its own definition decides.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from noising.engine import build_process
from noising.engine.graphs.matrices import gaussian_step

REFERENCE = Path(__file__).parent / "reference"
SEDD = json.loads((REFERENCE / "sedd_graph.json").read_text())
HDLM = json.loads((REFERENCE / "hdlm.json").read_text())
PROBE = json.loads((REFERENCE / "sedd_uniform_float32_probe.json").read_text())
D3PM = json.loads((REFERENCE / "d3pm_reimplemented.json").read_text())
SIGMAS = ["1e-08", "0.0001", "0.01", "0.1", "0.5", "1", "2", "5", "20"]


def _at(sigma, graph, vocab_size=5):
    """A process whose total noise at t = 1 is sigma, at unit rate over time sigma."""
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": 1,
            "schedule": {"type": "custom", "sigmas": [sigma]},
            "graph": graph,
        }
    )


@pytest.mark.parametrize("sigma", SIGMAS)
def test_uniform_transitions_equal_sedd(sigma):
    process = _at(float(sigma), {"type": "uniform"})
    expected = np.array(SEDD["uniform"]["transition"][sigma])
    got = process.marginal(SEDD["uniform"]["i"], 1.0)
    tolerance = 1e-8 if sigma == "1e-08" else 1e-12
    assert got == pytest.approx(expected, rel=tolerance, abs=1e-15)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_absorbing_transitions_equal_sedd(sigma):
    process = _at(float(sigma), {"type": "absorbing"})
    expected = np.array(SEDD["absorbing"]["transp_transition"][sigma])
    # transp_transition(i)[y] = q(x_t = i | x_0 = y), for y over all six states.
    columns = process.kernel(np.arange(6), 0.0, 1.0)[:, SEDD["absorbing"]["i"]].T
    tolerance = 1e-8 if sigma == "1e-08" else 1e-12
    assert columns == pytest.approx(expected, rel=tolerance, abs=1e-15)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_unit_rates_equal_sedd(graph):
    process = _at(1.0, {"type": graph})
    reference = SEDD[graph]
    rates = process.graph.rates_to(np.arange(process.num_states), np.ones(1))
    for i, row in zip(reference["i"], reference["rate"], strict=True):
        for y, rate in enumerate(row):
            if y != i:
                assert rates[y, i] == pytest.approx(rate, abs=1e-15)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("sigma", SIGMAS)
def test_score_entropy_equals_sedd_times_dsigma(graph, sigma):
    reference = SEDD[graph]["score_entropy"]
    process = _at(float(sigma), {"type": graph})
    got = process.score_entropy(
        reference["log_score"], reference["x"], reference["x0"], 1.0
    )
    expected = np.array(reference["by_sigma"][sigma])
    tolerance = {"1e-08": 1e-7, "0.0001": 1e-11}.get(sigma, 1e-12)
    assert got / process.dsigma(1.0) == pytest.approx(
        expected, rel=tolerance, abs=1e-15
    )


@pytest.mark.parametrize("vocab_size", [5, 27, 50257])
@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("sigma", SIGMAS)
def test_at_the_true_ratio_score_entropy_vanishes(vocab_size, graph, sigma):
    process = _at(float(sigma), {"type": graph}, vocab_size)
    moved = vocab_size if graph == "absorbing" else 1
    ratio = process.score_ratio([0, moved], 0, 1.0)
    with np.errstate(divide="ignore"):
        loss = process.score_entropy(
            np.maximum(np.log(ratio), -1e4), [0, moved], 0, 1.0
        )
    biggest = max(1.0, float(ratio.max()))
    assert np.abs(loss).max() <= 1e-12 * biggest


@pytest.mark.parametrize("vocab_size", sorted(PROBE["by_V"], key=int))
def test_the_uniform_ratio_keeps_its_digits_for_large_vocabularies(vocab_size):
    size = int(vocab_size)
    for sigma, row in PROBE["by_V"][vocab_size].items():
        ratio = _at(float(sigma), {"type": "uniform"}, size).score_ratio(0, 0, 1.0)[1]
        moved = -math.expm1(-float(sigma))
        exact = moved / (moved + size * math.exp(-float(sigma)))
        assert ratio == pytest.approx(exact, rel=1e-14)
        assert ratio == pytest.approx(row["ratio_exact"], rel=1e-8)


@pytest.mark.parametrize("gamma", ["0", "0.01", "0.1", "0.5", "1"])
@pytest.mark.parametrize("sigma", ["0.1", "1", "4"])
def test_hdlm_gamma_transitions_equal_the_matrix_exponential(gamma, sigma):
    graph = {"type": "hdlm_gamma", "gamma": float(gamma)}
    process = _at(float(sigma), graph)
    case = HDLM["cases"][gamma][sigma]
    # Column x0 of the reference is q(. | x0), rows of ours are.
    full = np.array(case["full_transition_columns"]).T
    assert process.kernel(np.arange(6), 0.0, 1.0) == pytest.approx(full, abs=2e-15)
    closed = case["closed_form"]
    q = process.marginal(0, 1.0)
    assert [q[0], q[1], q[5]] == pytest.approx(
        [closed["stay"], closed["other"], closed["mask"]], rel=1e-12, abs=1e-15
    )


@pytest.mark.parametrize("row", HDLM["score_entropy_check"])
def test_hdlm_gamma_ratios_are_exact_where_the_repository_is_not(row):
    process = _at(row["sigma"], {"type": "hdlm_gamma", "gamma": row["gamma"]})
    got = process.score_ratio(row["x"], row["x0"], 1.0)
    assert got == pytest.approx(np.array(row["exact_ratio"]), rel=1e-12)
    unmasked_same = process.score_ratio(2, 2, 1.0)[0]
    assert unmasked_same == pytest.approx(row["exact_r_unmasked_same"], rel=1e-12)
    assert unmasked_same != pytest.approx(row["repo_r_unmasked_same"], rel=0.1)
    loss = process.score_entropy(np.log(got), row["x"], row["x0"], 1.0)
    assert np.abs(loss).max() < 1e-12 * got.max()


def test_hdlm_limits_are_the_mask_unless_everything_is_resampled():
    for gamma, fraction in ((0.1, 1.0), (0.0, 1.0), (1.0, 0.0)):
        graph = {"type": "hdlm_gamma", "gamma": gamma}
        assert _at(1.0, graph).limit()[5] == pytest.approx(fraction, abs=1e-15)


def test_the_gaussian_step_equals_d3pm_text():
    expected = np.array(D3PM["gaussian text K=8 beta=0.5 (grid stop=K)"])
    assert gaussian_step(8, 0.5) == pytest.approx(expected, rel=1e-12)
    process = _at(1e-9, {"type": "banded", "beta": 0.5}, 8)
    rates = process.kernel(np.arange(8), 0.0, 1.0) / 1e-9
    off = ~np.eye(8, dtype=bool)
    assert rates[off] == pytest.approx(expected[off], rel=1e-6)


def test_small_entries_of_a_matrix_graph_are_relatively_exact():
    size, sigma = 30, 0.01
    edges = [[i, i + 1] for i in range(size - 1)]
    process = _at(sigma, {"type": "nearest_neighbor", "edges": edges}, size)
    row = process.marginal(0, 1.0)
    rate = 1.0 / (2.0 * (size - 1) / size)
    # Leading order (rate·sigma)^n/n!, next order by the total rates of leaving.
    for n in (1, 2, 3, 4, 5):
        leading = (rate * sigma) ** n / math.factorial(n)
        leaving = rate * (1.0 + 2.0 * n)
        first = 1.0 - sigma * leaving / (n + 1)
        assert row[n] == pytest.approx(leading * first, rel=3e-4)
    exact = expm(sigma * np.asarray(process.graph.propagator.rates))
    large = exact > 1e-6
    assert process.marginal(np.arange(size), 1.0)[large] == pytest.approx(
        exact[large], rel=1e-9
    )
