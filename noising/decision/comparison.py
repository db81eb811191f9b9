"""Compares processes on a corpus: wasted timesteps, loss weights, and the verdict."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.curves import list_ranges
from noising.decision.difficulty import (
    Difficulties,
    Difficulty,
    NotComputedError,
    find_length,
)
from noising.decision.loss_weights import LossWeights, measure_weights
from noising.decision.reader import Reader
from noising.decision.tradeoff import Tradeoff, find_pareto, share_wasted
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray
from noising.engine.lint import mark_wasted

READERS: Final = ("unigram", "bigram")

MATTERS: Final = 0.02
"""Shares of timesteps or samples that differ by less do not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """What a process wastes, by one reader.

    Attributes:
        share: information wasted, as `share_wasted` says.
        replicates: (N,) the same without each of N drawn rows, or None if it is exact.
        timesteps: number of wasted timesteps.
        ranges: first and last of each range of them.
    """

    share: float
    replicates: FloatArray | None
    timesteps: int
    ranges: list[tuple[int, int]]

    @classmethod
    def of(cls, difficulty: Difficulty) -> "Waste":
        """Return what a process with this difficulty wastes."""
        wasted = mark_wasted(difficulty.information)
        replicates = difficulty.replicates
        return cls(
            share=share_wasted(difficulty.information),
            replicates=None
            if replicates is None
            else np.array([share_wasted(each) for each in replicates]),
            timesteps=int(np.count_nonzero(wasted)),
            ranges=list_ranges(wasted),
        )

    @property
    def error(self) -> float:
        """Standard error of `share` from the rows that were drawn; 0 if it is exact."""
        return 0.0 if self.replicates is None else find_error(self.replicates)

    def error_of_difference(self, other: "Waste") -> float:
        """Return the standard error of the difference from another share.

        Processes for as many rows have the same rows, so that much of it cancels.
        """
        if self.replicates is None or other.replicates is None:
            return self.error + other.error
        if self.replicates.size != other.replicates.size:
            return math.hypot(self.error, other.error)
        return find_error(self.replicates - other.replicates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A process, and what was measured of it.

    Attributes:
        name: its name.
        process: the process.
        difficulties: by reader; a sentence that says why, if it was not computed.
        wastes: by reader, for those whose difficulty was computed.
        weights: the loss weights, or None if a row has none.
    """

    name: str
    process: ForwardProcess
    difficulties: Mapping[str, Difficulty | str]
    wastes: Mapping[str, Waste]
    weights: LossWeights | None

    def tradeoff(self, reader: str) -> Tradeoff:
        """Return information wasted and variance of the weights, where known."""
        waste, weights = self.wastes.get(reader), self.weights
        return Tradeoff(
            information_wasted=None if waste is None else waste.share,
            weight_variance=None if weights is None else weights.variance["uniform"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which process to take.

    Attributes:
        text: one sentence.
        choice: name of the process, or None if the difference does not matter.
        reader: the reader by whom timesteps are wasted.
    """

    text: str
    choice: str | None
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A comparison of processes on a corpus.

    Attributes:
        reader: the readers of the corpus.
        row_length: tokens of a row, on average, which the loss weights depend on.
        candidates: the processes.
        verdict: which to take.
    """

    reader: Reader
    row_length: int
    candidates: Sequence[Candidate]
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as a document."""
        reader = self.reader
        efficient = find_pareto(
            [each.tradeoff(self.verdict.reader) for each in self.candidates]
        )
        return {
            "verdict": {
                "text": self.verdict.text,
                "choice": self.verdict.choice,
                "reader": self.verdict.reader,
            },
            "corpus": {
                "rows": reader.rows,
                "tokens": reader.tokens,
                "row_length": self.row_length,
                "vocab_size": int(reader.counts.size),
                "used_ids": reader.used_ids,
                "classes": reader.num_classes,
                "unigram_nats": reader.entropy,
                "bigram_nats": float(reader.entropies_after(1)[1]),
            },
            "schedules": [
                _describe(each, is_efficient=best)
                for each, best in zip(self.candidates, efficient, strict=True)
            ],
        }


def decide(
    processes: Mapping[str, ForwardProcess],
    reader: Reader,
    *,
    on_process: Callable[[int, int], None] | None = None,
) -> Decision:
    """Compare processes on a corpus and say which to take.

    Args:
        processes: two or more processes by name, with the vocabulary of the reader.
        reader: the readers of the corpus.
        on_process: called with the number of processes that are done, and of all.

    Raises:
        EngineError: a process does not fit the corpus.
    """
    difficulties = Difficulties(reader=reader)
    row_length = max(1, round(reader.tokens / reader.rows))
    candidates = []
    for name, process in processes.items():
        process.graph.prior(reader.counts)  # refuses a mask that the corpus uses
        find_length(process)
        candidates.append(_measure(name, process, difficulties, row_length))
        if on_process is not None:
            on_process(len(candidates), len(processes))
    return Decision(
        reader=reader,
        row_length=row_length,
        candidates=candidates,
        verdict=find_verdict(candidates),
    )


def find_error(replicates: FloatArray) -> float:
    """Return the standard error of a statistic from its values without each row.

    Source: Efron, Stein 1981, eq. 1.3 (the jackknife).
    """
    count = replicates.size
    return float(np.sqrt((count - 1) * replicates.var()))


def find_verdict(candidates: Sequence[Candidate]) -> Verdict:
    """Return which process to take.

    It is the one that wastes the least information, by the bigram reader if all were
    computed for it. Among those that do not clearly waste more, it is the one with the
    largest effective share of the samples, for times that are drawn evenly. A
    difference is clear if it exceeds MATTERS by two standard errors.
    """
    known = [
        name for name in READERS if all(name in each.wastes for each in candidates)
    ]
    if not known:
        text = (
            "No verdict: the difficulty of at least one schedule could not be computed."
        )
        return Verdict(text=text, choice=None, reader=READERS[0])
    reader = known[-1]
    ranked = sorted(candidates, key=lambda each: each.wastes[reader].share)
    best = ranked[0]
    least = best.wastes[reader]
    tied = [best]
    for each in ranked[1:]:
        waste = each.wastes[reader]
        gap = waste.share - least.share
        if gap - 2.0 * waste.error_of_difference(least) <= MATTERS:
            tied.append(each)
    if len(tied) == 1:
        second = ranked[1]
        gap = second.wastes[reader].share - least.share
        error = second.wastes[reader].error_of_difference(least)
        return Verdict(
            text=(
                f"Take {best.name}: by the {reader} reader its information wasted is "
                f"{_percent(least.share)}, {100.0 * gap:.1f} points less than that "
                f"of {second.name} ({_uncertainty(error)})."
            ),
            choice=best.name,
            reader=reader,
        )
    return _choose_by_weights(tied, len(ranked), reader)


def _choose_by_weights(tied: Sequence[Candidate], total: int, reader: str) -> Verdict:
    """Return the choice among processes that do not clearly waste more than others."""
    low, high = (tied[place].wastes[reader].share for place in (0, -1))
    error = tied[-1].wastes[reader].error_of_difference(tied[0].wastes[reader])
    same = " and ".join(each.name for each in tied)
    if len(tied) > 2:
        same = f"{len(tied)} of the {total} schedules"
    span = (
        f"by the {reader} reader the information wasted is {_percent(low)} to "
        f"{_percent(high)} for {same} ({_uncertainty(error)})"
    )
    if len(tied) < total:
        span += " and more for the others"
    weighed = [each for each in tied if each.weights is not None]
    if len(weighed) == len(tied):
        ranked = sorted(weighed, key=_effective_share, reverse=True)
        first, second = (_effective_share(each) for each in ranked[:2])
        if first - second > MATTERS:
            text = (
                f"Take {ranked[0].name}: {span}, but a batch is worth "
                f"{_percent(first)} of its rows with it, "
                f"{100.0 * (first - second):.1f} points more than with "
                f"{ranked[1].name}."
            )
            return Verdict(text=text, choice=ranked[0].name, reader=reader)
    if high - low + 2.0 * error <= MATTERS:
        text = f"No difference that matters: {span}."
    else:
        text = f"No clear difference: {span}."
    return Verdict(text=text, choice=None, reader=reader)


def _measure(
    name: str, process: ForwardProcess, difficulties: Difficulties, row_length: int
) -> Candidate:
    measured: dict[str, Difficulty | str] = {}
    for reader, measure in (
        ("unigram", difficulties.unigram),
        ("bigram", difficulties.bigram),
    ):
        try:
            measured[reader] = measure(process)
        except NotComputedError as error:
            measured[reader] = str(error)
    return Candidate(
        name=name,
        process=process,
        difficulties=measured,
        wastes={
            reader: Waste.of(each)
            for reader, each in measured.items()
            if isinstance(each, Difficulty)
        },
        weights=measure_weights(
            process, difficulties.reader.counts, row_length=row_length
        ),
    )


def _describe(candidate: Candidate, *, is_efficient: bool) -> dict[str, Any]:
    process, weights = candidate.process, candidate.weights
    return {
        "name": candidate.name,
        "fingerprint": process.fingerprint,
        "specification": process.spec,
        "num_timesteps": process.num_timesteps,
        "is_efficient": is_efficient,
        "readers": {
            reader: {"missing": each}
            if isinstance(each, str)
            else _describe_reader(process, each, candidate.wastes[reader])
            for reader, each in candidate.difficulties.items()
        },
        "weights": None
        if weights is None
        else {
            "mean": weights.mean,
            "variance": dict(weights.variance),
            "effective_share": {
                method: weights.effective_share(method) for method in weights.variance
            },
        },
    }


def _describe_reader(
    process: ForwardProcess, difficulty: Difficulty, waste: Waste
) -> dict[str, Any]:
    shown = difficulty.timesteps
    left = difficulty.information[1:]
    return {
        "information_wasted": waste.share,
        "standard_error": waste.error,
        "wasted_timesteps": waste.timesteps,
        "wasted_ranges": [list(each) for each in waste.ranges],
        "is_exact": difficulty.replicates is None,
        "timestep": shown.tolist(),
        "time": np.asarray(process.time(shown)).tolist(),
        "nats": (difficulty.entropy - left[shown]).tolist(),
        "nats_by_position": difficulty.nats.round(6).tolist(),
    }


def _effective_share(candidate: Candidate) -> float:
    share = candidate.weights and candidate.weights.effective_share("uniform")
    return share or 0.0


def _uncertainty(error: float) -> str:
    """Return two standard errors, in words."""
    return f"± {max(200.0 * error, 0.1):.1f} points" if error else "exact"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
