"""What people change about schedules: new ones, notes and tags, the archive."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from noising import services
from noising.dashboard.access import button_view, changeable_or_404, done, form_view
from noising.dashboard.annotation import annotated
from noising.dashboard.schedules.context import known_types
from noising.dashboard.schedules.forms import NewScheduleForm
from noising.models import ScheduleConfig


@form_view
def new(request: HttpRequest) -> HttpResponse:
    """Store a schedule, perhaps a new version of one that the query names."""
    user: Any = request.user
    status = 200
    if request.method == "POST":
        form = NewScheduleForm(request.POST)
        created = form.create(owner=user)
        if created is not None:
            return done(request, created, f"{created.slug} is stored.")
        status = 422
    else:
        form = NewScheduleForm(initial=_initial(request))
    context = {"section": "schedules", "form": form, "types": known_types()}
    return render(request, "schedules/new.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    slug = request.GET.get("from")
    if not slug:
        return {}
    config = get_object_or_404(ScheduleConfig, slug=slug)
    return {
        "name": ScheduleConfig.objects.free_slug(config.slug),
        "specification": config.specification,
        "notes": config.notes,
        "tags": [tag for tag in config.tags if tag != services.BUILTIN_TAG],
    }


@form_view
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Write notes and tags of a schedule."""
    config = changeable_or_404(request, ScheduleConfig, slug=slug)
    write = partial(services.schedule_update, schedule=config)
    return annotated(request, config, write, section="schedules", title=config.slug)


@button_view
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a schedule out of the lists; its page says how to bring it back."""
    config = changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_archive(schedule=config)
    return done(request, config, f"{config.slug} is in the archive.")


@button_view
def unarchive(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a schedule back into the lists."""
    config = changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_unarchive(schedule=config)
    return done(request, config, f"{config.slug} is back in the lists.")
