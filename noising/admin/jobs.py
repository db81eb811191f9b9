"""Jobs in admin: read only; rows of old jobs can be deleted."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from noising.admin.deletion import ServiceDeletion
from noising.admin.display import json_block
from noising.models import Job
from noising.services import job_delete


@admin.register(Job)
class JobAdmin(ServiceDeletion):
    """Jobs with their state. Deleting a row leaves the files that the job wrote."""

    list_display = ("created_at", "kind", "name", "shown_status", "done_parts", "parts")
    list_filter = ("kind", "status", "created_at")
    list_per_page = 50
    search_fields = ("name", "error", "digest")
    date_hierarchy = "created_at"
    fields = (
        *("kind", "name", "shown_status", "state_text", "error", "error_lines"),
        *("done_parts", "kept_parts", "parts", "counts", "attempt", "created_at"),
        *("started_at", "heartbeat_at", "lease_until", "finished_at", "digest"),
        "parameters",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Load the jobs with whether their commands have disappeared."""
        return Job.objects.with_loss()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with the service, as pages and API do."""
        job_delete(job=obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: only commands add jobs."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Job | None = None
    ) -> bool:
        """Refuse: only its command changes a job."""
        return False

    @admin.display(description="Status")
    def shown_status(self, job: Job) -> str:
        """Return the status, or that the command has disappeared."""
        return job.shown_status

    @admin.display(description="Status in words")
    def state_text(self, job: Job) -> str:
        """Return what the status does not say."""
        return job.state_text

    @admin.display(description="Errors")
    def error_lines(self, job: Job) -> str:
        """Return the first errors."""
        return "\n".join(job.errors)

    @admin.display(description="Parameters")
    def parameters(self, job: Job) -> SafeString | str:
        """Return what the job does."""
        return json_block(job.config)
