"""The plots that pages show, by their addresses."""

from collections.abc import Container
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.selection import select_runs, select_schedules
from noising.figures import (
    RUN_FIGURES,
    ImageFormat,
    chart_answer,
    image_answer,
    measured_lines,
)
from noising.models import BenchmarkRun, ScheduleConfig

_FORMATS: dict[str, ImageFormat] = {"png": "png", "svg": "svg"}


@require_safe
def builtin(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """The built-in schedules in one panel, without the database."""
    _require(name, plots.SHOWN)
    return _answer(request, plots.builtin_plot(name), plot_format)


@require_safe
def schedules(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """The newest stored schedules in one panel."""
    _require(name, plots.SHOWN)
    configs = list(ScheduleConfig.objects.for_plots())
    return _answer(request, plots.overlay_plot(name, configs), plot_format)


@require_safe
def schedule(
    request: HttpRequest, slug: str, name: str, plot_format: str
) -> HttpResponseBase:
    """One stored schedule."""
    _require(name, plots.SHOWN)
    config = get_object_or_404(ScheduleConfig, slug=slug)
    return _answer(request, plots.schedule_plot(name, config), plot_format)


@require_safe
def comparison(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """Stored schedules that the query names, in one panel."""
    _require(name, plots.SHOWN)
    configs = select_schedules(request.GET)
    if len(configs) < 2:
        raise Http404("Fewer than two of the names are those of schedules.")
    less_first = request.GET.get("less") == "first"
    plot = plots.comparison_plot(name, configs, less_first=less_first)
    return _answer(request, plot, plot_format)


@require_safe
def positions(request: HttpRequest, slug: str, plot_format: str) -> HttpResponseBase:
    """A stored process's hyperschedule over positions and timesteps."""
    config = get_object_or_404(
        ScheduleConfig.objects.exclude(specification__hyperschedule=None), slug=slug
    )
    return _answer(request, plots.positions_plot(config), plot_format)


@require_safe
def sparkline(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A stored schedule's alpha, the size of a word."""
    config = get_object_or_404(ScheduleConfig.objects.for_curves(), slug=slug)
    image = plots.sparkline_image(config)
    is_fixed = request.GET.get("v") == image.key
    return image_answer(request, image, "svg", is_fixed=is_fixed)


@require_safe
def run_comparison(
    request: HttpRequest, name: str, plot_format: str
) -> HttpResponseBase:
    """A metric of the runs that the query names."""
    found = select_runs(request.GET)
    if not measured_lines(found.documents, name):
        raise Http404("No two of the runs have that metric of the same schedule.")
    return _answer(request, plots.run_comparison_plot(found, name), plot_format)


@require_safe
def run(
    request: HttpRequest, run_id: UUID, name: str, plot_format: str
) -> HttpResponseBase:
    """A figure of a run that succeeded."""
    _require(name, RUN_FIGURES)
    found = get_object_or_404(
        BenchmarkRun.objects.only("corpus_name", "finished_at"),
        pk=run_id,
        status=BenchmarkRun.Status.SUCCEEDED,
    )
    return _answer(request, plots.run_plot(name, found), plot_format)


def _require(name: str, names: Container[str]) -> None:
    if name not in names:
        raise Http404(f"There is no plot named {name}.")


def _answer(
    request: HttpRequest, plot: plots.Plot, plot_format: str
) -> HttpResponseBase:
    """Answer with image or numbers, for long where the address names the content."""
    is_fixed = request.GET.get("v") == plot.image.key
    if plot_format == "json" and plot.image.chart is not None:
        return chart_answer(request, plot.image, plot.image.chart, is_fixed=is_fixed)
    _require(plot_format, _FORMATS)
    return image_answer(request, plot.image, _FORMATS[plot_format], is_fixed=is_fixed)
