"""The pages of jobs: a list, a job, and its state for scripts."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from benchmarks.sweeps.measures import MEASURES
from noising.dashboard.jobs.context import (
    MOST_ERRORS,
    list_facts,
    list_front,
    list_rows,
    make_sweep_plots,
    name_manifest,
    serialize_state,
)
from noising.dashboard.listing import Column, ListPage
from noising.filters import JobFilters
from noising.models import Job, SweepPoint, may_change
from noising.spreadsheets import format_csv

LIST = ListPage(
    section="jobs",
    noun="job",
    plural="jobs",
    hint="names, errors",
    filters=JobFilters,
    columns=(
        Column(name="job", label="Job", ordering="kind", is_wide=True),
        Column(name="status", label="Status", is_wide=True),
        Column(name="parts", label="Parts", ordering="parts", is_number=True),
        Column(name="result", label="Result", is_wide=True),
        Column(name="created", label="Created", ordering="created_at"),
        Column(name="ended", label="Ended", ordering="finished_at", is_extra=True),
    ),
)


@require_safe
def list_jobs(request: HttpRequest) -> HttpResponse:
    """Show the jobs, filtered and ordered by the query."""
    return LIST.respond(request, Job.objects.for_list())


@require_safe
def show_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show a job: its progress, what it has written, and its parameters."""
    job = get_object_or_404(Job.objects.with_loss(), pk=job_id)
    is_staff = request.user.is_authenticated and request.user.is_staff
    context: dict[str, Any] = {
        "section": "jobs",
        "job": job,
        "may_change": may_change(request.user, job),
        "measures": MEASURES.values(),
        "facts": list_facts(job),
        "manifest": name_manifest(job, is_full=is_staff),
    }
    if job.kind == Job.Kind.SWEEP:
        context |= {
            "plots": make_sweep_plots(job),
            "front": list_front(job),
            "errors": SweepPoint.objects.of_job(job).list_errors(MOST_ERRORS),
        }
    return render(request, "jobs/job.html", context)


@require_safe
def export_points(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Respond with all configurations of a sweep as CSV."""
    job = get_object_or_404(Job.objects.for_list(), pk=job_id, kind=Job.Kind.SWEEP)
    return HttpResponse(
        format_csv(list_rows(job)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="sweep-{job.pk}.csv"'},
    )


@require_safe
def serve_state(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Respond with the progress of a job as JSON."""
    job = get_object_or_404(Job.objects.for_list(), pk=job_id)
    response = JsonResponse(serialize_state(job))
    response["Cache-Control"] = "private, no-store"
    return response
