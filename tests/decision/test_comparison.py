"""The comparison of processes on a corpus, and its verdict."""

import json

import numpy as np
import pytest

from noising.decision import Reader, Standing, Waste, decide, find_verdict
from noising.engine import EngineError, build_process

ROWS = [np.random.default_rng(4).integers(0, 5, 60) // 2 for _ in range(5)]
READER = Reader.of_rows(ROWS, 3)


def build(schedule, graph="absorbing", **further):
    spec = {"vocab_size": 3, "num_timesteps": 50, "schedule": {"type": schedule}}
    return build_process(spec | {"graph": {"type": graph}} | further)


def candidate(name, share, *, effective=0.5, replicates=None, reader="bigram"):
    waste = Waste(share=share, replicates=replicates)
    return Standing(
        name=name,
        wastes={"unigram": waste} | ({reader: waste} if reader else {}),
        weight_variance=None if effective is None else 1.0 / effective - 1.0,
    )


def drawn(share, spread):
    """Return replicates whose standard error is `spread`."""
    away = np.array([1.0, -1.0] * 8) * spread / np.sqrt(15)
    return share + away


@pytest.mark.parametrize(
    ("candidates", "choice", "text"),
    [
        (
            [candidate("a", 0.3), candidate("b", 0.1)],
            "b",
            "Take b: by the bigram reader its information wasted is 10.0 %, 20.0 "
            "points less than that of a.",
        ),
        (  # 5 points with a standard error of 1: clearly more than 2
            [candidate("a", 0.15, replicates=drawn(0.15, 0.01)), candidate("b", 0.1)],
            "b",
            "Take b: by the bigram reader its information wasted is 10.0 %, 5.0 points "
            "less than that of a (± 2.0 points).",
        ),
        (  # 5 points with a standard error of 2: perhaps not
            [candidate("a", 0.15, replicates=drawn(0.15, 0.02)), candidate("b", 0.1)],
            None,
            "No clear difference: by the bigram reader the information wasted is "
            "10.0 % to 15.0 % with b and a (± 4.0 points).",
        ),
        (  # the same rows were drawn: the spread cancels
            [
                candidate("a", 0.15, replicates=drawn(0.15, 0.02)),
                candidate("b", 0.1, replicates=drawn(0.1, 0.02)),
            ],
            "b",
            "Take b: by the bigram reader its information wasted is 10.0 %, 5.0 points "
            "less than that of a (± 0.1 points).",
        ),
        (  # rows of another length: it does not
            [
                candidate("a", 0.15, replicates=drawn(0.15, 0.02)),
                candidate("b", 0.1, replicates=drawn(0.1, 0.02)[:8]),
            ],
            None,
            "No clear difference: by the bigram reader the information wasted is "
            "10.0 % to 15.0 % with b and a (± 4.8 points).",
        ),
        (
            [candidate("a", 0.11, effective=0.8), candidate("b", 0.1)],
            "a",
            "Take a: a batch is worth 80.0 % of its rows with it, and 50.0 % with b. "
            "Information wasted does not decide: by the bigram reader it is 10.0 % to "
            "11.0 % with b and a.",
        ),
        (
            [candidate("a", 0.11), candidate("b", 0.1), candidate("c", 0.4)],
            None,
            "No difference that matters: by the bigram reader the information wasted "
            "is 10.0 % to 11.0 % with b and a. The others waste more.",
        ),
        (
            [
                candidate("a", 0.11, effective=None),
                candidate("b", 0.1),
                candidate("c", 0.1),
            ],
            None,
            "No difference that matters: by the bigram reader the information wasted "
            "is 10.0 % to 11.0 % with 3 of the 3 schedules.",
        ),
        (
            [candidate("a", 0.3, reader=None), candidate("b", 0.1)],
            "b",
            "Take b: by the unigram reader its information wasted is 10.0 %, 20.0 "
            "points less than that of a.",
        ),
    ],
)
def test_a_verdict_is_a_few_short_sentences(candidates, choice, text):
    verdict = find_verdict(candidates, tokens=10_000)
    assert (verdict.choice, verdict.text) == (choice, text)


def test_a_verdict_on_few_tokens_says_that_it_is_a_guess():
    guess = " This is a guess: 9,999 tokens are few, and their entropies come out "
    guess += "too low. Take 10,000 or more."
    a, b = candidate("a", 0.3), candidate("b", 0.1)
    sure = find_verdict([a, b], tokens=10_000)
    verdict = find_verdict([a, b], tokens=9_999)
    assert verdict.choice == "b"
    assert verdict.text == f"Perhaps {sure.text.removeprefix('Take ')}{guess}"
    # The readers disagree.
    wastes = {"unigram": Waste(share=0.001), "bigram": Waste(share=0.3)}
    a = Standing(name="a", wastes=wastes, weight_variance=None)
    text = find_verdict([a, b], tokens=9_999).text
    assert text.endswith(f" By the unigram reader a wastes least, 0.1 %.{guess}")


def test_a_comparison_is_a_document():
    steps = []
    decision = decide(
        {
            "even": build("loglinear"),
            "linear": build("linear"),
            "uniform": build("loglinear", "uniform"),
            "types": build(
                "loglinear",
                hyperschedule={"type": "token_exponents", "exponents": {"1": 2.0}},
            ),
        },
        READER,
        on_process=lambda done, total: steps.append((done, total)),
    )
    document = decision.as_dict()

    json.dumps(document, allow_nan=False)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert document["corpus"] == {
        "rows": 5,
        "tokens": 300,
        "row_length": 60,
        "vocab_size": 3,
        "used_ids": 3,
        "classes": 3,
        "unigram_nats": pytest.approx(READER.entropy),
        "bigram_nats": pytest.approx(READER.entropies_after(1)[1]),
    }
    even, linear, uniform, types = document["schedules"]
    unigram = even["readers"]["unigram"]
    # Of 50 timesteps, loglinear leaves epsilon = 0.001 of the information.
    assert unigram["information_wasted"] == pytest.approx(0.001)
    assert (unigram["replicates"], unigram["wasted_timesteps"]) == (None, 0)
    assert unigram["nats"] == pytest.approx(
        [0.999 * (k + 1) / 50 * READER.entropy for k in range(50)]
    )
    assert np.shape(unigram["nats_by_position"]) == (50, 64)
    # Betas that are meant for 1,000 timesteps leave half of the information.
    assert linear["readers"]["bigram"]["information_wasted"] > 0.4
    assert len(uniform["readers"]["bigram"]["replicates"]) == 128
    assert uniform["readers"]["bigram"]["standard_error"] > 0.0
    assert types["weights"] is None
    assert [each["is_efficient"] for each in (even, types)] == [True, False]
    assert even["weights"]["effective_share"]["uniform"] > 0.9
    # The document says enough for the same verdict.
    read = [Standing.parse(each["name"], each) for each in document["schedules"]]
    assert find_verdict(read, tokens=300) == decision.verdict


def test_processes_without_information_have_no_verdict():
    wide = Reader.of_rows(ROWS, 600)
    processes = {
        name: build_process({"vocab_size": 600, "graph": {"type": graph}})
        for name, graph in (("a", "banded"), ("b", "uniform"))
    }
    document = decide(processes, wide).as_dict()
    assert document["verdict"]["text"].startswith("No verdict: the difficulty")
    assert "512 ids only" in document["schedules"][0]["readers"]["bigram"]["missing"]


def test_a_mask_that_the_corpus_uses_is_refused():
    spec = {"vocab_size": 3, "graph": {"type": "absorbing", "mask_id": 1}}
    processes = {"a": build("cosine"), "b": build_process(spec)}
    with pytest.raises(EngineError, match="must be 0: this id is the mask"):
        decide(processes, READER)


def test_counts_alone_are_judged_by_the_unigram_reader():
    rows = [np.sort(np.random.default_rng(5).integers(0, 9, 400))]
    known, counted = (
        Reader.of_rows(rows, 9),
        Reader.of_counts(np.bincount(rows[0], minlength=9), row_length=400),
    )
    processes = {
        name: build_process(
            {"vocab_size": 9, "schedule": {"type": name}, "graph": {"type": "uniform"}}
        )
        for name in ("sedd_entropy", "linear")
    }

    decision = decide(processes, counted)

    assert decision.verdict.reader == "unigram"
    assert decision.verdict.choice == "sedd_entropy"
    for candidate in decision.candidates:
        same = decide(processes, known).candidates[0].difficulties["unigram"]
        assert candidate.difficulties["bigram"] == (
            "Counts do not say which token follows which."
        )
        if candidate.standing.name == "sedd_entropy":
            found = candidate.difficulties["unigram"]
            assert found.information == pytest.approx(same.information)
    described = counted.as_dict()
    assert described["bigram_nats"] is None
    assert (described["rows"], described["row_length"]) == (1, 400)
