"""The pages of runs: each reads its rows, arranges them, renders a template."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.runs.tables import rest_of_config, run_facts, schedule_table
from noising.models import BenchmarkRun


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """All runs."""
    context = {"section": "runs", "runs": BenchmarkRun.objects.for_dashboard()}
    return render(request, "runs/list.html", context)


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run: plots, results, environment, linter."""
    found = get_object_or_404(BenchmarkRun.objects.for_page(), pk=run_id)
    context = {
        "section": "runs",
        "run": found,
        "plots": plots.run_plots(found, ("alpha", "information", "preservation")),
        "throughput_plots": plots.run_plots(found, ("throughput",)),
        "tables": [schedule_table(item) for item in found.schedules.all()],
        "throughput": found.throughput_results.all(),
        "config": run_facts(rest_of_config(found)),
        "corpus": run_facts(found.corpus),
        "environment": run_facts(found.environment),
    }
    return render(request, "runs/run.html", context)
