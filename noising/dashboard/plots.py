"""The plots that pages show: address, content and how each is drawn."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from noising.curves import QUANTITIES
from noising.drawing import (
    RUN_FIGURES,
    Image,
    ImageFormat,
    content_key,
    draw_schedules,
    run_image,
)
from noising.models import PLOTTED_SCHEDULES, BenchmarkRun, ScheduleConfig
from noising.services import BUILTIN_SCHEDULES

OVERLAID = ("alpha", "information")
SHOWN = ("alpha", "information", "sigma")
"""The quantities that pages have plots of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot; it is drawn only where `draw` is called.

    Attributes:
        route: Name of the route that answers with it.
        arguments: The route's arguments, without the image format.
        title: What it shows.
        subject: What it shows that of.
        key: Differs where the content may differ.
        is_wide: Whether it has many panels and needs the room.
        modified: When its content last changed, where that is known.
        draw: Draws it.
    """

    route: str
    arguments: Mapping[str, object]
    title: str
    subject: str
    key: str
    is_wide: bool = False
    modified: datetime | None = None
    draw: Callable[[ImageFormat], bytes]

    @property
    def alt(self) -> str:
        """The plot in words, for who does not see it."""
        return f"Plot: {self.title}, of {self.subject}"

    @property
    def svg(self) -> str:
        """The address of the vector image; a new one for new content."""
        return self._address("svg")

    @property
    def png(self) -> str:
        """The address of the pixel image; a new one for new content."""
        return self._address("png")

    @property
    def image(self) -> Image:
        """What an answer needs to know of it."""
        return Image(key=self.key, draw=self.draw, modified=self.modified)

    def _address(self, image_format: ImageFormat) -> str:
        path = reverse(
            self.route, kwargs={**self.arguments, "image_format": image_format}
        )
        return f"{path}?v={self.key}"


def builtin_plot(name: str) -> Plot:
    """The first built-in schedules in one panel; needs no database."""
    entries = [
        (entry.slug, entry.specification)
        for entry in BUILTIN_SCHEDULES[:PLOTTED_SCHEDULES]
    ]
    return Plot(
        route="pages:plot-builtin",
        arguments={"name": name},
        title=QUANTITIES[name].title,
        subject=", ".join(slug for slug, _ in entries),
        key=content_key(name, entries),
        draw=lambda image_format: draw_schedules(name, entries, image_format),
    )


def overlay_plot(name: str, configs: Sequence[ScheduleConfig]) -> Plot:
    """Stored schedules in one panel.

    Args:
        name: One of SHOWN.
        configs: What ``for_dashboard()`` or ``for_plots()`` found; the first are
            shown, the same of both.
    """
    configs = configs[:PLOTTED_SCHEDULES]
    return Plot(
        route="pages:plot-schedules",
        arguments={"name": name},
        title=QUANTITIES[name].title,
        subject=", ".join(config.slug for config in configs),
        key=content_key(
            name, [(config.slug, config.fingerprint) for config in configs]
        ),
        draw=lambda image_format: draw_schedules(
            name, [(c.slug, c.specification) for c in configs], image_format
        ),
    )


def schedule_plot(name: str, config: ScheduleConfig) -> Plot:
    """One stored schedule; `name` is one of SHOWN."""
    return Plot(
        route="pages:plot-schedule",
        arguments={"slug": config.slug, "name": name},
        title=QUANTITIES[name].title,
        subject=config.slug,
        key=content_key(name, config.slug, config.fingerprint),
        modified=config.updated_at,
        draw=lambda image_format: draw_schedules(
            name, [(config.slug, config.specification)], image_format
        ),
    )


def run_plot(name: str, run: BenchmarkRun) -> Plot:
    """A figure of a run that succeeded; `name` is a key of RUN_FIGURES."""
    image = run_image(name, run)
    return Plot(
        route="pages:plot-run",
        arguments={"run_id": run.pk, "name": name},
        title=RUN_FIGURES[name],
        subject=f"the run on {run.corpus_name}",
        key=image.key,
        is_wide=name == "preservation",
        modified=image.modified,
        draw=image.draw,
    )


def run_plots(run: BenchmarkRun, names: Iterable[str] = RUN_FIGURES) -> list[Plot]:
    """Plots of a run, all unless some are named: none before it has succeeded."""
    if run.status != BenchmarkRun.Status.SUCCEEDED:
        return []
    return [run_plot(name, run) for name in names]
