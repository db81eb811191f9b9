"""The pages of schedules: each reads its rows, arranges them, renders a template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from noising.dashboard import plots
from noising.dashboard.specifications import readable
from noising.models import BenchmarkSchedule, ScheduleConfig


@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """All stored schedules."""
    context = {
        "section": "schedules",
        "schedules": ScheduleConfig.objects.for_dashboard(),
    }
    return render(request, "schedules/list.html", context)


@require_safe
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """One stored schedule: curves, linter, specification, runs."""
    config = get_object_or_404(
        ScheduleConfig.objects.select_related("owner"), slug=slug
    )
    context = {
        "section": "schedules",
        "config": config,
        "specification": readable(config.specification),
        "plots": [plots.schedule_plot(name, config) for name in plots.SHOWN],
        "measurements": BenchmarkSchedule.objects.for_schedule_page(config),
    }
    return render(request, "schedules/schedule.html", context)
