"""What the task queue carries: the id of a run, and nothing else."""

from uuid import UUID

from django_tasks import task

from noising.execution import execute


@task()
def execute_run(run_id: str) -> None:
    """Measure a run, if it is still queued when a worker comes to it."""
    execute(UUID(run_id))
