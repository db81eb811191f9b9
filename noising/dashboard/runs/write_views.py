"""The pages and buttons that change runs."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from noising.dashboard.access import (
    button_view,
    form_view,
    get_changeable_or_404,
    redirect_with_error,
    redirect_with_success,
)
from noising.dashboard.annotation import edit_annotation
from noising.dashboard.deletion import Deletion, confirm_deletion
from noising.dashboard.runs.forms import REFUSALS, NewRunForm, RunAnnotationForm
from noising.models import BenchmarkRun
from noising.runs import run_annotate, run_archive, run_cancel, run_rerun, run_unarchive
from noising.services import run_delete


@form_view
def create_run(request: HttpRequest) -> HttpResponse:
    """Queue a run; the query may select schedules and the corpus in the form."""
    user: Any = request.user
    status = 200
    if request.method == "POST":
        form = NewRunForm(request.POST, owner_id=user.pk)
        created = form.create(owner=user)
        if created is not None:
            return redirect_with_success(
                request, created, "The run was added to the queue."
            )
        status = 422
    else:
        names = [name for name in request.GET.get("schedules", "").split(",") if name]
        initial = {"schedules": names, "corpus": request.GET.get("corpus", "")}
        given = {name: value for name, value in initial.items() if value}
        form = NewRunForm(initial=given, owner_id=user.pk)
    context = {"section": "runs", "form": form}
    return render(request, "runs/new.html", context, status=status)


@form_view
def edit_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Change name, notes and tags of a run."""
    run = get_changeable_or_404(request, BenchmarkRun, pk=run_id)
    write = partial(run_annotate, run=run)
    return edit_annotation(
        request,
        run,
        write,
        section="runs",
        title=run.title,
        form_class=RunAnnotationForm,
    )


@button_view
def cancel_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Cancel a run, or tell its worker to end it."""
    run = get_changeable_or_404(request, BenchmarkRun, pk=run_id)
    try:
        run = run_cancel(run=run)
    except REFUSALS as error:
        return redirect_with_error(request, run, error)
    text = "The run is cancelled." if run.is_ended else "Its worker will end it."
    return redirect_with_success(request, run, text)


@button_view
def repeat_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Queue a run with the same parameters, which the account will own."""
    user: Any = request.user
    run = get_object_or_404(BenchmarkRun, pk=run_id)
    try:
        again = run_rerun(run=run, owner=user)
    except REFUSALS as error:
        return redirect_with_error(request, run, error)
    return redirect_with_success(
        request, again, "This new run has the same parameters."
    )


@button_view
def archive_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Archive a run; its page has a button that reverses this."""
    run = get_changeable_or_404(request, BenchmarkRun, pk=run_id)
    run_archive(run=run)
    undo = reverse("pages:run-unarchive", kwargs={"run_id": run.pk})
    return redirect_with_success(request, run, "The run is archived.", undo=undo)


@button_view
def unarchive_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Unarchive a run."""
    run = get_changeable_or_404(request, BenchmarkRun, pk=run_id)
    run_unarchive(run=run)
    undo = reverse("pages:run-archive", kwargs={"run_id": run.pk})
    return redirect_with_success(
        request, run, "The run is no longer archived.", undo=undo
    )


@form_view
def delete_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Delete a run that has ended, with its results."""
    run = get_changeable_or_404(request, BenchmarkRun, pk=run_id)
    archive = reverse("pages:run-archive", kwargs={"run_id": run.pk})
    deletion = Deletion(
        section="runs",
        title=f"the run {run}",
        losses=[
            "Its results, plots, notes and tags are lost.",
            "Links to it stop working, and comparisons leave it out.",
        ],
        archive="" if run.archived_at else archive,
    )
    return confirm_deletion(request, run, partial(run_delete, run=run), deletion)
