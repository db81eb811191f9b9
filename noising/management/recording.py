"""Records a benchmark run in the database while a command measures it."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.cases import BenchmarkConfig
from benchmarks.report import OutputError
from benchmarks.runner import SUITE
from noising.models import BenchmarkRun
from noising.runs import Lease, StoppedError, run_fail, run_record, run_start


class RunRecord:
    """Stores a run when its first step is reported, and always ends it.

    An error before that step, such as a corpus that cannot be read, leaves no run. A
    later error leaves a failed run with the reason.
    """

    def __init__(self, config: BenchmarkConfig) -> None:
        self._config = config
        self._lease: Lease | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
        lease = self._lease
        if error is None or lease is None or isinstance(error, StoppedError):
            return
        run_fail(run=lease.run, reason=_reason(error), progress=lease.progress)

    def progress(self, done: int, total: int, step: str) -> None:
        """Report the work that is done, the whole work, and the next step.

        Raises:
            StoppedError: Somebody has cancelled the run.
        """
        self._begin().report(done, total, step)

    def finish(self, document: Mapping[str, Any]) -> BenchmarkRun:
        """Store the results and mark the run as succeeded.

        Raises:
            StoppedError: Somebody has cancelled the run, or it counts as lost.
        """
        return run_record(run=self._begin().run, document=document)

    def _begin(self) -> Lease:
        """Store the run and start to renew its claim, unless this has been done."""
        if self._lease is None:
            run = run_start(
                suite=SUITE,
                corpus_name=Path(self._config.corpus).name,
                config=self._config.to_document(),
                specifications=dict(self._config.schedules),
                name=self._config.name,
            )
            self._lease = self._open.enter_context(Lease(run))
        return self._lease


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted."
    if isinstance(error, SystemExit):
        return "It was told to stop."
    if isinstance(error, OutputError):
        return str(error)
    return f"{type(error).__name__}: {error}"
