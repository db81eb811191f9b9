"""All graphs noise the same positions for the same random words."""

import math

import numpy as np
import pytest
from scipy import stats

from noising.engine import build_process, with_hyperschedule
from noising.engine.randomness import Stream, sequence_key, uniform, word

FALSE_ALARM = 1e-10
SEED = 5
V = 11
RATES = [[-1.0, 1.0, 0.0], [0.5, -0.75, 0.25], [0.0, 2.0, -2.0]]


def _process(graph, vocab_size=V, **spec):
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "loglinear"}
    return build_process(
        {"vocab_size": vocab_size, "schedule": schedule, "graph": graph, **spec}
    )


def _words(row, i):
    key, gamma = sequence_key(SEED, row)
    u = math.ldexp(uniform(key, gamma, i), -53)
    v = word(key, gamma, i, Stream.REPLACE)
    w = math.ldexp(word(key, gamma, i, Stream.SECOND) >> 11, -53)
    return u, v, w


def _even(v):
    return ((v >> 24) * V) >> 40


def _hdlm_gamma(sigma, u, v, w, token):
    if w < -math.expm1(-0.7 * sigma):
        return V
    return _even(v) if u < -math.expm1(-0.3 * sigma) else token


def _hdlm_epsilon(sigma, u, v, w, token):
    if w < -math.expm1(-sigma):
        return V
    return _even(v) if u < 0.2 else token


def _even_but_5(v):
    drawn = ((v >> 24) * (V - 1)) >> 40
    return drawn + (drawn >= 5)


def _hdlm_gamma_inside(sigma, u, v, w, token):
    if w < -math.expm1(-0.7 * sigma):
        return 5
    return _even_but_5(v) if u < -math.expm1(-0.3 * sigma) else token


def _hdlm_epsilon_inside(sigma, u, v, w, token):
    if w < -math.expm1(-sigma):
        return 5
    return _even_but_5(v) if u < 0.9 else token


def _mixture(sigma, u, v, w, token):
    """With scale 1 and shift 0 the share of masks in the noise is 1 - alpha."""
    if u >= -math.expm1(-sigma):
        return token
    return V if w < -math.expm1(-sigma) else _even(v)


def _mixture_inside(sigma, u, v, w, token):
    """With scale -1 it is alpha."""
    if u >= -math.expm1(-sigma):
        return token
    return 5 if w < math.exp(-sigma) else _even_but_5(v)


def _marginal(sigma, u, v, w, token):
    bounds = np.cumsum(np.arange(V)) / (V * (V - 1) / 2)
    drawn = int(np.searchsorted(bounds, math.ldexp(v, -64), side="right"))
    return drawn if u < -math.expm1(-sigma) else token


@pytest.mark.parametrize(
    ("graph", "rule"),
    [
        ({"type": "hdlm_gamma", "gamma": 0.3}, _hdlm_gamma),
        ({"type": "hdlm_epsilon", "epsilon": 0.2}, _hdlm_epsilon),
        ({"type": "hdlm_gamma", "gamma": 0.3, "mask_id": 5}, _hdlm_gamma_inside),
        ({"type": "hdlm_epsilon", "epsilon": 0.9, "mask_id": 5}, _hdlm_epsilon_inside),
        ({"type": "mixture"}, _mixture),
        (
            {
                "type": "mixture",
                "share": {"type": "log_snr", "scale": -1},
                "mask_id": 5,
            },
            _mixture_inside,
        ),
        ({"type": "marginal", "counts": [float(i) for i in range(V)]}, _marginal),
    ],
)
def test_a_graph_follows_its_rule_at_every_time(graph, rule):
    process = _process(graph)
    tokens = np.random.default_rng(0).integers(0, V, (3, 40))
    for step in (0, 300, 800, 999):
        sigma = process.sigma(process.time(step))
        noised = process.noise(tokens, step, seed=SEED)
        for row in range(3):
            expected = [
                rule(sigma, *_words(row, i), token)
                for i, token in enumerate(tokens[row].tolist())
            ]
            assert noised.tokens[row].tolist() == expected


@pytest.mark.parametrize(
    "graph",
    [
        {"type": "uniform"},
        {"type": "absorbing"},
        {"type": "marginal", "counts": [3.0, 1.0, 0.0]},
        {"type": "hdlm_gamma"},
        {"type": "hdlm_epsilon"},
        {"type": "mixture"},
        {"type": "rate_matrix", "rates": RATES},
        {"type": "nearest_neighbor", "edges": [[0, 1], [1, 2]]},
        {"type": "banded"},
    ],
    ids=lambda graph: graph["type"],
)
@pytest.mark.parametrize("step", [50, 500, 999])
def test_noised_tokens_are_distributed_as_the_marginal_says(graph, step):
    process = _process(graph, vocab_size=3)
    tokens = np.repeat(np.arange(3), 20_000)
    noised = process.noise(tokens, step, seed=3)
    for token in range(3):
        chances = process.marginal(token, process.time(step))
        drawn = np.bincount(noised.tokens[tokens == token], minlength=chances.size)
        for state, chance in enumerate(chances):
            test = stats.binomtest(int(drawn[state]), 20_000, min(chance, 1.0))
            assert test.pvalue > FALSE_ALARM


@pytest.mark.parametrize("graph", ["hdlm_gamma", "hdlm_epsilon", "mixture"])
def test_a_second_event_counts_as_struck_and_stays_nested(graph):
    process = _process({"type": graph})
    tokens = np.random.default_rng(0).integers(0, V, (8, 200))
    before = np.zeros(tokens.shape, bool)
    for step in range(0, 1000, 111):
        noised = process.noise(tokens, step, seed=SEED)
        assert (noised.resampled >= noised.changed).all()
        assert (noised.resampled >= before).all()
        before = noised.resampled
    protect = np.random.default_rng(1).random(tokens.shape) < 0.3
    held = process.noise(tokens, 999, seed=SEED, protect=protect)
    free = process.noise(tokens, 999, seed=SEED)
    assert (held.resampled == (free.resampled & ~protect)).all()
    assert (held.tokens[protect] == tokens[protect]).all()


def test_a_matrix_graph_strikes_by_the_inverse_distribution_own_state_first():
    process = _process({"type": "rate_matrix", "rates": RATES}, vocab_size=3)
    tokens = np.random.default_rng(0).integers(0, 3, (4, 60))
    sigmas = np.linspace(0.0, 3.0, 4)
    times = np.asarray(
        [np.argmin(np.abs(process.sigma(np.arange(1000) / 1000) - s)) for s in sigmas]
    )
    noised = process.noise(tokens, times, seed=SEED)
    assert (noised.resampled == noised.changed).all()
    for row in range(4):
        for i, token in enumerate(tokens[row].tolist()):
            chances = process.marginal(token, process.time(times[row]))
            order = [token, *(y for y in range(3) if y != token)]
            bounds = np.cumsum(chances[order])
            u = _words(row, i)[0]
            place = int(np.searchsorted(bounds[:-1], u, side="right"))
            assert noised.tokens[row, i] == order[place]


def test_a_matrix_graph_takes_noise_by_position_and_protection():
    process = _process({"type": "banded"}, vocab_size=7)
    tokens = np.random.default_rng(0).integers(0, 7, (3, 50))
    protect = np.random.default_rng(1).random((3, 50)) < 0.3
    steps = np.arange(50) * 20
    spread = process.noise(tokens, np.tile(steps, (3, 1)), seed=SEED, protect=protect)
    assert (spread.tokens[protect] == tokens[protect]).all()
    for i in (0, 25, 49):
        single = process.noise(tokens, steps[i], seed=SEED, protect=protect)
        assert (single.tokens[:, i] == spread.tokens[:, i]).all()
    placed = with_hyperschedule(process, {"type": "sliding", "width": 8, "levels": 4})
    assert placed.noise(tokens, 999, seed=SEED).resampled.mean() > 0.6


def test_full_noise_and_none_are_exact_for_a_matrix():
    process = build_process(
        {
            "vocab_size": 3,
            "graph": {"type": "rate_matrix", "rates": RATES},
            "schedule": {"type": "loglinear", "epsilon": 0.0},
        }
    )
    tokens = np.zeros(3000, np.int64)
    assert not process.noise(tokens, t=0.0, seed=1).changed.any()
    drawn = np.bincount(process.noise(tokens, t=1.0, seed=1).tokens, minlength=3)
    assert stats.chisquare(drawn, 3000 * process.limit()).pvalue > FALSE_ALARM
