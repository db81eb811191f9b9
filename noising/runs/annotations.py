"""Changes of name, notes and tags, and archiving of runs."""

from collections.abc import Iterable

from django.utils import timezone

from noising.models import BenchmarkRun


def run_annotate(
    *, run: BenchmarkRun, notes: str, tags: Iterable[str], name: str | None = None
) -> None:
    """Change the name, notes and tags of a run.

    Args:
        run: the run.
        notes: free text.
        tags: short labels.
        name: the new name; "" for the default one, None to keep it.

    Raises:
        ValidationError: The name or a tag is not allowed.
    """
    run.notes, run.tags = notes, list(tags)
    if name is not None:
        run.name = name
    run.clean()
    run.save(update_fields=["name", "notes", "tags"])


def run_archive(*, run: BenchmarkRun) -> None:
    """Hide a run from lists."""
    if run.archived_at is None:
        run.archived_at = timezone.now()
        run.save(update_fields=["archived_at"])


def run_unarchive(*, run: BenchmarkRun) -> None:
    """Show an archived run in lists again."""
    if run.archived_at is not None:
        run.archived_at = None
        run.save(update_fields=["archived_at"])
