"""Answers that are plots: found by their content, drawn once a process."""

from collections.abc import Container
from uuid import UUID

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.drawing import QUANTITIES, ImageFormat
from noising.models import BenchmarkRun, ScheduleConfig

# An SVG opened by its own address is a document: it needs its inline styles, and
# nothing else that a document could do.
PLOT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

_CONTENT_TYPES: dict[str, tuple[ImageFormat, str]] = {
    "png": ("png", "image/png"),
    "svg": ("svg", "image/svg+xml"),
}
_WEEK = 7 * 24 * 3600


@require_safe
def builtin(request: HttpRequest, name: str, image_format: str) -> HttpResponseBase:
    """The built-in schedules in one panel, without the database."""
    _require(name, QUANTITIES)
    return _answer(request, plots.builtin_plot(name), image_format)


@require_safe
def schedules(request: HttpRequest, name: str, image_format: str) -> HttpResponseBase:
    """The newest stored schedules in one panel."""
    _require(name, QUANTITIES)
    configs = list(ScheduleConfig.objects.for_plots())
    return _answer(request, plots.overlay_plot(name, configs), image_format)


@require_safe
def schedule(
    request: HttpRequest, slug: str, name: str, image_format: str
) -> HttpResponseBase:
    """One stored schedule."""
    _require(name, QUANTITIES)
    config = get_object_or_404(ScheduleConfig, slug=slug)
    return _answer(request, plots.schedule_plot(name, config), image_format)


@require_safe
def run(
    request: HttpRequest, run_id: UUID, name: str, image_format: str
) -> HttpResponseBase:
    """A figure of a run that succeeded."""
    _require(name, plots.RUN_TITLES)
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
    """Answer 304 where the client has the content, else draw it or take it ready."""
    _require(image_format, _CONTENT_TYPES)
    kind, content_type = _CONTENT_TYPES[image_format]
    etag = quote_etag(f"{kind}-{plot.key}")
    modified = int(plot.modified.timestamp()) if plot.modified else None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        content = cache.get_or_set(
            f"plot-{kind}-{plot.key}", lambda: plot.draw(kind), _WEEK
        )
        response = HttpResponse(content, content_type=content_type)
    response["ETag"] = etag
    if modified is not None:
        response["Last-Modified"] = http_date(modified)
    # Pages ask for the content that they mean; such an address never changes.
    named = request.GET.get("v") == plot.key
    response["Cache-Control"] = (
        f"private, max-age={_WEEK}, immutable" if named else "private, no-cache"
    )
    response["Content-Security-Policy"] = PLOT_POLICY
    return response
