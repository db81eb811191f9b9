import numpy as np
import pytest

from benchmarks.corpora import load_corpus
from benchmarks.preservation import (
    BATCH_TOKENS,
    Design,
    expected_counts,
    preserved_counts,
)
from benchmarks.statistics import proportion
from noising.engine import build_process, with_hyperschedule


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))


def designed(corpus, samples, seed=1):
    return Design.draw(corpus, samples, np.random.default_rng(seed))


def processes(corpus, schedule="cosine", graph="uniform"):
    plain = build_process(
        {
            "vocab_size": corpus.vocab_size,
            "schedule": {"type": schedule},
            "graph": {"type": graph},
        }
    )
    typed = {"type": "token_types", "classes": corpus.type_classes()}
    return plain, with_hyperschedule(plain, typed)


def real_rows(design):
    return [
        row.tobytes()
        for batch in design.batches
        for tokens, _ in batch.groups()
        for row in tokens
    ]


def test_a_design_as_large_as_the_corpus_is_the_corpus(corpus):
    design = designed(corpus, corpus.num_sequences)
    expected = [corpus.sequence(i).tobytes() for i in range(corpus.num_sequences)]
    assert sorted(real_rows(design)) == sorted(expected)
    counts = dict(zip(corpus.type_counts(), design.type_counts.tolist(), strict=True))
    assert counts == corpus.type_counts()
    assert design.mean_length == corpus.tokens.size / corpus.num_sequences


def test_every_sequence_is_used_once_before_any_again(corpus):
    samples = 2 * corpus.num_sequences + 10
    design = designed(corpus, samples)
    rows = real_rows(design)
    assert len(rows) == samples
    distinct = {corpus.sequence(i).tobytes() for i in range(corpus.num_sequences)}
    assert all(rows.count(row) >= 2 for row in list(distinct)[:50])


def test_sequence_ids_are_all_different_and_batches_bounded(corpus):
    design = designed(corpus, 700)
    ids = np.concatenate([batch.sequence_ids for batch in design.batches])
    assert sorted(ids) == list(range(700))
    assert max(batch.tokens.size for batch in design.batches) <= BATCH_TOKENS


def test_the_types_are_those_of_the_tokens(corpus):
    for batch in designed(corpus, 20).batches:
        for tokens, types in batch.groups():
            assert np.array_equal(types, corpus.types[tokens])


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_expectation_without_hyperschedule_is_the_closed_form(corpus, graph):
    design = designed(corpus, 50)
    process, _ = processes(corpus, graph=graph)
    timesteps = np.array([0, 400, 999])
    alpha = process.alphas[timesteps]
    keep = alpha if graph == "absorbing" else alpha + (1 - alpha) / corpus.vocab_size
    expected = expected_counts(process, design, timesteps)
    assert expected == pytest.approx(keep[:, None] * design.type_counts, rel=1e-12)


def test_expectation_with_hyperschedule_keeps_the_budget_of_each_sequence(corpus):
    design = designed(corpus, 50)
    plain, typed = processes(corpus, graph="absorbing")
    timesteps = np.arange(0, 1000, 7)  # more than one block of times
    without = expected_counts(plain, design, timesteps)
    with_ = expected_counts(typed, design, timesteps)
    assert with_.sum(axis=1) == pytest.approx(without.sum(axis=1), rel=1e-9)
    critical, variable, other = ((with_ - without) / design.type_counts).T
    middle = slice(20, 100)
    assert (critical[middle] > other[middle]).all()
    assert (other[middle] > variable[middle]).all()


def test_expectation_with_hyperschedule_follows_the_position_sigma(corpus):
    design = designed(corpus, 1)
    _, typed = processes(corpus)
    (((tokens,), (types,)),) = design.batches[0].groups()
    time = typed.time(300)
    sigma = typed.position_sigma(time, tokens.size, tokens=tokens)
    stays = np.exp(-sigma) + (1 - np.exp(-sigma)) / corpus.vocab_size
    by_type = [stays[types == kind].sum() for kind in range(3)]
    expected = expected_counts(typed, design, np.array([300]))[0]
    assert expected == pytest.approx(by_type, rel=1e-12)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("typed", [False, True])
def test_counts_agree_with_the_expectation(corpus, graph, typed):
    design = designed(corpus, 100)
    process = processes(corpus, graph=graph)[typed]
    timesteps = np.arange(5, 1000, 20)
    expected = expected_counts(process, design, timesteps)
    misses = 0
    for row, timestep in enumerate(timesteps):
        counts = preserved_counts(process, design, int(timestep), seed=8)
        for kept, total, exact in zip(
            counts, design.type_counts, expected[row], strict=True
        ):
            m = proportion(int(kept), int(total), exact=exact / total)
            misses += not m.low <= m.exact <= m.high
    # 150 intervals of 95 %: 7.5 misses, more than 20 in one seed of 40,000.
    assert misses <= 20


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize(
    ("graph", "schedule"),
    [
        ("hdlm_gamma", "cosine"),
        ("hdlm_epsilon", "cosine"),
        ("gidd", "gidd"),
        ("banded", "cosine"),
    ],
)
def test_counts_agree_with_the_expectation_on_every_graph(graph, schedule, typed):
    size = 24
    made_up = load_corpus(
        "synthetic", vocab_size=size, generator=np.random.default_rng(5)
    )
    design = designed(made_up, 60)
    process = processes(made_up, schedule=schedule, graph=graph)[typed]
    timesteps = np.array([50, 400, 700, 999])
    expected = expected_counts(process, design, timesteps)
    if not typed:
        ids = np.arange(size)
        rows = process.marginal(ids[:, None], process.time(timesteps))
        stays = rows[ids, :, ids]
        tokens = np.concatenate(
            [batch.tokens.reshape(-1)[batch.real] for batch in design.batches]
        )
        by_hand = stays[tokens].sum(axis=0)
        assert expected.sum(axis=1) == pytest.approx(by_hand, rel=1e-12)
    for row, timestep in enumerate(timesteps):
        counts = preserved_counts(process, design, int(timestep), seed=8)
        trials = int(design.type_counts.sum())
        share = float(expected[row].sum()) / trials
        m = proportion(int(counts.sum()), trials, exact=share)
        # 32 shares; five deviations (2.55 half-widths) happen once in 50,000 seeds.
        assert abs(m.measured - m.exact) < 2.55 * (m.high - m.low) / 2


def test_padding_is_not_counted(corpus):
    design = designed(corpus, 30)
    process, _ = processes(corpus, schedule="geometric")
    counts = preserved_counts(process, design, 0, seed=1)
    assert (counts <= design.type_counts).all()
    assert counts.sum() > 0.99 * design.type_counts.sum()


def test_the_same_seed_counts_the_same_and_timesteps_are_independent(corpus):
    design = designed(corpus, 30)
    process = build_process(
        {
            "vocab_size": corpus.vocab_size,
            "num_timesteps": 2,
            "schedule": {"type": "custom", "alphas": [0.5, 0.5]},
        }
    )
    first = preserved_counts(process, design, 0, seed=1)
    assert np.array_equal(first, preserved_counts(process, design, 0, seed=1))
    assert not np.array_equal(first, preserved_counts(process, design, 1, seed=1))
    assert not np.array_equal(first, preserved_counts(process, design, 0, seed=2))
