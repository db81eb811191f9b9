"""What people change about schedules: new ones, notes and tags, the archive."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from noising import services
from noising.dashboard.access import button_view, changeable_or_404, form_view
from noising.dashboard.schedules.forms import AnnotationForm, NewScheduleForm
from noising.dashboard.schedules.types import known_types
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
            messages.success(request, f"{created.slug} is stored.")
            return redirect(created)
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
    form = AnnotationForm(
        request.POST if request.method == "POST" else None,
        initial={"notes": config.notes, "tags": config.tags},
    )
    if request.method == "POST" and form.save(config):
        messages.success(request, "Notes and tags are stored.")
        return redirect(config)
    context = {"section": "schedules", "form": form, "config": config}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/edit.html", context, status=status)


@button_view
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a schedule out of the lists; its page says how to bring it back."""
    config = changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_archive(schedule=config)
    messages.success(request, f"{config.slug} is in the archive.")
    return redirect(config)


@button_view
def unarchive(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a schedule back into the lists."""
    config = changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_unarchive(schedule=config)
    messages.success(request, f"{config.slug} is back in the lists.")
    return redirect(config)
