"""`manage.py run_benchmarks`: the benchmark, with its results in the database too."""

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from benchmarks import report
from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.corpora import CorpusError
from benchmarks.run_benchmarks import (
    BAD_USAGE,
    FAILED,
    INTERRUPTED,
    add_arguments,
    config_from,
    progress_bar,
    schedule_of_type,
    show_results,
)
from benchmarks.runner import run
from noising.engine import SCHEDULE_TYPES, build_process
from noising.management.recording import RunRecord
from noising.models import ScheduleConfig


class Command(BaseCommand):
    """Measures, writes the files, then stores all rows at once."""

    help = (
        "Measure noise schedules against the uniform baseline; write a JSON file and "
        "plots, and store the run. --schedules also takes the names of stored ones."
    )
    requires_system_checks = ()  # a bad argument is one line, whatever checks say

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        """Say what is wrong with an argument in one line, without the usage."""
        return super().create_parser(
            prog_name, subcommand, usage=argparse.SUPPRESS, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """The flags of ``python -m benchmarks.run_benchmarks``."""
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run, and turn every expected failure into one line and an exit code."""
        try:
            config = _configured(options)
            report.check_directory(options["output"])
        except (UsageError, report.OutputError) as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except DatabaseError as error:
            raise _database_lost(error) from error
        try:
            with _ended_by_sigterm(), RunRecord(config) as record:
                self._measure(config, record, options)
        except (UsageError, CorpusError) as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except report.OutputError as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except DatabaseError as error:
            raise _database_lost(error) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=INTERRUPTED) from None

    def _measure(
        self, config: BenchmarkConfig, record: RunRecord, options: Mapping[str, Any]
    ) -> None:
        with progress_bar(quiet=options["quiet"]) as show:

            def on_progress(done: int, total: int, what: str) -> None:
                show(done, total, what)
                record.progress(done, total)

            document = run(config, on_progress=on_progress)
        paths = report.write(document, options["output"], plots=options["plots"])
        stored = record.finish(document)
        if not options["quiet"]:
            show_results(document, paths)
            self.stdout.write(f"Stored as run {stored.pk}.")


def _configured(options: Mapping[str, Any]) -> BenchmarkConfig:
    """Return what to run; names that are no schedule type are stored schedules.

    Raises:
        UsageError: Nothing has that name, or it is stored for another graph or
            another number of timesteps than this run's.
    """
    stored: list[ScheduleConfig] = []

    def resolve(name: str) -> Mapping[str, Any]:
        if name in SCHEDULE_TYPES:
            return schedule_of_type(name)
        found = ScheduleConfig.objects.filter(slug=name).first()
        if found is None:
            raise UsageError(
                f"schedules: {name!r} is neither a schedule type nor a stored "
                f"schedule; the types are {', '.join(SCHEDULE_TYPES)}"
            )
        stored.append(found)
        schedule: Mapping[str, Any] = found.specification["schedule"]
        return schedule

    config = config_from(options, resolve=resolve)
    for schedule in stored:
        _check_fits(schedule, config)
    return config


def _check_fits(schedule: ScheduleConfig, config: BenchmarkConfig) -> None:
    """Refuse to measure something else under the stored schedule's name."""
    graph = schedule.specification["graph"]
    if graph["type"] != config.graph["type"]:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for the graph {graph['type']!r}; "
            f"measure it with --graph {graph['type']}"
        )
    measured = build_process({**schedule.specification, "graph": dict(config.graph)})
    if graph != measured.spec["graph"]:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for a graph with parameters of "
            "its own, which --graph does not take"
        )
    if schedule.num_timesteps != config.num_timesteps:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for {schedule.num_timesteps} "
            f"timesteps; measure it with --num-timesteps {schedule.num_timesteps}"
        )


def _database_lost(error: DatabaseError) -> CommandError:
    line = " ".join(str(error).split())
    return CommandError(
        f"the database does not take the run: {line}; a new one needs "
        "`manage.py migrate`, and `python -m benchmarks.run_benchmarks` needs none",
        returncode=FAILED,
    )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """End as an exception does, so that the run does not look alive for ever."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
