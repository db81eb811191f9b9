"""The pages of runs. Each reads rows, prepares its context, renders a template."""

from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from benchmarks.comparison import MOST_COMPARED
from benchmarks.summary import COLUMNS as COLUMNS_OF_SUMMARY
from benchmarks.summary import summarize
from noising.dashboard import plots
from noising.dashboard.listing import Column, ListPage
from noising.dashboard.runs.comparison import build_comparison, list_options
from noising.dashboard.runs.context import (
    build_decision,
    build_schedule_table,
    flatten_facts,
    select_other_parameters,
    write_command,
    write_request,
)
from noising.dashboard.runs.forms import NewRunForm
from noising.dashboard.selection import MOST_RESULTS, select_runs
from noising.figures import DECISION_FIGURES
from noising.filters import RunFilters
from noising.models import BenchmarkRun, Worker, may_change
from noising.runs import find_obstacle, run_forecast

QUEUED, SUCCEEDED = BenchmarkRun.Status.QUEUED, BenchmarkRun.Status.SUCCEEDED

LIST = ListPage(
    section="runs",
    noun="run",
    plural="runs",
    hint="names, tags, owners, notes, schedules, corpora",
    filters=RunFilters,
    columns=(
        Column(name="run", label="Run", is_wide=True),
        Column(name="status", label="Status", ordering="status"),
        Column(name="corpus", label="Corpus", ordering="corpus"),
        Column(name="schedules", label="Schedules", is_wide=True),
        Column(name="baseline", label="Baseline", ordering="baseline"),
        Column(name="graph", label="Graph", is_extra=True),
        Column(name="timesteps", label="Timesteps", is_number=True, is_extra=True),
        Column(name="samples", label="Samples", is_number=True, is_extra=True),
        Column(name="seed", label="Seed", is_number=True, is_extra=True),
        Column(name="created", label="Created", ordering="created_at"),
        Column(name="ended", label="Ended", ordering="finished_at", is_extra=True),
        Column(name="owner", label="Owner"),
        Column(name="notes", label="Notes", is_wide=True, is_extra=True),
    ),
    compare="pages:run-compare",
    selection="ids",
    most=MOST_COMPARED,
)


@require_safe
def list_runs(request: HttpRequest) -> HttpResponse:
    """Show the runs, filtered and ordered by the query."""
    return LIST.respond(request, BenchmarkRun.objects.for_list())


@require_safe
def show_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show a run: its summary, plots, tables, and how to repeat it."""
    recorded = get_object_or_404(BenchmarkRun.objects.for_page(), pk=run_id)
    document = recorded.document() if recorded.status == SUCCEEDED else None
    context = {
        "section": "runs",
        "run": recorded,
        "summary": summarize(document) if document else None,
        "columns": COLUMNS_OF_SUMMARY,
        "worker_alive": recorded.status != QUEUED or Worker.objects.alive().exists(),
        "may_change": may_change(request.user, recorded),
        "obstacle": _find_obstacle(request, recorded),
        "address": request.build_absolute_uri(recorded.get_absolute_url()),
        "command": write_command(recorded),
        "request_again": write_request(
            recorded, f"{request.scheme}://{request.get_host()}"
        ),
        "plots": plots.make_run_plots(
            recorded, ("alpha", "information", "preservation", "throughput")
        ),
        "decision": build_decision(document) if document else None,
        "decision_plots": plots.make_run_plots(recorded, DECISION_FIGURES)
        if recorded.config.get("decision")
        else [],
        "tables": [build_schedule_table(item) for item in recorded.schedules.all()],
        "throughput": recorded.throughput_results.all(),
        "config": flatten_facts(select_other_parameters(recorded)),
        "corpus": flatten_facts(recorded.corpus),
        "environment": flatten_facts(recorded.environment),
    }
    return render(request, "runs/run.html", context)


def _find_obstacle(request: HttpRequest, run: BenchmarkRun) -> str:
    """Return why the run that has ended cannot be repeated; "" if it can."""
    if not run.is_ended:
        return ""
    user = request.user
    return find_obstacle(run, user if isinstance(user, User) else None)


@require_safe
def compare_runs(request: HttpRequest) -> HttpResponse:
    """Show a comparison of the runs that the query names with the first of them."""
    selection = select_runs(request.GET)
    context = {
        "section": "runs",
        "chosen": selection,
        "labels": list(selection.labels.items()),
        "most": MOST_COMPARED,
        "most_results": f"{MOST_RESULTS:,}",
        "options": list_options(selection),
    }
    if len(selection.runs) > 1:
        comparison = build_comparison(selection, request.GET.get("metric", ""))
        context |= {
            "comparison": comparison,
            "address": request.build_absolute_uri(
                f"?ids={selection.ids}&metric={comparison.metric}"
            ),
        }
        if comparison.has_curves:
            context["plot"] = plots.make_run_comparison_plot(
                selection, comparison.metric
            )
    return render(request, "runs/compare.html", context)


@require_safe
def serve_estimate(request: HttpRequest) -> JsonResponse:
    """Respond with how long the run of a form would take, or why it cannot be."""
    form = NewRunForm(request.GET, owner_id=request.user.pk)
    config = form.resolve()
    if config is None:
        names = {
            field: form[field].label for field in form.errors if field in form.fields
        }
        problems = [
            f"{names[field]}: {text}" if field in names else str(text)
            for field, texts in form.errors.items()
            for text in texts
        ]
        return JsonResponse({"problem": " ".join(problems)})
    forecast = run_forecast(config)
    return JsonResponse(
        {"seconds": forecast.seconds, "text": forecast.text, "ahead": forecast.ahead}
    )
