"""The decision between the schedules of a run, on its corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.cases import UsageError
from benchmarks.corpora import Corpus
from noising.decision import (
    Difficulties,
    Reader,
    Standing,
    find_verdict,
    measure_candidate,
)
from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import TokenArray


def read_corpus(corpus: Corpus) -> Difficulties:
    """Return what computes difficulty on a corpus.

    Raises:
        UsageError: the corpus has fewer than two different ids.
    """
    rows: list[TokenArray] = [
        corpus.sequence(index) for index in range(corpus.num_sequences)
    ]
    try:
        return Difficulties(reader=Reader.of_rows(rows, corpus.vocab_size))
    except EngineError as error:
        raise UsageError(f"decision: {error}") from error


def measure_decision(
    name: str, process: ForwardProcess, difficulties: Difficulties
) -> dict[str, Any]:
    """Return what the decision is made from, for the entry of a schedule."""
    candidate = measure_candidate(name, process, difficulties)
    return candidate.as_dict(by_position=False)


def read_decision(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the decision of a results document, in the form that plots take.

    Args:
        document: the results, in the form of ``results.json``.

    Returns:
        The verdict, and a part for each schedule; None for a run without a decision.
    """
    entries = document["schedules"]
    if not all("decision" in entry for entry in entries):
        return None
    standings = [Standing.parse(entry["name"], entry["decision"]) for entry in entries]
    verdict = find_verdict(standings, tokens=document["corpus"]["tokens"])
    return {
        "verdict": asdict(verdict),
        "schedules": [
            {"name": entry["name"], "is_efficient": is_efficient, **entry["decision"]}
            for entry, is_efficient in zip(
                entries, verdict.find_efficient(standings), strict=True
            )
        ],
    }
