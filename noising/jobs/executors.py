"""Executors: the tasks of a job in processes of this machine, or on a Dask cluster."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from noising.extras import require_extra
from noising.jobs.errors import JobError

Task = TypeVar("Task")
Result = TypeVar("Result")

RETRIES: Final = 3
"""How often tasks run again whose worker was killed."""


_KILLED: Final = (
    f"workers were killed {RETRIES + 1} times; give them more memory, or start fewer"
)


class Executor(Protocol):
    """Runs tasks; a task that is run twice must leave the same behind."""

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[Result]:
        """Yield the results as they come. Whoever stops early cancels the others.

        Args:
            function: a function of a module, which workers import.
            tasks: its arguments.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExecutor:
    """Processes of this machine.

    Attributes:
        workers: number of processes; 1 for this process alone.
    """

    workers: int = 1

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[Result]:
        """Yield the results as they come."""
        if self.workers == 1 or len(tasks) < 2:
            yield from map(function, tasks)
            return
        left = dict(enumerate(tasks))
        for attempt in range(RETRIES + 1):
            try:
                for number, result in self._run_some(function, left):
                    del left[number]
                    yield result
                return
            except BrokenProcessPool as error:
                if attempt == RETRIES:
                    raise JobError(_KILLED) from error

    def _run_some(
        self, function: Callable[[Task], Result], tasks: dict[int, Task]
    ) -> Iterator[tuple[int, Result]]:
        # A fork would copy the threads of numba and of pyarrow without running them.
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(tasks))
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=end_with_parent
        )
        try:
            futures = {pool.submit(function, task): n for n, task in tasks.items()}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def end_with_parent() -> None:
    """End this process as soon as its parent has ended.

    A worker whose parent was killed would otherwise wait for tasks forever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_watch, args=(parent,), daemon=True)
        watch.start()


def _watch(parent: Any) -> None:
    parent.join()
    os._exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaskExecutor:
    """Workers of a Dask cluster, which share the file system of this process.

    Attributes:
        scheduler: address of a scheduler, such as "tcp://host:8786"; None for a
            cluster of processes on this machine, which ends with the job.
        workers: number of processes of such a cluster.
        timeout_s: how long to wait for the scheduler, and for a first worker.
    """

    scheduler: str | None = None
    workers: int = 1
    timeout_s: int = 60

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[Result]:
        """Yield the results as they come.

        Raises:
            MissingExtraError: Dask is not installed.
            JobError: the scheduler cannot be reached, has no workers, or a task's
                workers are killed again and again.
        """
        with require_extra("dask", user="--executor dask"):
            import dask

            # It logs every connection, unless the user's configuration says otherwise.
            level = dask.config.get("logging.distributed", "warning")
            with dask.config.set({"logging.distributed": level}):
                import distributed
        with ExitStack() as stack:
            settings = {"distributed.scheduler.allowed-failures": RETRIES}
            stack.enter_context(dask.config.set(settings))
            address: Any = self.scheduler
            if address is None:
                address = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=self.workers,
                        threads_per_worker=1,
                        dashboard_address=None,
                    )
                )
            try:
                client = stack.enter_context(
                    distributed.Client(address, timeout=self.timeout_s)
                )
                client.wait_for_workers(1, timeout=self.timeout_s)
            except (OSError, ValueError) as error:  # no address at all
                rule = "cannot be reached, or has no workers"
                raise JobError(f"{self.scheduler}: {rule}") from error
            # A second job with the same tasks must not get the results of the first.
            futures = client.map(function, tasks, pure=False)
            try:
                for future in distributed.as_completed(futures):
                    yield future.result()
                    future.release()
            except distributed.KilledWorker as error:
                raise JobError(_KILLED) from error
            finally:
                client.cancel(futures)
