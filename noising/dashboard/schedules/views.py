"""The pages of schedules. Each reads rows, prepares its context, renders a template."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.listing import Column, ListPage
from noising.dashboard.schedules.comparison import (
    list_differences,
    list_options,
    summarize_schedules,
)
from noising.dashboard.schedules.context import address_new_version, write_snippets
from noising.dashboard.selection import select_schedules
from noising.dashboard.verdicts import judge_for_page
from noising.filters import ScheduleFilters
from noising.models import (
    COMPARED_SCHEDULES,
    BenchmarkSchedule,
    ScheduleConfig,
    may_change,
)

LIST = ListPage(
    section="schedules",
    noun="schedule",
    plural="schedules",
    hint="names, tags, owners, notes, types",
    filters=ScheduleFilters,
    columns=(
        Column(name="name", label="Name", ordering="name"),
        Column(name="alpha", label="Alpha"),
        Column(name="type", label="Schedule", ordering="schedule_type"),
        Column(name="graph", label="Graph", ordering="graph_type"),
        Column(
            name="timesteps",
            label="Timesteps",
            ordering="num_timesteps",
            is_number=True,
        ),
        Column(
            name="vocabulary",
            label="Vocabulary",
            ordering="vocab_size",
            is_number=True,
        ),
        Column(name="verdict", label="Verdict"),
        Column(name="linter", label="Linter", is_wide=True, is_extra=True),
        Column(name="runs", label="Runs", ordering="runs", is_number=True),
        Column(name="created", label="Created", ordering="created_at"),
        Column(name="updated", label="Updated", ordering="updated_at", is_extra=True),
        Column(name="owner", label="Owner", is_extra=True),
        Column(name="notes", label="Notes", is_wide=True, is_extra=True),
    ),
    compare="pages:schedule-compare",
    selection="names",
    most=COMPARED_SCHEDULES,
)


@require_safe
def list_schedules(request: HttpRequest) -> HttpResponse:
    """Show the stored schedules, filtered and ordered by the query."""
    return LIST.respond(
        request, ScheduleConfig.objects.for_list(), detail=plots.find_sparkline
    )


@require_safe
def show_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a stored schedule: curves, findings, specification, runs."""
    config = get_object_or_404(
        ScheduleConfig.objects.select_related("owner"), slug=slug
    )
    origin = f"{request.scheme}://{request.get_host()}"
    context = {
        "section": "schedules",
        "config": config,
        "may_change": may_change(request.user, config),
        "snippets": write_snippets(config.slug, config.specification, origin),
        "plots": [
            plots.make_schedule_plot(name, config) for name in plots.QUANTITY_NAMES
        ],
        "verdict": judge_for_page(
            config.specification, partial(address_new_version, config)
        ),
        "measurements": BenchmarkSchedule.objects.for_schedule_page(config),
    }
    if config.specification["hyperschedule"] is not None:
        context["positions"] = plots.make_positions_plot(config)
    return render(request, "schedules/schedule.html", context)


@require_safe
def compare_schedules(request: HttpRequest) -> HttpResponse:
    """Show a comparison of the schedules that the query names."""
    chosen = select_schedules(request.GET)
    configs = chosen.configs
    named = [config.slug for config in configs] + list(chosen.misfits)
    context = {
        "section": "schedules",
        "chosen": chosen,
        "configs": configs,
        "most": COMPARED_SCHEDULES,
        "options": list_options(named),
    }
    if len(configs) > 1:
        context |= {
            "plots": [
                plots.make_comparison_plot(name, chosen)
                for name in plots.QUANTITY_NAMES
            ],
            "differences_plots": [
                plots.make_comparison_plot(name, chosen, subtract_first=True)
                for name in plots.OVERLAY_NAMES
            ],
            "rows": summarize_schedules(configs),
            "differences": list_differences(configs),
        }
    return render(request, "schedules/compare.html", context)
