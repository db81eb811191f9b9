"""The data of the dashboard and of the status page."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from noising.configured import default_hyperschedule_process, default_process
from noising.dashboard import plots
from noising.engine import ForwardProcess, chosen_kernel
from noising.models import Audit, BenchmarkRun, Job, ScheduleConfig, Worker
from noising.models.failures import failure_line, is_database_failure

logger = logging.getLogger(__name__)

FIRST_COMPARED = ("sedd_entropy", "cosine", "linear")
"""Built-in schedules that the form to compare selects at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value with a label; `code` is the part of it to set as code."""

    label: str
    value: str
    code: str = ""


def list_service_facts() -> list[Fact]:
    """Return the server's noise process and the limits of a request."""
    process = default_process()
    specification = process.spec
    return [
        Fact(label="Kernel", value=chosen_kernel()),
        Fact(label="Schedule", value=_describe_part(specification["schedule"])),
        Fact(label="Graph", value=_describe_graph(process)),
        Fact(label="Vocabulary", value=f"{process.vocab_size:,} tokens"),
        Fact(label="Timesteps", value=f"{process.num_timesteps:,}"),
        Fact(
            label="Hyperschedule (on request)",
            value=_describe_part(default_hyperschedule_process().spec["hyperschedule"]),
        ),
        Fact(
            label="Request limits",
            value=f"{settings.MAX_TOKENS:,} tokens, "
            f"{_format_size(settings.MAX_BODY_BYTES)}",
        ),
        Fact(label="Fingerprint", value="", code=process.fingerprint),
    ]


def _describe_graph(process: ForwardProcess) -> str:
    described = _describe_part(process.spec["graph"])
    if process.mask_id is None:
        return f"{described}, no mask id"
    return f"{described}, mask id {process.mask_id:,}"


def _describe_part(part: dict[str, Any]) -> str:
    """Return the type and its short parameters: "linear: beta_max 0.02"."""
    parameters = ", ".join(_list_parameters(part))
    return f"{part['type']}: {parameters}" if parameters else str(part["type"])


def _list_parameters(part: dict[str, Any]) -> Iterator[str]:
    for name, value in part.items():
        if name == "type" or value is None:
            continue
        if isinstance(value, list | dict):
            yield f"{name} ({len(value):,} entries)"
        else:
            yield f"{name} {value}"


def _format_size(size_bytes: int) -> str:
    for unit, unit_bytes in (("MiB", 2**20), ("KiB", 2**10)):
        if size_bytes % unit_bytes == 0:
            return f"{size_bytes // unit_bytes:,} {unit}"
    return f"{size_bytes:,} bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeData:
    """The dashboard's data from the database, if it can be used.

    Attributes:
        database_ok: whether it can.
        plotted: the newest schedules, as many as a plot shows.
        names: the names of all schedules, to choose from.
        runs: the latest runs.
        audits: the latest audits.
        jobs: the latest jobs.
    """

    database_ok: bool
    plotted: Sequence[ScheduleConfig] = ()
    names: Sequence[str] = ()
    runs: Sequence[BenchmarkRun] = ()
    audits: Sequence[Audit] = ()
    jobs: Sequence[Job] = ()

    @property
    def schedule_plots(self) -> list[plots.Plot]:
        """Return plots of the stored schedules; without any, of the built-in ones."""
        if not self.plotted:
            return [plots.make_builtin_plot(name) for name in plots.OVERLAY_NAMES]
        return [
            plots.make_overlay_plot(name, self.plotted) for name in plots.OVERLAY_NAMES
        ]

    @property
    def selected(self) -> Sequence[str]:
        """Return the schedules that the form to compare selects at first."""
        known = [name for name in FIRST_COMPARED if name in self.names]
        others = [name for name in self.names if name not in known]
        return [*known, *others][: len(FIRST_COMPARED)]


def load_home_data() -> HomeData:
    """Read the data of the dashboard with five queries.

    If the database cannot be used, the dashboard reports that.
    """
    try:
        return HomeData(
            database_ok=True,
            plotted=list(ScheduleConfig.objects.for_plots()),
            names=ScheduleConfig.objects.names(),
            runs=list(BenchmarkRun.objects.for_dashboard()),
            audits=list(Audit.objects.for_dashboard()),
            jobs=list(Job.objects.for_dashboard()),
        )
    except DatabaseError as error:
        _log_database_failure(error)
        return HomeData(database_ok=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """Whether the database and a worker can be used."""

    database_ok: bool
    worker_ok: bool = False


def load_service_state() -> ServiceState:
    """Read the state with one query."""
    try:
        return ServiceState(database_ok=True, worker_ok=Worker.objects.alive().exists())
    except DatabaseError as error:
        _log_database_failure(error)
        return ServiceState(database_ok=False)


def _log_database_failure(error: DatabaseError) -> None:
    """Log that the database cannot be used; raise an error of our own again."""
    if not is_database_failure(error):
        raise error
    logger.error(
        "The database cannot be used; the page says so: %s", failure_line(error)
    )
