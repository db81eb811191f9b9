"""The unigram-posterior denoiser returns the argmax of the posterior, and helps."""

import numpy as np
import pytest

from benchmarks.corpora import load_corpus
from examples.services.denoising import UnigramDenoiser, corpus_counts
from noising.engine import build_process
from noising.tokenizers import load_tokenizer

GRAPHS = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 3},
    {"type": "hdlm_gamma", "gamma": 0.3},
]


@pytest.fixture(scope="module")
def counts():
    return corpus_counts("metamath")


@pytest.fixture(scope="module")
def proofs():
    corpus = load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))
    return corpus.tokens[:20_000].astype(np.int64)


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("timestep", [0, 100, 500, 900, 999])
def test_it_is_the_argmax_of_the_engines_posterior_over_all_tokens(graph, timestep):
    size = 12
    process = build_process({"vocab_size": size, "graph": graph})
    counts = np.array([40, 0, 7, 0, 1, 1000, 3, 0, 0, 90, 5, 2])
    denoiser = UnigramDenoiser.from_counts(process, counts)
    clean = np.array([x for x in range(size) if x != process.mask_id])
    alpha = float(process.alphas[timestep])
    states = np.arange(process.num_states)

    found = denoiser.denoise(states, alpha)

    time = process.time(timestep)
    prior = denoiser.prior[clean]
    joint = prior[:, None] * process.marginal(clean, time)
    reached = joint.sum(axis=0) > 0
    chosen = joint[np.searchsorted(clean, found), states]
    assert np.isin(found, clean).all()
    assert chosen[reached] == pytest.approx(joint.max(axis=0)[reached], rel=1e-9)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("timestep", [100, 300, 500, 800, 999])
def test_it_restores_more_real_tokens_than_it_breaks(counts, proofs, graph, timestep):
    process = build_process({"vocab_size": 50257, "graph": {"type": graph}})
    noised = process.noise(proofs, timestep, seed=7)
    denoiser = UnigramDenoiser.from_counts(process, counts)
    found = denoiser.denoise(noised.tokens, float(noised.alpha))
    moved = noised.tokens != proofs
    restored = np.count_nonzero(moved & (found == proofs))
    broken = np.count_nonzero(~moved & (found != proofs))
    # About as many as the most frequent token has of all.
    assert restored > 0.04 * np.count_nonzero(moved)
    assert restored > 3 * broken


def test_without_noise_it_changes_nothing(proofs, counts):
    denoiser = UnigramDenoiser.from_counts(build_process({}), counts)
    assert np.array_equal(denoiser.denoise(proofs, 1.0), proofs)


def test_without_signal_every_token_is_the_most_frequent(counts):
    denoiser = UnigramDenoiser.from_counts(build_process({}), counts)
    found = denoiser.denoise(np.array([0, 5, 50256]), 0.0)
    assert found.tolist() == [counts.argmax()] * 3
    assert denoiser.denoise(np.array([], dtype=np.int64), 0.5).shape == (0,)


def test_the_counts_are_those_of_the_corpus_in_the_tokenizers_ids(counts):
    corpus = load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))
    assert np.array_equal(counts[:-1], corpus.counts())
    by_gpt2 = corpus_counts("gpt2")
    turnstile, _ = load_tokenizer("gpt2").encode("|-").tokens
    assert by_gpt2.size == 50257
    assert by_gpt2[turnstile] >= corpus.num_sequences
