"""What people change about a run: notes, tags and whether lists show it."""

from collections.abc import Iterable

from django.utils import timezone

from noising.models import BenchmarkRun


def run_annotate(*, run: BenchmarkRun, notes: str, tags: Iterable[str]) -> None:
    """Change what people say about a run, and nothing of what it says itself.

    Raises:
        ValidationError: A tag is not allowed.
    """
    run.notes, run.tags = notes, list(tags)
    run.clean()
    run.save(update_fields=["notes", "tags"])


def run_archive(*, run: BenchmarkRun) -> None:
    """Take a run out of the lists."""
    if run.archived_at is None:
        run.archived_at = timezone.now()
        run.save(update_fields=["archived_at"])


def run_unarchive(*, run: BenchmarkRun) -> None:
    """Bring an archived run back into the lists."""
    if run.archived_at is not None:
        run.archived_at = None
        run.save(update_fields=["archived_at"])
