"""What the dashboard shows: settings of the service, newest schedules and runs."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError

from noising.configured import default_hyperscheduled, default_process
from noising.dashboard import plots
from noising.engine import ForwardProcess, chosen_kernel
from noising.models import BenchmarkRun, ScheduleConfig, Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled value; `code` is a part of it that machines read."""

    label: str
    value: str
    code: str = ""


def service_facts() -> list[Fact]:
    """Return the process in force and the limits of a request."""
    process = default_process()
    specification = process.spec
    return [
        Fact(label="Kernel", value=chosen_kernel()),
        Fact(label="Schedule", value=_described(specification["schedule"])),
        Fact(label="Graph", value=_graph(process)),
        Fact(label="Vocabulary", value=f"{process.vocab_size:,} tokens"),
        Fact(label="Timesteps", value=f"{process.num_timesteps:,}"),
        Fact(
            label="Hyperschedule on request",
            value=_described(default_hyperscheduled().spec["hyperschedule"]),
        ),
        Fact(
            label="Limits of a request",
            value=f"{settings.MAX_TOKENS:,} tokens, {_size(settings.MAX_BODY_BYTES)}",
        ),
        Fact(label="Fingerprint", value="", code=process.fingerprint),
    ]


def _graph(process: ForwardProcess) -> str:
    described = _described(process.spec["graph"])
    if process.mask_id is None:
        return f"{described}, no mask id"
    return f"{described}, mask id {process.mask_id:,}"


def _described(part: dict[str, Any]) -> str:
    """Return the type and its short parameters: "linear: beta_max 0.02"."""
    shown = ", ".join(_parameters(part))
    return f"{part['type']}: {shown}" if shown else str(part["type"])


def _parameters(part: dict[str, Any]) -> Iterator[str]:
    for name, value in part.items():
        if name == "type" or value is None:
            continue
        if isinstance(value, list | dict):
            yield f"{name} ({len(value):,} entries)"
        else:
            yield f"{name} {value}"


def _size(size_bytes: int) -> str:
    for unit, unit_bytes in (("MiB", 2**20), ("KiB", 2**10)):
        if size_bytes % unit_bytes == 0:
            return f"{size_bytes // unit_bytes:,} {unit}"
    return f"{size_bytes:,} bytes"


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
