"""Compares processes on a corpus: wasted information, loss weights and the verdict."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from noising.decision.difficulty import (
    Difficulties,
    Difficulty,
    NotComputedError,
    find_error,
    find_length,
)
from noising.decision.loss_weights import LossWeights, measure_weights
from noising.decision.reader import Reader
from noising.decision.tradeoff import Tradeoff, find_pareto, share_wasted
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray
from noising.engine.lint import list_ranges, mark_wasted

READERS: Final = ("unigram", "bigram")

MATTERS: Final = 0.02
"""Shares of timesteps or samples that differ by less do not matter."""

FEW_TOKENS: Final = 10_000
"""A verdict on fewer tokens is a guess: their entropies come out too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """The information that a process wastes, by one reader.

    Attributes:
        share: the share, as `share_wasted` says.
        replicates: (N,) the same without each of N drawn rows, or None if it is exact.
    """

    share: float
    replicates: FloatArray | None = None

    @classmethod
    def of(cls, difficulty: Difficulty) -> "Waste":
        """Return what a process with this difficulty wastes."""
        replicates = difficulty.replicates
        return cls(
            share=share_wasted(difficulty.information),
            replicates=None
            if replicates is None
            else np.array([share_wasted(each) for each in replicates]),
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
class Standing:
    """What a verdict needs to know of a process.

    Attributes:
        name: its name.
        wastes: what it wastes, by those readers for whom it was computed.
        weight_variance: variance of a row's loss weight for times that are drawn
            evenly; None if a row has no weight.
    """

    name: str
    wastes: Mapping[str, Waste]
    weight_variance: float | None

    @classmethod
    def parse(cls, name: str, document: Mapping[str, Any]) -> "Standing":
        """Return the standing that the document of a candidate describes."""
        wastes = {}
        for reader, of in document["readers"].items():
            if "missing" not in of:
                drawn = of["replicates"]
                wastes[reader] = Waste(
                    share=of["information_wasted"],
                    replicates=None if drawn is None else np.array(drawn),
                )
        weights = document["weights"]
        variance = None if weights is None else weights["variance"]["uniform"]
        return cls(name=name, wastes=wastes, weight_variance=variance)

    @property
    def effective_share(self) -> float:
        """Effective share of the samples; 0 if it is not known."""
        variance = self.weight_variance
        return 0.0 if variance is None else 1.0 / (1.0 + variance)

    def tradeoff(self, reader: str) -> Tradeoff:
        """Return information wasted and variance of the weights, where known."""
        waste = self.wastes.get(reader)
        return Tradeoff(
            information_wasted=None if waste is None else waste.share,
            weight_variance=self.weight_variance,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A process, and what was measured of it.

    Attributes:
        process: the process.
        difficulties: by reader; a sentence that says why, if it was not computed.
        weights: the loss weights, or None if a row has none.
        standing: the same in a few numbers.
    """

    process: ForwardProcess
    difficulties: Mapping[str, Difficulty | str]
    weights: LossWeights | None
    standing: Standing

    def as_dict(self, *, by_position: bool) -> dict[str, Any]:
        """Return what was measured as a document.

        Args:
            by_position: whether to add the difficulty at each position.
        """
        weights = self.weights
        return {
            "readers": {
                reader: {"missing": each}
                if isinstance(each, str)
                else self._describe(each, self.standing.wastes[reader], by_position)
                for reader, each in self.difficulties.items()
            },
            "weights": None
            if weights is None
            else {
                "mean": weights.mean,
                "variance": dict(weights.variance),
                "effective_share": {
                    method: weights.effective_share(method)
                    for method in weights.variance
                },
            },
        }

    def _describe(
        self, difficulty: Difficulty, waste: Waste, by_position: bool
    ) -> dict[str, Any]:
        shown, information = difficulty.timesteps, difficulty.information
        wasted, drawn = mark_wasted(information), waste.replicates
        document = {
            "information_wasted": waste.share,
            "standard_error": waste.error,
            "replicates": None if drawn is None else drawn.tolist(),
            "wasted_timesteps": int(np.count_nonzero(wasted)),
            "wasted_ranges": [list(each) for each in list_ranges(wasted)],
            "timestep": shown.tolist(),
            "time": np.asarray(self.process.time(shown)).tolist(),
            "nats": (difficulty.entropy - information[1:][shown]).tolist(),
            "nats_standard_error": difficulty.list_errors(),
        }
        if by_position:
            document["nats_by_position"] = difficulty.nats.round(6).tolist()
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which process to take.

    Attributes:
        text: it in words.
        choice: name of the process, or None if no difference is clear.
        reader: the reader by whom information is wasted.
    """

    text: str
    choice: str | None
    reader: str

    def find_efficient(self, standings: Sequence[Standing]) -> list[bool]:
        """Return which processes no other one beats, by the reader of the verdict."""
        return find_pareto([each.tradeoff(self.reader) for each in standings])


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A comparison of processes on a corpus.

    Attributes:
        reader: the readers of the corpus.
        candidates: the processes.
        verdict: which to take.
    """

    reader: Reader
    candidates: Sequence[Candidate]
    verdict: Verdict

    def as_dict(self, *, by_position: bool = True) -> dict[str, Any]:
        """Return the comparison as a document.

        Args:
            by_position: whether to add the difficulty at each position.
        """
        standings = [each.standing for each in self.candidates]
        efficient = self.verdict.find_efficient(standings)
        return {
            "verdict": asdict(self.verdict),
            "corpus": self.reader.as_dict(),
            "schedules": [
                {
                    "name": each.standing.name,
                    "fingerprint": each.process.fingerprint,
                    "specification": each.process.spec,
                    "num_timesteps": each.process.num_timesteps,
                    "is_efficient": is_efficient,
                    **each.as_dict(by_position=by_position),
                }
                for each, is_efficient in zip(self.candidates, efficient, strict=True)
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
    candidates = []
    for name, process in processes.items():
        candidates.append(measure_candidate(name, process, difficulties))
        if on_process is not None:
            on_process(len(candidates), len(processes))
    return Decision(
        reader=reader,
        candidates=candidates,
        verdict=find_verdict(
            [each.standing for each in candidates], tokens=reader.tokens
        ),
    )


def measure_candidate(
    name: str, process: ForwardProcess, difficulties: Difficulties
) -> Candidate:
    """Return what is measured of a process.

    Args:
        name: its name.
        process: the process.
        difficulties: computes them for a corpus, and keeps what processes share.

    Raises:
        EngineError: the process does not fit the corpus.
    """
    corpus = difficulties.reader
    process.graph.prior(corpus.counts)  # refuses a mask that the corpus uses
    find_length(process)
    measured: dict[str, Difficulty | str] = {}
    measures = (difficulties.unigram, difficulties.bigram)
    for reader, measure in zip(READERS, measures, strict=True):
        try:
            measured[reader] = measure(process)
        except NotComputedError as error:
            measured[reader] = str(error)
    weights = measure_weights(process, corpus.counts, row_length=corpus.row_length)
    return Candidate(
        process=process,
        difficulties=measured,
        weights=weights,
        standing=Standing(
            name=name,
            wastes={
                reader: Waste.of(each)
                for reader, each in measured.items()
                if isinstance(each, Difficulty)
            },
            weight_variance=None if weights is None else weights.variance["uniform"],
        ),
    )


def find_verdict(standings: Sequence[Standing], *, tokens: int) -> Verdict:
    """Return which process to take.

    It is the one that wastes the least information, by the bigram reader if it was
    computed for all. Among those that do not clearly waste more, it is the one with the
    largest effective share of the samples, for times that are drawn evenly. A
    difference is clear if it exceeds MATTERS by two standard errors.

    Args:
        standings: of two or more processes.
        tokens: number of tokens of the corpus; the text says if they are few.
    """
    known = [name for name in READERS if all(name in each.wastes for each in standings)]
    if not known:
        text = (
            "No verdict: the difficulty of at least one schedule could not be computed."
        )
        return Verdict(text=text, choice=None, reader=READERS[0])
    verdict = _choose(standings, known[-1])
    return verdict if tokens >= FEW_TOKENS else _doubt(verdict, standings, tokens)


def _choose(standings: Sequence[Standing], reader: str) -> Verdict:
    """Return the choice by a reader that was computed for all."""
    ranked = sorted(standings, key=lambda each: each.wastes[reader].share)
    best = ranked[0]
    least = best.wastes[reader]
    tied = [best]
    for each in ranked[1:]:
        waste = each.wastes[reader]
        error = waste.error_of_difference(least)
        if waste.share - least.share - 2.0 * error <= MATTERS:
            tied.append(each)
    if len(tied) > 1:
        return _choose_by_weights(tied, len(ranked), reader)
    second = ranked[1].wastes[reader]
    gap, error = second.share - least.share, second.error_of_difference(least)
    return Verdict(
        text=(
            f"Take {best.name}: by the {reader} reader its information wasted is "
            f"{_percent(least.share)}, {100.0 * gap:.1f} points less than that of "
            f"{ranked[1].name}{_uncertainty(error)}."
        ),
        choice=best.name,
        reader=reader,
    )


def _choose_by_weights(tied: Sequence[Standing], total: int, reader: str) -> Verdict:
    """Return the choice among processes that do not clearly waste more than others."""
    low, high = (tied[place].wastes[reader].share for place in (0, -1))
    error = tied[-1].wastes[reader].error_of_difference(tied[0].wastes[reader])
    same = " and ".join(each.name for each in tied)
    if len(tied) > 2:
        same = f"{len(tied)} of the {total} schedules"
    span = " to ".join(dict.fromkeys((_percent(low), _percent(high))))
    span += f" with {same}{_uncertainty(error)}."
    if len(tied) < total:
        span += " The others waste more."
    if all(each.weight_variance is not None for each in tied):
        ranked = sorted(tied, key=lambda each: each.effective_share, reverse=True)
        first, second = (each.effective_share for each in ranked[:2])
        if first - second > MATTERS:
            text = (
                f"Take {ranked[0].name}: a batch is worth {_percent(first)} of its "
                f"rows with it, and {_percent(second)} with {ranked[1].name}. "
                f"Information wasted does not decide: by the {reader} reader it is "
                f"{span}"
            )
            return Verdict(text=text, choice=ranked[0].name, reader=reader)
    matter = high - low + 2.0 * error > MATTERS
    clear = "clear difference" if matter else "difference that matters"
    text = f"No {clear}: by the {reader} reader the information wasted is {span}"
    return Verdict(text=text, choice=None, reader=reader)


def _doubt(verdict: Verdict, standings: Sequence[Standing], tokens: int) -> Verdict:
    """Return a verdict on few tokens, which says that it is a guess."""
    text = verdict.text
    if verdict.choice is not None:
        text = f"Perhaps {text.removeprefix('Take ')}"
        text += _find_disagreement(verdict.choice, standings)
    text += (
        f" This is a guess: {tokens:,} tokens are few, and their entropies come out "
        f"too low. Take {FEW_TOKENS:,} or more."
    )
    return replace(verdict, text=text)


def _find_disagreement(choice: str, standings: Sequence[Standing]) -> str:
    """Return which other process the unigram reader, who needs less text, takes."""
    reader = READERS[0]
    if not all(reader in each.wastes for each in standings):
        return ""
    least = min(standings, key=lambda each: each.wastes[reader].share)
    if least.name == choice:
        return ""
    share = _percent(least.wastes[reader].share)
    return f" By the {reader} reader {least.name} wastes least, {share}."


def _uncertainty(error: float) -> str:
    """Return two standard errors in brackets; "" for what is exact."""
    return f" (± {max(200.0 * error, 0.1):.1f} points)" if error else ""


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
