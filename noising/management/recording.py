"""A benchmark run in the database for as long as it is measured."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.cases import BenchmarkConfig
from benchmarks.report import OutputError
from benchmarks.runner import SUITE
from noising import services
from noising.models import BenchmarkRun

SECONDS_BETWEEN_REPORTS = 1.0


class RunRecord:
    """Begins with the first step that is measured, and always comes to an end.

    What goes wrong before that step, such as a corpus that cannot be read, leaves no
    run behind; what goes wrong after it leaves a failed one with the reason.
    """

    def __init__(self, config: BenchmarkConfig) -> None:
        self._config = config
        self._run: BenchmarkRun | None = None
        self._reported_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and self._run is not None:
            services.run_fail(run=self._run, reason=_reason(error))

    def progress(self, done: int, total: int) -> None:
        """Report that `done` of `total` steps are done, at most once a second."""
        if self._run is None:
            self._run = services.run_start(
                suite=SUITE,
                corpus_name=Path(self._config.corpus).name,
                config=self._config.to_document(),
            )
        elif time.monotonic() >= self._reported_at + SECONDS_BETWEEN_REPORTS:
            services.run_progress(run=self._run, progress=done / total)
            self._reported_at = time.monotonic()

    def finish(self, document: Mapping[str, Any]) -> BenchmarkRun:
        """Store the results; the run has succeeded."""
        return services.run_record(document=document, run=self._run)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted."
    if isinstance(error, SystemExit):
        return "It was told to stop."
    if isinstance(error, OutputError):
        return str(error)
    return f"{type(error).__name__}: {error}"
