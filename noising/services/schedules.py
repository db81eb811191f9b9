"""Writes of stored schedules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from noising.engine import build_process, lint
from noising.engine.certify import Certificate
from noising.models import ScheduleConfig
from noising.services.builtin import BUILTIN_SCHEDULES, BUILTIN_TAG

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSchedules:
    """The names of built-in schedules that were created, or existed already."""

    created: tuple[str, ...]
    kept: tuple[str, ...]


class ScheduleChangedError(Exception):
    """The schedule has changed since the client read it."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug!r} has changed since it was read: read it again.")


def schedule_create(
    *,
    slug: str,
    specification: Mapping[str, Any],
    title: str = "",
    notes: str = "",
    tags: Iterable[str] = (),
    owner: "User | None" = None,
) -> ScheduleConfig:
    """Store a noise process under a name, with the linter's findings.

    Args:
        slug: The name: letters, digits, ``-`` and ``_``, not taken yet.
        specification: The noise process; its canonical form is stored.
        title: The display name.
        notes: Free text.
        tags: Short labels.
        owner: The account that stores it.

    Returns:
        The stored schedule.

    Raises:
        EngineError: The specification is not valid.
        ValidationError: A name or a tag is not allowed, or the name is taken.
    """
    schedule = _fill(
        ScheduleConfig(
            slug=slug, title=title, notes=notes, tags=list(tags), owner=owner
        ),
        specification,
    )
    try:
        with transaction.atomic():
            schedule.full_clean()
            schedule.save()
    except IntegrityError:
        # Another request took the name in the meantime; now the check reports it.
        schedule.full_clean()
        raise
    return schedule


def schedule_update(
    *,
    schedule: ScheduleConfig,
    specification: Mapping[str, Any] | None = None,
    title: str | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = None,
    if_versions: Collection[str] | None = None,
) -> ScheduleConfig:
    """Change the given attributes of a stored schedule.

    Args:
        schedule: The schedule.
        specification: The new noise process.
        title: The new display name; "" for none.
        notes: The new notes.
        tags: The new tags.
        if_versions: The versions that may be changed; None for any.

    Raises:
        EngineError: The specification is not valid.
        ScheduleChangedError: The schedule has a version that is not in `if_versions`.
        ValidationError: The display name or a tag is not allowed, or runs refer to the
            specification that would change.
    """
    with transaction.atomic():
        stored = ScheduleConfig.objects.select_for_update().get(pk=schedule.pk)
        version = stored.version
        if specification is not None:
            _fill(stored, specification)
        if title is not None:
            stored.title = title
        if notes is not None:
            stored.notes = notes
        if tags is not None:
            stored.tags = list(tags)
        stored.full_clean()
        # Last, because the version matters only if the change is valid (RFC 9110,
        # section 13.2.1).
        if if_versions is not None and version not in if_versions:
            raise ScheduleChangedError(stored.slug)
        stored.save()
    return stored


def schedule_archive(*, schedule: ScheduleConfig) -> None:
    """Hide a schedule from lists; runs can still refer to it."""
    if schedule.archived_at is None:
        schedule.archived_at = timezone.now()
        schedule.save(update_fields=["archived_at", "updated_at"])


def schedule_unarchive(*, schedule: ScheduleConfig) -> None:
    """Show an archived schedule in lists again."""
    if schedule.archived_at is not None:
        schedule.archived_at = None
        schedule.save(update_fields=["archived_at", "updated_at"])


def schedule_certify(*, certificate: Certificate) -> tuple[str, ...]:
    """Store a certificate with every schedule that has its specification.

    It replaces an older certificate, even if that one passed and this one failed. It
    is stored with archived schedules too, since runs refer to them.

    Returns:
        The names of these schedules, sorted; empty if there are none.
    """
    with transaction.atomic():
        same = ScheduleConfig.objects.filter(fingerprint=certificate.fingerprint)
        slugs = sorted(same.select_for_update().values_list("slug", flat=True))
        same.update(certificate=certificate.document(), certified_at=timezone.now())
    return tuple(slugs)


def schedules_load_builtin() -> LoadedSchedules:
    """Store the built-in schedules whose names do not exist yet.

    Existing schedules do not change, even if their notes were edited or they were
    archived.
    """
    slugs = [builtin.slug for builtin in BUILTIN_SCHEDULES]
    kept = set(
        ScheduleConfig.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    )
    missing = [
        _fill(
            ScheduleConfig(slug=builtin.slug, notes=builtin.notes, tags=[BUILTIN_TAG]),
            builtin.specification,
        )
        # Stored in reverse, since lists show the newest first: the baseline.
        for builtin in reversed(BUILTIN_SCHEDULES)
        if builtin.slug not in kept
    ]
    # Another process may load them at the same time.
    ScheduleConfig.objects.bulk_create(missing, ignore_conflicts=True)
    return LoadedSchedules(
        created=tuple(slug for slug in slugs if slug not in kept),
        kept=tuple(slug for slug in slugs if slug in kept),
    )


def _fill(schedule: ScheduleConfig, specification: Mapping[str, Any]) -> ScheduleConfig:
    """Set the specification and the columns that depend on it."""
    process = build_process(specification)
    if schedule.fingerprint != process.fingerprint:
        schedule.certificate = None
        schedule.certified_at = None
    schedule.specification = process.spec
    schedule.fingerprint = process.fingerprint
    schedule.num_timesteps = process.num_timesteps
    schedule.vocab_size = process.vocab_size
    schedule.lint_findings = [asdict(finding) for finding in lint(process)]
    return schedule
