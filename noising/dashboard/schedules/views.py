"""The pages of schedules: each reads its rows, arranges them, renders a template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.listing import Column, listing
from noising.dashboard.schedules.comparison import differences_of, rows_of
from noising.dashboard.schedules.context import snippets
from noising.dashboard.selection import parse_names, select_schedules
from noising.filters import ScheduleFilters
from noising.models import (
    COMPARED_SCHEDULES,
    BenchmarkSchedule,
    ScheduleConfig,
    may_change,
)

COLUMNS = (
    Column(label="Name", ordering="name"),
    Column(label="Alpha"),
    Column(label="Schedule", ordering="schedule_type"),
    Column(label="Graph", ordering="graph_type"),
    Column(label="Timesteps", ordering="num_timesteps", is_number=True),
    Column(label="Vocabulary", ordering="vocab_size", is_number=True),
    Column(label="Linter"),
    Column(label="Runs", ordering="runs", is_number=True),
    Column(label="Stored", ordering="created_at"),
)


@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """All stored schedules, narrowed and ordered by the query."""
    found = listing(
        request.GET, ScheduleFilters, ScheduleConfig.objects.for_list(), COLUMNS
    )
    context = {
        "section": "schedules",
        "listing": found,
        "rows": [(config, plots.sparkline_address(config)) for config in found.page],
        "most": COMPARED_SCHEDULES,
    }
    return render(request, "schedules/list.html", context)


@require_safe
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """One stored schedule: curves, linter, specification, runs."""
    config = get_object_or_404(
        ScheduleConfig.objects.select_related("owner"), slug=slug
    )
    origin = f"{request.scheme}://{request.get_host()}"
    context = {
        "section": "schedules",
        "config": config,
        "may_change": may_change(request.user, config),
        "snippets": snippets(config.slug, config.specification, origin),
        "plots": [plots.schedule_plot(name, config) for name in plots.SHOWN],
        "measurements": BenchmarkSchedule.objects.for_schedule_page(config),
    }
    if config.specification["hyperschedule"] is not None:
        context["positions"] = plots.positions_plot(config)
    return render(request, "schedules/schedule.html", context)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Schedules that the query names, side by side."""
    names = parse_names(request.GET)
    configs = select_schedules(request.GET)
    context = {
        "section": "schedules",
        "configs": configs,
        "missing": set(names[:COMPARED_SCHEDULES])
        - {config.slug for config in configs},
        "left_out": names[COMPARED_SCHEDULES:],
        "most": COMPARED_SCHEDULES,
        "names": ScheduleConfig.objects.names(),
    }
    if len(configs) > 1:
        context |= {
            "plots": [plots.comparison_plot(name, configs) for name in plots.SHOWN],
            "differences_plots": [
                plots.comparison_plot(name, configs, less_first=True)
                for name in plots.OVERLAID
            ],
            "rows": rows_of(configs),
            "differences": differences_of(configs),
        }
    return render(request, "schedules/compare.html", context)
