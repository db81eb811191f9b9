"""The plots that pages show, by their addresses."""

from collections.abc import Container
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.drawing import RUN_FIGURES, ImageFormat, image_answer
from noising.models import BenchmarkRun, ScheduleConfig

_FORMATS: dict[str, ImageFormat] = {"png": "png", "svg": "svg"}


@require_safe
def builtin(request: HttpRequest, name: str, image_format: str) -> HttpResponseBase:
    """The built-in schedules in one panel, without the database."""
    _require(name, plots.SHOWN)
    return _answer(request, plots.builtin_plot(name), image_format)


@require_safe
def schedules(request: HttpRequest, name: str, image_format: str) -> HttpResponseBase:
    """The newest stored schedules in one panel."""
    _require(name, plots.SHOWN)
    configs = list(ScheduleConfig.objects.for_plots())
    return _answer(request, plots.overlay_plot(name, configs), image_format)


@require_safe
def schedule(
    request: HttpRequest, slug: str, name: str, image_format: str
) -> HttpResponseBase:
    """One stored schedule."""
    _require(name, plots.SHOWN)
    config = get_object_or_404(ScheduleConfig, slug=slug)
    return _answer(request, plots.schedule_plot(name, config), image_format)


@require_safe
def run(
    request: HttpRequest, run_id: UUID, name: str, image_format: str
) -> HttpResponseBase:
    """A figure of a run that succeeded."""
    _require(name, RUN_FIGURES)
    found = get_object_or_404(
        BenchmarkRun.objects.only("corpus_name", "finished_at"),
        pk=run_id,
        status=BenchmarkRun.Status.SUCCEEDED,
    )
    return _answer(request, plots.run_plot(name, found), image_format)


def _require(name: str, names: Container[str]) -> None:
    if name not in names:
        raise Http404(f"There is no plot named {name}.")


def _answer(
    request: HttpRequest, plot: plots.Plot, image_format: str
) -> HttpResponseBase:
    """Answer with the image, for long where its address names the content."""
    _require(image_format, _FORMATS)
    return image_answer(
        request,
        plot.image,
        _FORMATS[image_format],
        is_fixed=request.GET.get("v") == plot.key,
    )
