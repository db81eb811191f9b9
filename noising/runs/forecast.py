"""How long a run will take here, from its parameters and from earlier runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.effort import estimate_seconds
from noising.models import BenchmarkRun, Corpus
from noising.models.jobs import describe_time
from noising.runs.worker import read_config

_FACTORS: Final = (0.25, 20.0)
"""The least and the greatest correction: one odd run must not spoil all estimates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForecast:
    """How long a run will take.

    Attributes:
        seconds: from its start to its end.
        ahead: the number of unfinished runs in the queue before it.
    """

    seconds: float
    ahead: int

    @property
    def text(self) -> str:
        """Return the estimate in words, such as "about 40 seconds"."""
        rounded = 5 * max(1, round(self.seconds / 5))
        return f"about {describe_time(timedelta(seconds=rounded))}"


def run_forecast(config: BenchmarkConfig) -> RunForecast:
    """Estimate a run before it starts.

    Recent runs of this service say how fast its machine is.
    """
    factors = list(_compare_with_recent())
    factor = median(factors) if factors else 1.0
    low, high = _FACTORS
    return RunForecast(
        seconds=_estimate(config) * min(high, max(low, factor)),
        ahead=BenchmarkRun.objects.unfinished().count(),
    )


def _estimate(config: BenchmarkConfig) -> float:
    """Return the estimated seconds of a run elsewhere, also on a stored corpus."""
    stored = Corpus.objects.referenced(config.corpus)
    summary = stored.values_list("summary", flat=True).first()
    return estimate_seconds(config, mean_tokens=(summary or {}).get("row_length"))


def _compare_with_recent() -> Iterator[float]:
    """Yield the time that recent runs took, relative to their estimates."""
    for run in BenchmarkRun.objects.recently_measured():
        if run.started_at is None or run.finished_at is None:
            continue
        try:
            expected = _estimate(read_config(run))
        except (KeyError, UsageError):  # a run of the command has no specifications
            continue
        yield (run.finished_at - run.started_at).total_seconds() / expected
