"""Runs the benchmarks of a configuration and returns a results document."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import (
    MAX_SEQUENCE_TOKENS,
    BenchmarkConfig,
    TimingCase,
    UsageError,
    timing_cases,
)
from benchmarks.corpora import TOKEN_TYPES, Corpus, load_corpus
from benchmarks.decision import measure_decision, read_corpus
from benchmarks.environment import environment
from benchmarks.information import (
    TokenSource,
    information_left,
    measure_information,
)
from benchmarks.preservation import Design, expected_counts, preserved_counts
from benchmarks.statistics import Measurement, proportion
from benchmarks.throughput import timed_case
from noising.decision import Difficulties
from noising.engine import (
    TYPE_WEIGHTS,
    EngineError,
    Finding,
    ForwardProcess,
    build_process,
    lint,
    wasted_timesteps,
    with_hyperschedule,
)

SCHEMA_VERSION: Final = 1
SUITE: Final = "schedules"
CURVE_POINTS: Final = 2_000
PRESERVATION_POINTS: Final = 51

ProgressListener = Callable[[int, int, str], None]


def run(
    config: BenchmarkConfig,
    *,
    on_progress: ProgressListener,
    corpus: Corpus | None = None,
) -> dict[str, Any]:
    """Measure every schedule on the corpus, and the speed of the engine.

    Args:
        config: the configuration.
        on_progress: called with (work done, total work, what is done next), also
            within long steps. Work is in units of about a millisecond. An exception in
            it stops the run.
        corpus: the corpus, if it is neither built in nor a file.

    Returns:
        The results document, which docs/benchmarks.md describes. Except for times and
        environment it depends on the configuration and the corpus only.

    Raises:
        CorpusError: the corpus cannot be used.
        UsageError: a schedule or graph does not fit the corpus or the timesteps.
    """
    seeds = np.random.SeedSequence(config.seed).spawn(3)
    for_corpus, for_design, for_timing = map(np.random.default_rng, seeds)
    if corpus is None:
        corpus = load_corpus(
            config.corpus,
            vocab_size=config.vocab_size,
            generator=for_corpus,
            tokenizer=config.tokenizer,
        )
    processes = _processes(config, corpus.vocab_size)
    pieces = corpus.cut(MAX_SEQUENCE_TOKENS)
    cases = timing_cases(int(np.median(pieces.lengths)))
    work = _Work.of(config)
    steps = _Steps(work.total(config, cases), on_progress)
    study = _Study(
        config=config,
        classes=corpus.type_classes(),
        design=Design.draw(pieces, config.samples, for_design),
        source=TokenSource.of(corpus, config.seed),
        difficulties=read_corpus(corpus) if config.decision else None,
        steps=steps,
        work=work,
    )
    schedules = [
        study.schedule(name, process, f"schedule {place} of {len(processes)}: {name}")
        for place, (name, process) in enumerate(processes, start=1)
    ]
    throughput = []
    for place, case in enumerate(cases, start=1):
        steps.next(
            f"speed, case {place} of {len(cases)}: {case.rows} x {case.length} tokens "
            f"at alpha {case.alpha:g}",
            work.speed(case),
        )
        throughput.append(
            timed_case(case, vocab_size=corpus.vocab_size, generator=for_timing)
        )
    steps.finish()
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": SUITE,
        "name": config.title,
        "environment": environment(),
        "config": config.to_document(),
        "corpus": corpus.summary(),
        "schedules": schedules,
        "throughput": throughput,
    }


def _processes(
    config: BenchmarkConfig, vocab_size: int
) -> list[tuple[str, ForwardProcess]]:
    processes = []
    for name, schedule in config.schedules:
        spec = {
            "vocab_size": vocab_size,
            "num_timesteps": config.num_timesteps,
            "schedule": schedule,
            "graph": config.graph,
        }
        try:
            process = build_process(spec)
            process.graph.information()  # raises for large matrix graphs
            processes.append((name, process))
        except EngineError as error:
            raise UsageError(f"schedule {name!r}: {error}") from error
    return processes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What each step of a run costs, in milliseconds on one machine.

    Only the ratios matter: they let progress grow about evenly with time, so that the
    time left can be estimated from it.
    """

    exact: int
    timestep: int
    first_decision: int
    decision: int

    @classmethod
    def of(cls, config: BenchmarkConfig) -> _Work:
        return cls(
            exact=150 + config.samples // 2,
            timestep=20 + config.samples // 70,
            first_decision=15_000 if config.decision else 0,
            decision=500 if config.decision else 0,
        )

    def speed(self, case: TimingCase) -> int:
        return 150 + case.tokens // 2_000

    def total(self, config: BenchmarkConfig, cases: Sequence[TimingCase]) -> int:
        each = self.exact + len(config.timesteps) * self.timestep
        decisions = self.first_decision + (len(config.schedules) - 1) * self.decision
        speeds = sum(self.speed(case) for case in cases)
        return len(config.schedules) * each + decisions + speeds


class _Steps:
    """Adds up the work of a run's steps and reports them to the listener."""

    def __init__(self, total: int, on_progress: ProgressListener) -> None:
        self._total = total
        self._done = 0
        self._current = 0
        self._what = ""
        self._on_progress = on_progress

    def next(self, what: str, work: int) -> None:
        """Begin a step, after which so much more work is done."""
        self._done += self._current
        self._what, self._current = what, work
        self.repeat()

    def repeat(self) -> None:
        """Report the current step again."""
        self._on_progress(self._done, self._total, self._what)

    def finish(self) -> None:
        self._on_progress(self._total, self._total, "all measured")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Study:
    """The inputs that all schedules of a run share."""

    config: BenchmarkConfig
    classes: dict[str, list[int]]
    design: Design
    source: TokenSource
    difficulties: Difficulties | None
    steps: _Steps
    work: _Work

    def schedule(
        self, name: str, process: ForwardProcess, label: str
    ) -> dict[str, Any]:
        """Measure one schedule and return its entry in the document."""
        self.steps.next(f"{label}, exact values", self.work.exact)
        information = information_left(process, self.source.prior)
        typed = {
            "type": "token_types",
            "classes": self.classes,
            "weights": dict(TYPE_WEIGHTS),
        }
        variants = [
            _Variant("", process, self),
            _Variant("hyperschedule_", with_hyperschedule(process, typed), self),
        ]
        results = []
        for timestep in self.config.timesteps:
            self.steps.next(f"{label}, timestep {timestep}", self.work.timestep)
            plain, typed_weights = variants
            metrics = plain.measure_preserved(timestep)
            metrics |= typed_weights.measure_preserved(timestep)
            changed = metrics["preserved"].complement()
            metrics["edit_distance"] = changed.scale(self.design.mean_length)
            metrics["information_nats"] = measure_information(
                process, self.source, timestep, exact=float(information[timestep])
            )
            results.append(
                {
                    "timestep": timestep,
                    "alpha": float(process.alphas[timestep]),
                    "metrics": {
                        k: metric.to_document() for k, metric in metrics.items()
                    },
                }
            )
        return {
            "name": name,
            "specification": process.spec,
            "fingerprint": process.fingerprint,
            "is_baseline": name == self.config.baseline,
            "lint": [_finding_document(finding) for finding in lint(process)],
            "curves": {
                **_curves(process, information),
                "preservation": {
                    "timestep": variants[0].grid.tolist(),
                    **variants[0].curves(),
                    **variants[1].curves(),
                },
            },
            "wasted_steps": wasted_timesteps(process, self.source.prior),
            **self.decision(name, process, label),
            "results": results,
        }

    def decision(
        self, name: str, process: ForwardProcess, label: str
    ) -> dict[str, Any]:
        """Return the part of the entry about the decision, if there is to be one."""
        if self.difficulties is None:
            return {}
        # The first one reads the corpus, which the others share.
        is_first = name == self.config.schedules[0][0]
        work = self.work.first_decision if is_first else self.work.decision
        self.steps.next(f"{label}, decision", work)
        return {"decision": measure_decision(name, process, self.difficulties)}


class _Variant:
    """One schedule with or without the hyperschedule, and its expected preservation.

    Expectations are computed together for the timesteps of the run and for enough
    others to give a smooth curve, unless each costs a matrix exponential for every
    position.
    """

    def __init__(self, prefix: str, process: ForwardProcess, study: _Study) -> None:
        self._prefix = prefix
        self._process = process
        self._study = study
        costly = process.graph.INFORMATION_IS_COSTLY
        self.grid = np.union1d(
            study.config.timesteps,
            _spread(process.num_timesteps, 0 if costly else PRESERVATION_POINTS),
        )
        self._expected = expected_counts(
            process, study.design, self.grid, on_batch=study.steps.repeat
        )

    def measure_preserved(self, timestep: int) -> dict[str, Measurement]:
        """Measure the share of unchanged tokens, in total and by type."""
        design, seed = self._study.design, self._study.config.seed
        kept = preserved_counts(
            self._process,
            design,
            timestep,
            seed=seed,
            on_batch=self._study.steps.repeat,
        )
        row = int(np.searchsorted(self.grid, timestep))
        return {
            name: proportion(int(kept[of].sum()), trials, exact=float(exact[row]))
            for name, of, trials, exact in self._shares()
        }

    def curves(self) -> dict[str, list[float]]:
        """Return the expected shares on the grid by metric."""
        return {name: exact.tolist() for name, _, _, exact in self._shares()}

    def _shares(self) -> Iterator[tuple[str, slice, int, NDArray[np.float64]]]:
        """Yield each metric with its types, number of tokens and expected share."""
        name = f"{self._prefix}preserved"
        counts = self._study.design.type_counts
        kinds = [
            (f"{name}_{kind}", slice(i, i + 1)) for i, kind in enumerate(TOKEN_TYPES)
        ]
        for metric, of in [(name, slice(None)), *kinds]:
            if trials := int(counts[of].sum()):
                # Rounding may carry a sum of probabilities above their number.
                share = np.minimum(1.0, self._expected[:, of].sum(axis=1) / trials)
                yield metric, of, trials, share


def _spread(num_timesteps: int, points: int) -> NDArray[np.int64]:
    """Return at most `points` evenly spaced timesteps from 0 to T-1."""
    spread = np.linspace(0, num_timesteps - 1, min(num_timesteps, points))
    return spread.round().astype(np.int64)


def _curves(
    process: ForwardProcess, information: NDArray[np.float64]
) -> dict[str, list[Any]]:
    timesteps = _spread(process.num_timesteps, CURVE_POINTS)
    return {
        "timestep": timesteps.tolist(),
        "alpha": process.alphas[timesteps].tolist(),
        "information_nats": information[timesteps].tolist(),
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    value = finding.value if math.isfinite(finding.value) else None
    return dataclasses.asdict(finding) | {"value": value}
