"""Measures the configurations of a sweep with any executor."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora import load_corpus
from benchmarks.sweeps.grid import Point
from benchmarks.sweeps.measures import measure
from noising.engine import EngineError, build_process
from noising.jobs import Executor, JobError

TASK_POINTS: Final = 16
"""Configurations of a task, so that a scheduler has less work than its workers."""


class PointResult(NamedTuple):
    """What was measured.

    Attributes:
        position: the place of the configuration in the grid.
        values: the quantities; empty if there is an error.
        error: why the configuration cannot be measured, or "".
    """

    position: int
    values: Mapping[str, float | None]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpora:
    """The corpora of a sweep.

    Attributes:
        vocab_size: V of corpora that do not have their own vocabulary.
        seed: draws the synthetic corpus.
        digests: SHA-256 of each corpus by its name or path.
    """

    vocab_size: int
    seed: int
    digests: Mapping[str, str]


class _Task(NamedTuple):
    points: tuple[Point, ...]
    corpus: str
    vocab_size: int
    seed: int
    digest: str


class _Statistics(NamedTuple):
    """What the quantities depend on: token frequencies and the mean length of a row."""

    prior: NDArray[np.float64]
    row_length: int
    digest: str


def load_corpora(names: Sequence[str], *, vocab_size: int, seed: int) -> Corpora:
    """Read each corpus once, so that a bad one is known before the work starts.

    Raises:
        CorpusError: one cannot be read.
    """
    digests = {name: _load_statistics(name, vocab_size, seed).digest for name in names}
    return Corpora(vocab_size=vocab_size, seed=seed, digests=digests)


def run_sweep(
    points: Sequence[Point], corpora: Corpora, executor: Executor
) -> Iterator[list[PointResult]]:
    """Yield the results of the configurations, some at once, in any order.

    Raises:
        CorpusError: a worker cannot read a corpus.
        JobError: workers were killed, or a corpus has changed.
    """
    tasks = []
    for corpus, digest in corpora.digests.items():
        own = [point for point in points if point.corpus == corpus]
        tasks += [
            _Task(
                tuple(own[start : start + TASK_POINTS]),
                *(corpus, corpora.vocab_size, corpora.seed, digest),
            )
            for start in range(0, len(own), TASK_POINTS)
        ]
    yield from executor.run(measure_points, tasks)


def measure_points(task: _Task) -> list[PointResult]:
    """Measure the configurations of a task.

    Raises:
        JobError: the corpus is not the one that the task names.
    """
    statistics = _load_statistics(task.corpus, task.vocab_size, task.seed)
    if statistics.digest != task.digest:
        raise JobError(f"{task.corpus}: must be the same corpus for all workers")
    return [_measure_point(point, statistics) for point in task.points]


def _measure_point(point: Point, statistics: _Statistics) -> PointResult:
    prior = statistics.prior
    specification: dict[str, Any] = {
        "vocab_size": prior.size,
        "num_timesteps": point.num_timesteps,
        "schedule": point.schedule,
        "graph": point.graph,
    }
    try:
        values = measure(
            build_process(specification), prior, row_length=statistics.row_length
        )
    except EngineError as error:
        return PointResult(point.position, {}, " ".join(str(error).split()))
    return PointResult(point.position, values)


@functools.lru_cache(maxsize=4)
def _load_statistics(name: str, vocab_size: int, seed: int) -> _Statistics:
    generator = np.random.default_rng(seed)
    corpus = load_corpus(name, vocab_size=vocab_size, generator=generator)
    rows = corpus.offsets.size - 1
    return _Statistics(
        prior=corpus.frequencies(),
        row_length=max(1, round(corpus.tokens.size / max(1, rows))),
        digest=corpus.sha256,
    )
