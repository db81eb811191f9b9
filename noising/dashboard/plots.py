"""The plots that pages show: their URLs, content and drawing."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from django.urls import reverse
from django.utils.http import urlencode

from noising.curves import QUANTITIES
from noising.dashboard.selection import RunSelection, ScheduleSelection
from noising.figures import (
    AUDIT_FIGURES,
    CORPUS_FIGURES,
    RUN_FIGURES,
    SWEEP_FIGURES,
    Image,
    build_comparison_figure,
    build_positions_figure,
    build_schedules_figure,
    describe_difference,
    hash_content,
    list_run_figures,
    make_audit_image,
    make_corpus_image,
    make_run_image,
    make_sweep_image,
)
from noising.models import (
    PLOTTED_SCHEDULES,
    Audit,
    BenchmarkRun,
    Corpus,
    Job,
    ScheduleConfig,
)
from noising.plots import FigureFormat
from noising.services import BUILTIN_SCHEDULES

PlotFormat: TypeAlias = FigureFormat | Literal["json"]

EXPORTS: Mapping[FigureFormat, str] = {
    "pdf": "vector image for papers, with its fonts",
    "svg": "vector image for pages and slides",
    "png": "pixel image, 300 dots per inch of paper",
    "pgf": "picture for LaTeX, in the fonts of the paper",
    "csv": "the numbers, as a table",
    "py": "Matplotlib program with the numbers in it",
}
"""What can be downloaded of a plot."""

OVERLAY_NAMES = ("alpha", "information")
QUANTITY_NAMES = (
    "alpha",
    "information",
    "sigma",
    "log_snr",
    "change_chance",
    "nelbo_weight",
)
"""The quantities that pages plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot, which is drawn only when its URL is requested.

    Attributes:
        route: The name of the plot's route.
        arguments: The route's arguments, without the image format.
        title: The plotted quantity.
        subject: The object that the quantity belongs to.
        image: Draws the plot and returns its numbers.
        is_wide: Whether it has many panels and needs the full width.
        query: Query parameters of the URL.
    """

    route: str
    arguments: Mapping[str, object]
    title: str
    subject: str
    image: Image
    is_wide: bool = False
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def alt(self) -> str:
        """Return the alternative text of the image."""
        return f"Plot: {self.title}, of {self.subject}"

    @property
    def svg(self) -> str:
        """Return the URL of the vector image, which changes with the content."""
        return self._address("svg")

    @property
    def picture(self) -> str:
        """Return the URL of the image as pages show it: they write the title."""
        return self._address(
            "svg", title="off", width="page-wide" if self.is_wide else "page"
        )

    @property
    def phone(self) -> str:
        """Return the URL of the image for narrow screens."""
        return self._address("svg", title="off", width="phone")

    @property
    def png(self) -> str:
        """Return the URL of the pixel image, which changes with the content."""
        return self._address("png")

    @property
    def chart(self) -> str:
        """Return the URL of the numbers, or "" if the plot has no curves."""
        return self._address("json") if self.image.has_chart else ""

    @property
    def exports(self) -> Sequence[tuple[str, str, str]]:
        """Return format, description and path of each file that the export offers."""
        return [
            (name.upper(), text, self._path(name))
            for name, text in EXPORTS.items()
            if name != "pgf" or not self.image.has_map
        ]

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the query parameters that identify the plot and its content."""
        return {**self.query, "v": self.image.key}

    def _address(self, plot_format: PlotFormat, **layout: str) -> str:
        return f"{self._path(plot_format)}?{urlencode({**self.parameters, **layout})}"

    def _path(self, plot_format: PlotFormat) -> str:
        return reverse(
            self.route, kwargs={**self.arguments, "plot_format": plot_format}
        )


def make_builtin_plot(name: str) -> Plot:
    """Return a plot of the first built-in schedules; it needs no database."""
    entries = [
        (entry.slug, entry.specification)
        for entry in BUILTIN_SCHEDULES[:PLOTTED_SCHEDULES]
    ]
    return Plot(
        route="pages:plot-builtin",
        arguments={"name": name},
        title=QUANTITIES[name].title,
        subject=", ".join(slug for slug, _ in entries),
        image=_make_schedules_image(
            name, lambda: entries, key=hash_content(name, entries), of="built-in"
        ),
    )


def make_overlay_plot(name: str, configs: Sequence[ScheduleConfig]) -> Plot:
    """Return a plot of stored schedules in one panel.

    Args:
        name: One of QUANTITY_NAMES.
        configs: Schedules of ``for_plots()``.
    """
    configs = configs[:PLOTTED_SCHEDULES]
    return Plot(
        route="pages:plot-schedules",
        arguments={"name": name},
        title=QUANTITIES[name].title,
        subject=", ".join(config.slug for config in configs),
        image=_make_configs_image(name, configs, of="schedules"),
    )


def make_schedule_plot(name: str, config: ScheduleConfig) -> Plot:
    """Return a plot of one stored schedule; `name` is one of QUANTITY_NAMES."""
    return Plot(
        route="pages:plot-schedule",
        arguments={"slug": config.slug, "name": name},
        title=QUANTITIES[name].title,
        subject=config.slug,
        image=_make_configs_image(
            name, [config], of=config.slug, modified=config.updated_at
        ),
    )


def make_draft_plot(name: str, query: Mapping[str, str]) -> Plot:
    """Return a plot of a specification that is not stored, and of a better one.

    Args:
        name: one of QUANTITY_NAMES.
        query: ``specification`` and perhaps ``better``, as JSON; both are valid.
    """
    labels = {"specification": "this", "better": "instead"}
    entries = [
        (label, json.loads(query[key])) for key, label in labels.items() if key in query
    ]
    return Plot(
        route="pages:plot-draft",
        arguments={"name": name},
        title=QUANTITIES[name].title,
        subject=" and ".join(label for label, _ in entries),
        image=_make_schedules_image(
            name, lambda: entries, key=hash_content("draft", name, entries), of="draft"
        ),
        query=query,
    )


def make_comparison_plot(
    name: str, chosen: ScheduleSelection, *, subtract_first: bool = False
) -> Plot:
    """Return a plot of the compared schedules in one panel.

    Args:
        name: one of QUANTITY_NAMES.
        chosen: the schedules.
        subtract_first: whether to show by how much each differs from the first.
    """
    configs = chosen.configs
    title = QUANTITIES[name].title
    if subtract_first:
        title = describe_difference(QUANTITIES[name], configs[0].slug)
    query = {"names": chosen.names}
    if chosen.timesteps is not None:
        query["timesteps"] = str(chosen.timesteps)
    return Plot(
        route="pages:plot-comparison",
        arguments={"name": name},
        title=title,
        subject=", ".join(config.slug for config in configs),
        image=_make_configs_image(
            name,
            configs,
            of="differences" if subtract_first else "comparison",
            subtract_first=subtract_first,
        ),
        query=query | ({"less": "first"} if subtract_first else {}),
    )


def make_positions_plot(config: ScheduleConfig) -> Plot:
    """Return a plot of the signal left by position, under the hyperschedule."""
    return Plot(
        route="pages:plot-positions",
        arguments={"slug": config.slug},
        title="Signal left by position and timestep",
        subject=config.slug,
        image=Image(
            key=hash_content("positions", config.slug, config.fingerprint),
            data=lambda: build_positions_figure(config.slug, config.specification),
            modified=config.updated_at,
            name=f"{config.slug}-positions",
            has_map=True,
        ),
        is_wide=True,
    )


def hash_sparkline(config: ScheduleConfig) -> str:
    """Return a key of the word-sized image of a stored schedule's alpha."""
    return hash_content("sparkline", config.fingerprint)


def find_sparkline(config: ScheduleConfig) -> str:
    """Return the URL of a schedule's sparkline, which changes with the content."""
    path = reverse("pages:sparkline", kwargs={"slug": config.slug})
    return f"{path}?{urlencode({'v': hash_sparkline(config)})}"


def make_run_plot(name: str, run: BenchmarkRun) -> Plot:
    """Return a plot of a run that succeeded; `list_run_figures` has its names."""
    return Plot(
        route="pages:plot-run",
        arguments={"run_id": run.pk, "name": name},
        title=list_run_figures(run)[name],
        subject=f"the run on {run.corpus_name}",
        image=make_run_image(name, run),
        is_wide=name in {"preservation", "throughput"},
    )


def make_run_comparison_plot(chosen: RunSelection, metric: str) -> Plot:
    """Return a plot of a metric of several runs, with a panel for each shared schedule.

    At least two of the runs must share a schedule (`collect_measured_lines`).
    """
    return Plot(
        route="pages:plot-run-comparison",
        arguments={"name": metric},
        title=metric.replace("_", " ").capitalize(),
        subject=", ".join(chosen.labels),
        image=Image(
            # The results of a run never change, but its title may.
            key=hash_content("runs", metric, chosen.ids, *chosen.labels),
            data=lambda: build_comparison_figure(chosen.documents, metric),
            name=f"runs-{metric}",
            has_chart=True,
        ),
        is_wide=True,
        query={"ids": chosen.ids},
    )


def make_run_plots(run: BenchmarkRun, names: Iterable[str] = RUN_FIGURES) -> list[Plot]:
    """Return plots of a run, by default all; none before it has succeeded."""
    if run.status != BenchmarkRun.Status.SUCCEEDED:
        return []
    return [make_run_plot(name, run) for name in names]


def make_audit_plot(name: str, audit: Audit) -> Plot:
    """Return a plot of an audit; `name` is a key of AUDIT_FIGURES."""
    return Plot(
        route="pages:plot-audit",
        arguments={"audit_id": audit.pk, "name": name},
        title=AUDIT_FIGURES[name],
        subject=str(audit),
        image=make_audit_image(name, audit.pk),
    )


def make_audit_plots(audit: Audit, names: Iterable[str]) -> list[Plot]:
    """Return some plots of an audit."""
    return [make_audit_plot(name, audit) for name in names]


def make_corpus_plot(reader: str, corpus: Corpus) -> Plot:
    """Return a plot of the comparison on a corpus; `list_corpus_figures` has names."""
    return Plot(
        route="pages:plot-corpus",
        arguments={"corpus_id": corpus.pk, "name": reader},
        title=CORPUS_FIGURES[reader],
        subject=corpus.name,
        image=make_corpus_image(reader, corpus),
    )


def make_sweep_plot(name: str, job: Job) -> Plot:
    """Return a plot of a sweep; `name` is a key of SWEEP_FIGURES."""
    return Plot(
        route="pages:plot-sweep",
        arguments={"job_id": job.pk, "name": name},
        title=SWEEP_FIGURES[name],
        subject=job.title,
        image=make_sweep_image(name, job),
        is_wide=True,
    )


def _make_configs_image(
    name: str,
    configs: Sequence[ScheduleConfig],
    *,
    of: str,
    subtract_first: bool = False,
    modified: datetime | None = None,
) -> Image:
    return _make_schedules_image(
        name,
        # Read only when it is drawn, because lists do not load the specifications.
        lambda: [(config.slug, config.specification) for config in configs],
        key=hash_content(
            name, subtract_first, [(c.slug, c.fingerprint) for c in configs]
        ),
        of=of,
        subtract_first=subtract_first,
        modified=modified,
    )


def _make_schedules_image(
    name: str,
    entries: Callable[[], Sequence[tuple[str, Mapping[str, object]]]],
    *,
    key: str,
    of: str,
    subtract_first: bool = False,
    modified: datetime | None = None,
) -> Image:
    return Image(
        key=key,
        data=lambda: build_schedules_figure(
            name, entries(), subtract_first=subtract_first
        ),
        modified=modified,
        name=f"{of}-{name}".replace("_", "-"),
        has_chart=True,
    )
