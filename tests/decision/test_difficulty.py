"""H(x_0 | x_t) by brute force over all x_0 and x_t of tiny alphabets."""

import itertools
import math

import numpy as np
import pytest

from noising.decision import Difficulties, NotComputedError, Reader
from noising.decision.chain import draw_rows, masked_entropies, posterior_entropies
from noising.decision.difficulty import fit_polynomial
from noising.decision.token_noise import MatrixNoise, MixtureNoise
from noising.engine import EngineError, build_process

V, L = 5, 3
ROWS = [np.random.default_rng(0).choice(4, 200, p=[0.5, 0.2, 0.2, 0.1]).cumsum() % 4]
SIGMA = np.array([0.3, 0.9, 0.5])
MIXTURES = [
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 4},
    {"type": "uniform"},
    {"type": "marginal", "counts": [1, 2, 0, 3, 1]},
    {"type": "hdlm_gamma"},
    {"type": "hdlm_epsilon"},
]


def build(graph, **further):
    spec = {"vocab_size": V, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
    return build_process(spec | {"graph": graph} | further)


class BruteForce:
    """All rows of L tokens and their chances under a reader."""

    def __init__(self, reader):
        follows = np.zeros((V, V))
        used = np.flatnonzero(reader.counts)
        for a, b in itertools.product(used, used):
            step = reader.steps[reader.classes[a], reader.classes[b]]
            follows[a, b] = step * reader.within[b]
        self.rows = np.array(list(itertools.product(range(V), repeat=L)))
        self.chances = reader.prior[self.rows[:, 0]]
        for i in range(1, L):
            self.chances *= follows[self.rows[:, i - 1], self.rows[:, i]]
        assert self.chances.sum() == pytest.approx(1.0)

    def entropies(self, channels):
        """Return H(x_0 | x_t), all x_t and their chances; channels are (L, V, S)."""
        noised = np.array(list(itertools.product(range(channels.shape[2]), repeat=L)))
        joint = self.chances[:, None] * np.ones(len(noised))
        for i in range(L):
            joint *= channels[i][np.ix_(self.rows[:, i], noised[:, i])]
        total = joint.sum(axis=0)
        entropies = []
        for i in range(L):
            of_token = np.array(
                [joint[self.rows[:, i] == token].sum(axis=0) for token in range(V)]
            )
            some = of_token > 0
            share = (of_token / np.where(total > 0, total, 1.0))[some]
            entropies.append(-(of_token[some] * np.log(share)).sum())
        return np.array(entropies), noised, total


def channels(process, sigma):
    """Return q(x_t | x_0), (L, V, S), at (L, V) total noise."""
    tokens = np.broadcast_to(np.arange(V), sigma.shape)
    return process.graph.marginal(tokens, sigma)


def average(reader, noise, noised, chances):
    """Return the mean of the posterior entropies over all x_t that occur."""
    occurs = chances > 0
    entropies = posterior_entropies(reader, noise, noised[occurs])
    return chances[occurs] @ entropies


@pytest.mark.parametrize("classes", [512, 3, 2])
def test_posteriors_are_those_of_all_rows(classes):
    reader = Reader.of_rows(ROWS, V, classes=classes)
    brute = BruteForce(reader)
    # The same noise for all tokens, and noise by two groups of tokens.
    group = np.array([0, 1, 1, 0, 1])
    for graph in MIXTURES:
        process = build(graph)
        for sigma, of_token in (
            (SIGMA[:, None], np.zeros(V, np.int64)),
            (np.array([[0.2, 0.8]]), group),
        ):
            by_token = np.broadcast_to(sigma, (L, sigma.shape[1]))[:, of_token]
            expected, noised, chances = brute.entropies(channels(process, by_token))
            noise = MixtureNoise.of(reader, process.graph, sigma[None], of_token)
            found = average(reader, noise, noised, chances)
            assert found == pytest.approx(expected, abs=1e-13), graph
        if graph["type"] == "absorbing":
            found = masked_entropies(reader, np.exp(-SIGMA)[None])[0]
            expected = brute.entropies(
                channels(process, np.repeat(SIGMA[:, None], V, axis=1))
            )[0]
            assert found == pytest.approx(expected, abs=1e-13)


def test_posteriors_under_a_matrix_are_those_of_all_rows():
    reader, process = Reader.of_rows(ROWS, V), build({"type": "banded", "beta": 2.0})
    expected, noised, chances = BruteForce(reader).entropies(
        channels(process, np.full((L, V), 0.7))
    )
    noise = MatrixNoise(reader=reader, graph=process.graph, sigma=0.7)

    assert average(reader, noise, noised, chances) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("graph", [*MIXTURES, {"type": "banded", "beta": 2.0}])
def test_rows_and_noise_are_drawn_by_their_chances(graph):
    reader, process = Reader.of_rows(ROWS, V, classes=3), build(graph)
    if graph["type"] == "banded":
        reader = Reader.of_rows(ROWS, V)
        noise = MatrixNoise(reader=reader, graph=process.graph, sigma=0.5)
        sigma = np.full((L, V), 0.5)
    else:
        group = np.zeros(V, np.int64)
        noise = MixtureNoise.of(reader, process.graph, SIGMA[None, :, None], group)
        sigma = np.repeat(SIGMA[:, None], V, axis=1)
    _, noised, chances = BruteForce(reader).entropies(channels(process, sigma))
    count = 150_000

    drawn = noise.draw(*draw_rows(reader, L, count))

    places = drawn @ process.num_states ** np.arange(L)[::-1]
    seen = np.bincount(places, minlength=len(noised))
    # Seven standard errors and rounding: below 1e-9 for all outcomes together.
    error = 7 * np.sqrt(count * chances * (1 - chances)) + 10
    assert (np.abs(seen - count * chances) < error).all()


def test_unigram_difficulty_by_token_is_that_of_all_pairs():
    reader = Reader.of_rows(ROWS, V)
    exponents = {"type": "token_exponents", "exponents": {"1": 2.0, "3": 0.5}}
    types = {"type": "token_types", "classes": {"critical": [1], "variable": [0, 2]}}
    plain = types | {"calibrate": False}
    for graph, hyperschedule in itertools.product(MIXTURES, (exponents, types, plain)):
        process = build(graph, hyperschedule=hyperschedule)
        row = ROWS[0]
        # A row with the counts of the corpus is calibrated as the corpus is.
        sigma = process.position_sigma(0.3, row.size, tokens=row)
        by_token = np.zeros(V)
        by_token[row] = sigma
        joint = reader.prior[:, None] * channels(process, by_token[None])[0]
        total = joint.sum(axis=0)
        some = joint > 0
        share = (joint / np.where(total > 0, total, 1.0))[some]

        found = Difficulties(reader=reader).unigram(process)

        assert found.timesteps[2] == 2  # t = 0.3
        expected = -(joint[some] * np.log(share)).sum()
        assert found.nats[2] == pytest.approx(expected, abs=1e-13)
        assert found.information[3] == pytest.approx(reader.entropy - expected)


def test_unigram_difficulty_by_position_is_that_of_the_noise_there():
    reader = Reader.of_rows(ROWS, V)
    weights = {"type": "weights", "weights": [1.0, 3.0, 0.5]}
    for graph in (*MIXTURES, {"type": "banded", "beta": 2.0}):
        process = build(graph, hyperschedule=weights)
        found = Difficulties(reader=reader).unigram(process)
        sigma = process.position_sigma(0.5, L)
        curve = process.graph.information(reader.counts)
        expected = curve.conditional_entropy(sigma)[0]
        assert found.nats[4] == pytest.approx(expected, abs=1e-12), graph
        mean = reader.entropy - expected.mean()
        assert found.information[5] == pytest.approx(mean)


def test_many_noise_levels_of_a_matrix_are_interpolated():
    reader = Reader.of_rows(ROWS, V)
    weights = {"type": "weights", "weights": [1.0, 3.0, 0.5, 0.7, 0.1]}
    process = build({"type": "banded", "beta": 2.0}, hyperschedule=weights)
    found = Difficulties(reader=reader).unigram(process)
    curve = process.graph.information(reader.counts)
    exact = curve.conditional_entropy(process.position_sigma(0.5, 5))[0]
    assert found.nats[4] == pytest.approx(exact, abs=5e-3)


def test_sampled_difficulty_is_that_of_all_rows_by_position_and_by_token():
    reader = Reader.of_rows(ROWS, V, classes=3)
    brute = BruteForce(reader)
    weights = {"type": "weights", "weights": [1.0, 3.0, 0.5]}
    process = build({"type": "uniform"}, hyperschedule=weights)
    found = Difficulties(reader=reader).bigram(process)

    assert found.timesteps.tolist() == list(range(10))
    assert found.replicates.mean(axis=0) == pytest.approx(found.information)
    for timestep in (1, 5, 8):
        sigma = process.position_sigma(process.time(timestep), L)
        by_token = np.repeat(sigma[:, None], V, axis=1)
        expected = brute.entropies(channels(process, by_token))[0]
        replicates = found.replicates[:, timestep + 1]
        error = 6 * math.sqrt((replicates.size - 1) * replicates.var())
        mean = reader.entropy - expected.mean()
        assert error < 0.1
        assert found.information[timestep + 1] == pytest.approx(mean, abs=error)
        assert found.nats[timestep] == pytest.approx(expected, abs=3 * error)


def test_sampled_difficulty_of_masks_is_the_closed_form():
    reader = Reader.of_rows(ROWS, V, classes=3)
    difficulties = Difficulties(reader=reader)
    exact = difficulties.bigram(build({"type": "absorbing"}))
    assert exact.replicates is None
    assert exact.length == 64
    # The same noise, as a graph that might also resample; and as noise by token.
    gamma = {"type": "hdlm_gamma", "gamma": 0.0}
    same = {"type": "token_exponents", "exponents": {}, "default": 1.0}
    for process in (build(gamma), build({"type": "absorbing"}, hyperschedule=same)):
        found = difficulties.bigram(process)
        replicates = found.replicates[:, 1:]
        error = 6 * np.sqrt((len(replicates) - 1) * replicates.var(axis=0))
        away = np.abs(found.information - exact.information)[1:]
        # Besides the spread of the rows, the polynomial may be off.
        assert (away < error + 1e-3).all()
        assert error.max() < 0.2
    assert len(difficulties.known) == 1
    difficulties.bigram(build(gamma, schedule={"type": "cosine"}))
    assert len(difficulties.known) == 1


def test_the_closed_form_of_positions_is_interpolated_between_timesteps():
    reader = Reader.of_rows(ROWS, V)
    weights = {"type": "weights", "weights": [1.0, 3.0, 0.5]}
    process = build({"type": "absorbing"}, hyperschedule=weights)
    found = Difficulties(reader=reader).bigram(process)
    sigma = process.position_sigma(0.5, L)
    by_token = np.repeat(sigma[:, None], V, axis=1)
    expected = BruteForce(reader).entropies(channels(process, by_token))[0]
    assert found.nats[4] == pytest.approx(expected, abs=1e-13)
    assert found.information[0] == pytest.approx(reader.entropy)


def test_many_timesteps_of_masks_are_interpolated():
    reader = Reader.of_rows(ROWS, V)
    few, many = (
        Difficulties(reader=reader).bigram(
            build({"type": "absorbing"}, num_timesteps=steps)
        )
        for steps in (1000, 3000)
    )
    assert many.information[::3] == pytest.approx(few.information, abs=1e-6)


def test_the_bigram_reader_of_a_matrix_ends_at_the_entropy():
    reader = Reader.of_rows(ROWS, V)
    found = Difficulties(reader=reader).bigram(build({"type": "banded", "beta": 2.0}))
    unigram = Difficulties(reader=reader).unigram(
        build({"type": "banded", "beta": 2.0})
    )
    assert found.information[0] == pytest.approx(reader.entropy)
    assert (found.information > unigram.information - 1e-9).all()


@pytest.mark.parametrize(
    ("spec", "reader", "reason"),
    [
        ({"vocab_size": 600, "graph": {"type": "banded"}}, "unigram", "512 ids only"),
        ({"vocab_size": 600, "graph": {"type": "banded"}}, "bigram", "512 ids only"),
        (
            {
                "vocab_size": V,
                "graph": {"type": "banded", "beta": 2.0},
                "hyperschedule": {"type": "token_exponents", "exponents": {"1": 2.0}},
            },
            "unigram",
            "Noise by token",
        ),
        (
            {
                "vocab_size": V,
                "graph": {"type": "banded", "beta": 2.0},
                "hyperschedule": {"type": "block"},
            },
            "bigram",
            "With a hyperschedule",
        ),
    ],
)
def test_what_would_take_too_long_is_not_computed(spec, reader, reason):
    process = build_process(spec)
    difficulties = Difficulties(reader=Reader.of_rows(ROWS, process.vocab_size))
    with pytest.raises(NotComputedError, match=reason):
        getattr(difficulties, reader)(process)


def test_too_many_positions_are_refused():
    weights = {"type": "weights", "weights": [1.0] * 1025}
    process = build({"type": "uniform"}, hyperschedule=weights)
    with pytest.raises(EngineError, match="at most 1024 positions"):
        Difficulties(reader=Reader.of_rows(ROWS, V)).unigram(process)


def test_the_polynomial_keeps_its_ends_and_meets_smooth_functions():
    known, wanted = np.linspace(0, 1, 17), np.linspace(0, 1, 101)
    matrix = fit_polynomial(known, wanted)
    assert matrix @ known**5 == pytest.approx(wanted**5, abs=1e-12)
    noisy = np.random.default_rng(2).random(17)
    assert (matrix @ noisy)[[0, -1]] == pytest.approx(noisy[[0, -1]])
