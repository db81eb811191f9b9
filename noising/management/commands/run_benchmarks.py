"""`manage.py run_benchmarks`: measures schedules and stores the run."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from benchmarks import report
from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.corpora import CorpusError
from benchmarks.regressions import Base
from benchmarks.run_benchmarks import (
    FAILED,
    add_arguments,
    base_from,
    config_from,
    judge,
    progress_bar,
    show_results,
)
from benchmarks.runner import run
from noising.arguments import BAD_USAGE, INTERRUPTED
from noising.command.usage import CommandLineError
from noising.corpora import find_measurable
from noising.engine import EngineError
from noising.extras import MissingExtraError
from noising.jobs import JobError
from noising.management.recording import RunRecord
from noising.management.stopping import exit_on_sigterm
from noising.management.sweeping import add_sweep_arguments, format_front, measure_sweep
from noising.models import BenchmarkRun
from noising.runs import (
    JobRunningError,
    RunStateError,
    RunTooLargeError,
    ScheduleNames,
    StoppedError,
    check_builds,
    run_create,
)

SECONDS_BETWEEN_LOOKS = 0.5
LOOKED_AT = (
    "status",
    "progress",
    "attempt",
    "error",
    "cancel_requested",
    "log",
)


BAD_SWEEP = (UsageError, CorpusError, CommandLineError, EngineError)
REFUSED = (UsageError, RunStateError, RunTooLargeError, report.OutputError)


class Command(BaseCommand):
    """Measures, writes the files, then stores all rows in one transaction."""

    help = (
        "Measure noise schedules against the uniform baseline, write a JSON file and "
        "plots, and store the run; or, with --queue, let a worker measure and store "
        "it. --schedules also takes the names of stored schedules."
    )
    requires_system_checks = ()  # so that a bad argument gives only one line

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        """Return a parser whose errors are one line, without the usage."""
        return super().create_parser(
            prog_name, subcommand, usage=argparse.SUPPRESS, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flags of ``python -m benchmarks.run_benchmarks``, and two more."""
        add_arguments(parser)
        parser.add_argument(
            "--queue",
            action="store_true",
            help="queue the run for a worker, print its id and end; write no files",
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="with --queue: show progress and end when the run has ended",
        )

        add_sweep_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run; an expected failure prints one line and sets the exit code."""
        if options["sweep"] is not None:
            self._sweep(options)
            return
        try:
            config = _read_config(options)
            base = base_from(options, config, read=_read_base)
            if options["queue"]:
                if base is not None:
                    raise UsageError(
                        "compare: does not work with --queue, which measures later"
                    )
                self._queue(config, options)
                return
            report.check_directory(options["output"])
        except REFUSED as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except DatabaseError as error:
            raise _describe_failure(error) from error
        except KeyboardInterrupt:
            raise CommandError(
                "interrupted; the run continues", returncode=INTERRUPTED
            ) from None
        try:
            with exit_on_sigterm(), RunRecord(config) as record:
                document = self._measure(config, record, options)
            failure = judge(base, document, quiet=options["quiet"]) if base else ""
        except (UsageError, CorpusError) as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except report.OutputError as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except StoppedError as stopped:
            raise CommandError(f"the run was {stopped}", returncode=FAILED) from None
        except DatabaseError as error:
            raise _describe_failure(error) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=INTERRUPTED) from None
        if failure:
            raise CommandError(failure, returncode=FAILED)

    def _sweep(self, options: dict[str, Any]) -> None:
        try:
            refused = ("name", "schedules", "baseline", "compare", "fail_over", "queue")
            for name in refused:
                if options[name]:
                    flag = name.replace("_", "-")
                    raise UsageError(f"{flag}: does not work with --sweep")
            with exit_on_sigterm():
                job = measure_sweep(options)
        except (*BAD_SWEEP, MissingExtraError, JobRunningError) as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except JobError as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except StoppedError as stopped:
            raise CommandError(f"the sweep was {stopped}", returncode=FAILED) from None
        except DatabaseError as error:
            raise _describe_failure(error) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=INTERRUPTED) from None
        if not options["quiet"]:
            self.stdout.write(format_front(job))

    def _queue(self, config: BenchmarkConfig, options: Mapping[str, Any]) -> None:
        check_builds(config)
        run = run_create(config=config)
        self.stdout.write(str(run.pk))
        if not options["wait"]:
            return
        self.stdout.flush()
        looked_at = BenchmarkRun.objects.with_loss().only(*LOOKED_AT)
        with progress_bar(quiet=options["quiet"]) as show:
            while not run.is_ended:
                doing = run.phase or f"{run.status} {run.state_text}"
                show(round(100 * run.progress), 100, doing)
                time.sleep(SECONDS_BETWEEN_LOOKS)
                run = looked_at.get(pk=run.pk)
        if run.status != BenchmarkRun.Status.SUCCEEDED:
            raise CommandError(
                f"the run has {run.status}: {run.error}"
                if run.error
                else f"the run was {run.status}",
                returncode=FAILED,
            )

    def _measure(
        self, config: BenchmarkConfig, record: RunRecord, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        corpus = find_measurable(config.corpus)
        with progress_bar(quiet=options["quiet"]) as show:

            def on_progress(done: int, total: int, what: str) -> None:
                show(done, total, what)
                record.progress(done, total, what)

            document = run(config, on_progress=on_progress, corpus=corpus)
        paths = report.write(document, options["output"], plots=options["plots"])
        stored = record.finish(document)
        if not options["quiet"]:
            show_results(document, paths)
            self.stdout.write(f"Stored as run {stored.pk}.")
        return document


def _read_config(options: Mapping[str, Any]) -> BenchmarkConfig:
    """Return what to measure; the names may be those of types and stored schedules.

    Raises:
        UsageError: A name is unknown, or a schedule is stored for another graph or
            another number of timesteps than this run's.
    """
    names = ScheduleNames()
    config = config_from(options, resolve=names.resolve)
    names.check(config)
    return config


def _read_base(name: str, bound: float | None) -> Base:
    """Return the results of a stored run, if `name` is an id, else of a file.

    Raises:
        UsageError: The run or file does not exist, or has no results.
    """
    try:
        key = UUID(name)
    except ValueError:
        return Base.read(Path(name), bound)
    run = BenchmarkRun.objects.for_page().filter(pk=key).first()
    if run is None or run.status != BenchmarkRun.Status.SUCCEEDED:
        raise UsageError(f"compare: there is no run {name} with results")
    return Base.of(name, run.document(), bound)


def _describe_failure(error: DatabaseError) -> CommandError:
    line = " ".join(str(error).split())
    return CommandError(
        f"the results cannot be stored: {line}; create a new database with `manage.py "
        "migrate`, or use `python -m benchmarks.run_benchmarks`, which needs none",
        returncode=FAILED,
    )
