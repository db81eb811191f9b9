"""The pages: each reads its rows, arranges them and renders a template."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from noising.configured import VERSION
from noising.dashboard import pages, plots
from noising.dashboard.service_state import service_facts
from noising.dashboard.tables import run_facts, schedule_table
from noising.engine import ENGINE_VERSION
from noising.models import (
    PLOTTED_SCHEDULES,
    BenchmarkRun,
    BenchmarkSchedule,
    ScheduleConfig,
)


@login_not_required
@require_safe
def icon(request: HttpRequest) -> HttpResponseBase:
    """The icon that browsers ask for where a page names none, as admin's do not."""
    return redirect(static("noising/mark.svg"))


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """State of the service, schedules overlaid, latest runs."""
    context = {
        "section": "dashboard",
        "version": VERSION,
        "engine_version": ENGINE_VERSION,
        "facts": service_facts(),
        "stored": pages.stored(),
        "plotted": PLOTTED_SCHEDULES,
        "origin": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "pages/dashboard.html", context)


@require_safe
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """One stored schedule: curves, linter, specification, runs."""
    config = get_object_or_404(
        ScheduleConfig.objects.select_related("owner"), slug=slug
    )
    context = {
        "config": config,
        "specification": pages.readable(config.specification),
        "plots": [plots.schedule_plot(name, config) for name in plots.SHOWN],
        "measurements": BenchmarkSchedule.objects.for_schedule_page(config),
    }
    return render(request, "pages/schedule.html", context)


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: plots, results, environment, linter."""
    found = get_object_or_404(BenchmarkRun.objects.for_page(), pk=run_id)
    context = {
        "run": found,
        "plots": plots.run_plots(found, ("alpha", "information", "preservation")),
        "throughput_plots": plots.run_plots(found, ("throughput",)),
        "tables": [schedule_table(item) for item in found.schedules.all()],
        "throughput": found.throughput_results.all(),
        "config": run_facts(pages.rest_of_config(found)),
        "corpus": run_facts(found.corpus),
        "environment": run_facts(found.environment),
    }
    return render(request, "pages/run.html", context)
