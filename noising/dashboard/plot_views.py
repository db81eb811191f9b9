"""The views of the plots that pages show."""

from collections.abc import Container
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.access import get_own_corpus_or_404
from noising.dashboard.selection import select_runs, select_schedules
from noising.figures import (
    AUDIT_FIGURES,
    SWEEP_FIGURES,
    ChosenLayout,
    collect_measured_lines,
    draw_sparkline,
    list_corpus_figures,
    list_run_figures,
    respond_with_chart,
    respond_with_image,
    respond_with_sparkline,
)
from noising.form_fields import SpecificationFormField
from noising.models import Audit, BenchmarkRun, Job, ScheduleConfig
from noising.plots import FORMATS, FigureFormat

_FORMATS: dict[str, FigureFormat] = {name: name for name in FORMATS}


@require_safe
def plot_builtin(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """Respond with the built-in schedules in one panel, without the database."""
    _require(name, plots.QUANTITY_NAMES)
    return _respond(request, plots.make_builtin_plot(name), plot_format)


@require_safe
def plot_overlay(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """Respond with the newest stored schedules in one panel."""
    _require(name, plots.QUANTITY_NAMES)
    configs = list(ScheduleConfig.objects.for_plots())
    return _respond(request, plots.make_overlay_plot(name, configs), plot_format)


@require_safe
def plot_schedule(
    request: HttpRequest, slug: str, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of one stored schedule."""
    _require(name, plots.QUANTITY_NAMES)
    config = get_object_or_404(ScheduleConfig, slug=slug)
    return _respond(request, plots.make_schedule_plot(name, config), plot_format)


@require_safe
def plot_draft(request: HttpRequest, name: str, plot_format: str) -> HttpResponseBase:
    """Respond with the curve of a specification that the query holds."""
    _require(name, plots.QUANTITY_NAMES)
    query = {
        key: request.GET[key]
        for key in ("specification", "better")
        if key in request.GET
    }
    field = SpecificationFormField()
    try:
        for text in query.values():
            field.clean(text)
    except ValidationError as error:
        raise Http404(" ".join(error.messages)) from None
    if "specification" not in query:
        raise Http404("The query has no specification.")
    return _respond(request, plots.make_draft_plot(name, query), plot_format)


@require_safe
def plot_comparison(
    request: HttpRequest, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with the stored schedules that the query names, in one panel."""
    _require(name, plots.QUANTITY_NAMES)
    chosen = select_schedules(request.GET)
    if len(chosen.configs) < 2:
        raise Http404("Fewer than two of the names belong to stored schedules.")
    subtract_first = request.GET.get("less") == "first"
    plot = plots.make_comparison_plot(name, chosen, subtract_first=subtract_first)
    return _respond(request, plot, plot_format)


@require_safe
def plot_positions(
    request: HttpRequest, slug: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of a hyperschedule over positions and timesteps."""
    config = get_object_or_404(ScheduleConfig.objects.with_hyperschedule(), slug=slug)
    return _respond(request, plots.make_positions_plot(config), plot_format)


@require_safe
def plot_sparkline(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Respond with a word-sized image of a stored schedule's alpha."""
    config = get_object_or_404(ScheduleConfig.objects.for_curves(), slug=slug)
    key = plots.hash_sparkline(config)
    return respond_with_sparkline(
        request,
        key,
        lambda: draw_sparkline(config.specification),
        modified=config.updated_at,
        is_fixed=request.GET.get("v") == key,
    )


@require_safe
def plot_run_comparison(
    request: HttpRequest, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of one metric of the runs that the query names."""
    selection = select_runs(request.GET)
    if not collect_measured_lines(selection.documents, name):
        raise Http404("No two of the runs have this metric for the same schedule.")
    return _respond(
        request, plots.make_run_comparison_plot(selection, name), plot_format
    )


@require_safe
def plot_run(
    request: HttpRequest, run_id: UUID, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of a run that succeeded."""
    recorded = get_object_or_404(
        BenchmarkRun.objects.only("corpus_name", "finished_at", "config"),
        pk=run_id,
        status=BenchmarkRun.Status.SUCCEEDED,
    )
    _require(name, list_run_figures(recorded))
    return _respond(request, plots.make_run_plot(name, recorded), plot_format)


@require_safe
def plot_audit(
    request: HttpRequest, audit_id: UUID, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of an audit."""
    _require(name, AUDIT_FIGURES)
    audit = get_object_or_404(Audit.objects.only("name", "created_at"), pk=audit_id)
    return _respond(request, plots.make_audit_plot(name, audit), plot_format)


@login_required
@require_safe
def plot_corpus(
    request: HttpRequest, corpus_id: UUID, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of a comparison on a corpus of the account."""
    corpus = get_own_corpus_or_404(request, corpus_id)
    _require(name, list_corpus_figures(corpus.comparison))
    return _respond(request, plots.make_corpus_plot(name, corpus), plot_format)


@require_safe
def plot_sweep(
    request: HttpRequest, job_id: UUID, name: str, plot_format: str
) -> HttpResponseBase:
    """Respond with a plot of a sweep."""
    _require(name, SWEEP_FIGURES)
    sweeps = Job.objects.filter(kind=Job.Kind.SWEEP).for_list()
    job = get_object_or_404(sweeps, pk=job_id)
    return _respond(request, plots.make_sweep_plot(name, job), plot_format)


def _require(name: str, names: Container[str]) -> None:
    if name not in names:
        raise Http404(f"There is no plot named {name}.")


def _respond(
    request: HttpRequest, plot: plots.Plot, plot_format: str
) -> HttpResponseBase:
    """Respond with a file or the chart, kept for long if the URL has their key."""
    image = plot.image
    is_fixed = request.GET.get("v") == image.key
    if plot_format == "json" and image.has_chart:
        return respond_with_chart(request, image, is_fixed=is_fixed)
    _require(plot_format, _FORMATS)
    if plot_format == "pgf" and image.has_map:
        raise Http404("A map has no PGF.")
    return respond_with_image(
        request,
        image,
        _FORMATS[plot_format],
        ChosenLayout.parse(request.GET),
        is_fixed=is_fixed,
    )
