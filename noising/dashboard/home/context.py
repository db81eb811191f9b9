"""What the dashboard shows, gathered from the rows and ready for its template."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import Error as DatabaseError

from noising.dashboard import plots
from noising.models import BenchmarkRun, ScheduleConfig, Worker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """A run as the dashboard shows it."""

    run: BenchmarkRun
    names: Sequence[str]
    plots: Sequence[plots.Plot]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database holds for the dashboard, if it answers."""

    database_ok: bool
    worker_ok: bool = False
    schedules: Sequence[ScheduleConfig] = ()
    runs: Sequence[RunCard] = ()

    @property
    def schedule_plots(self) -> list[plots.Plot]:
        """The stored schedules overlaid; the built-in ones where none is stored."""
        if not self.schedules:
            return [plots.builtin_plot(name) for name in plots.OVERLAID]
        return [plots.overlay_plot(name, self.schedules) for name in plots.OVERLAID]


def stored() -> Stored:
    """Read what the dashboard shows: three queries, however much is stored.

    A database that does not answer is one of the things the dashboard reports.
    """
    try:
        schedules = list(ScheduleConfig.objects.for_dashboard())
        runs = _cards(BenchmarkRun.objects.for_dashboard())
        worker_ok = Worker.objects.alive().exists()
    except DatabaseError:
        logger.exception("The database does not answer; the dashboard says so.")
        return Stored(database_ok=False)
    return Stored(database_ok=True, worker_ok=worker_ok, schedules=schedules, runs=runs)


def _cards(runs: Iterable[BenchmarkRun]) -> list[RunCard]:
    """Arrange the runs; of those that have plots the first shows them at once."""
    cards: list[RunCard] = []
    for run in runs:
        cards.append(
            RunCard(
                run=run,
                names=run.config["schedules"],
                plots=plots.run_plots(run),
                is_open=not any(card.plots for card in cards),
            )
        )
    return cards
