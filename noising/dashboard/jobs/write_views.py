"""The page that deletes jobs."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from noising.dashboard.access import form_view, get_changeable_or_404
from noising.dashboard.deletion import Deletion, confirm_deletion
from noising.models import Job
from noising.services import job_delete


@form_view
def delete_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Delete a job on which no command works."""
    job = get_changeable_or_404(request, Job.objects.with_loss(), pk=job_id)
    losses = [
        "Its progress, errors and parameters are lost, with the points of a sweep.",
        "The files that it wrote stay; `--resume` goes on from them as a new job.",
    ]
    deletion = Deletion(section="jobs", title=f"the job {job.title}", losses=losses)
    return confirm_deletion(request, job, partial(job_delete, job=job), deletion)
