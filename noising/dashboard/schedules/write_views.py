"""The pages and buttons that change schedules."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from noising import services
from noising.dashboard.access import (
    button_view,
    form_view,
    get_changeable_or_404,
    redirect_with_success,
)
from noising.dashboard.annotation import edit_annotation
from noising.dashboard.deletion import Deletion, confirm_deletion
from noising.dashboard.schedules.context import list_references
from noising.dashboard.schedules.forms import NewScheduleForm, ScheduleAnnotationForm
from noising.form_fields import SpecificationFormField
from noising.models import BenchmarkRun, ScheduleConfig


@form_view
def create_schedule(request: HttpRequest) -> HttpResponse:
    """Store a schedule; with a name in the query, show its values in the form.

    Without scripts, the button `show` shows the fields of other types.
    """
    user: Any = request.user
    status = 200
    if request.method == "POST" and "show" in request.POST:
        form = NewScheduleForm.from_typed(request.POST)
    elif request.method == "POST":
        form = NewScheduleForm(request.POST)
        created = form.create(owner=user)
        if created is not None:
            return redirect_with_success(
                request, created, f"{created.label} is stored."
            )
        status = 422
    else:
        form = NewScheduleForm(initial=_read_initial(request))
    context = {
        "section": "schedules",
        "form": form,
        "references": list_references(),
    }
    return render(request, "schedules/new.html", context, status=status)


def _read_initial(request: HttpRequest) -> dict[str, Any]:
    """Return the values of the schedule ``from`` and of ``specification``."""
    initial: dict[str, Any] = {}
    slug = request.GET.get("from")
    if slug:
        config = get_object_or_404(ScheduleConfig, slug=slug)
        initial = {
            "name": ScheduleConfig.objects.free_slug(config.slug),
            "specification": config.specification,
            "notes": config.notes,
            "tags": [tag for tag in config.tags if tag != services.BUILTIN_TAG],
        }
    if "specification" in request.GET:
        typed = request.GET["specification"]
        initial["specification"] = SpecificationFormField().bound_data(typed, None)
    return initial


@form_view
def edit_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Change display name, notes and tags of a schedule."""
    config = get_changeable_or_404(request, ScheduleConfig, slug=slug)
    write = partial(services.schedule_update, schedule=config)
    return edit_annotation(
        request,
        config,
        write,
        section="schedules",
        title=config.label,
        form_class=ScheduleAnnotationForm,
    )


@button_view
def archive_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Archive a schedule; its page has a button that reverses this."""
    config = get_changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_archive(schedule=config)
    undo = reverse("pages:schedule-unarchive", kwargs={"slug": config.slug})
    return redirect_with_success(
        request, config, f"{config.label} is archived.", undo=undo
    )


@button_view
def unarchive_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Unarchive a schedule."""
    config = get_changeable_or_404(request, ScheduleConfig, slug=slug)
    services.schedule_unarchive(schedule=config)
    undo = reverse("pages:schedule-archive", kwargs={"slug": config.slug})
    return redirect_with_success(
        request, config, f"{config.label} is no longer archived.", undo=undo
    )


@form_view
def delete_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a schedule that no run refers to."""
    config = get_changeable_or_404(request, ScheduleConfig, slug=slug)
    losses = [
        "Its specification, curves, certificate, notes and tags are lost.",
        f"Links to it and requests with the name `{slug}` stop working.",
    ]
    if slug in services.BUILTIN_NAMES:
        losses.append("It is built in: the next start of the service stores it again.")
    archive = reverse("pages:schedule-archive", kwargs={"slug": slug})
    deletion = Deletion(
        section="schedules",
        title=f"the schedule {config.label}",
        losses=losses,
        users=BenchmarkRun.objects.referring_to(config),
        archive="" if config.archived_at else archive,
    )
    delete = partial(services.schedule_delete, schedule=config)
    return confirm_deletion(request, config, delete, deletion)
