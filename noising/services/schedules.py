"""Writes of schedule configurations."""

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
    """What loading the built-in configurations did, by slug."""

    created: tuple[str, ...]
    kept: tuple[str, ...]


class ScheduleChangedError(Exception):
    """Somebody else changed the configuration that a change was meant for."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug!r} has changed since it was read: read it again.")


def schedule_create(
    *,
    slug: str,
    specification: Mapping[str, Any],
    notes: str = "",
    tags: Iterable[str] = (),
    owner: "User | None" = None,
) -> ScheduleConfig:
    """Store a noise process under a name, with what the linter says about it.

    Args:
        slug: The name: letters, digits, ``-`` and ``_``, not taken yet.
        specification: The noise process; stored in its canonical form.
        notes: Free text.
        tags: Short labels.
        owner: Who stores it.

    Returns:
        The stored configuration.

    Raises:
        EngineError: The specification describes no process.
        ValidationError: The slug or a tag is not allowed, or the slug is taken.
    """
    schedule = _filled(
        ScheduleConfig(slug=slug, notes=notes, tags=list(tags), owner=owner),
        specification,
    )
    try:
        with transaction.atomic():
            schedule.full_clean()
            schedule.save()
    except IntegrityError:
        # Somebody took the slug in the meantime: this time the check says so.
        schedule.full_clean()
        raise
    return schedule


def schedule_update(
    *,
    schedule: ScheduleConfig,
    specification: Mapping[str, Any] | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = None,
    if_versions: Collection[str] | None = None,
) -> ScheduleConfig:
    """Change what is given and leave the rest.

    Args:
        schedule: The configuration.
        specification: Another noise process.
        notes: Other notes.
        tags: Other tags.
        if_versions: Versions that the change is meant for; None for any.

    Raises:
        EngineError: The specification describes no process.
        ScheduleChangedError: The configuration has another version by now.
        ValidationError: A tag is not allowed, or a run refers to the present
            specification.
    """
    with transaction.atomic():
        stored = ScheduleConfig.objects.select_for_update().get(pk=schedule.pk)
        version = stored.version
        if specification is not None:
            _filled(stored, specification)
        if notes is not None:
            stored.notes = notes
        if tags is not None:
            stored.tags = list(tags)
        stored.full_clean()
        # Last: of a change that cannot be made it does not matter (RFC 9110, 13.2.1).
        if if_versions is not None and version not in if_versions:
            raise ScheduleChangedError(stored.slug)
        stored.save()
    return stored


def schedule_archive(*, schedule: ScheduleConfig) -> None:
    """Take a configuration out of the lists; runs go on referring to it."""
    if schedule.archived_at is None:
        schedule.archived_at = timezone.now()
        schedule.save(update_fields=["archived_at", "updated_at"])


def schedule_unarchive(*, schedule: ScheduleConfig) -> None:
    """Bring an archived configuration back into the lists."""
    if schedule.archived_at is not None:
        schedule.archived_at = None
        schedule.save(update_fields=["archived_at", "updated_at"])


def schedule_certify(*, certificate: Certificate) -> tuple[str, ...]:
    """Keep a certificate with every configuration of the specification it is for.

    It replaces an older one, whichever of the two passed. Archived configurations
    keep it too, since runs refer to them.

    Returns:
        The slugs of these configurations, sorted; there may be none.
    """
    with transaction.atomic():
        same = ScheduleConfig.objects.filter(fingerprint=certificate.fingerprint)
        slugs = sorted(same.select_for_update().values_list("slug", flat=True))
        same.update(certificate=certificate.document(), certified_at=timezone.now())
    return tuple(slugs)


def schedules_load_builtin() -> LoadedSchedules:
    """Store the built-in configurations that are not there yet.

    A slug that exists is kept as it is, so that loading again changes nothing,
    neither notes that were edited nor a configuration that was archived.
    """
    slugs = [builtin.slug for builtin in BUILTIN_SCHEDULES]
    kept = set(
        ScheduleConfig.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    )
    missing = [
        _filled(
            ScheduleConfig(slug=builtin.slug, notes=builtin.notes, tags=[BUILTIN_TAG]),
            builtin.specification,
        )
        # Lists show the newest first: so the baseline comes first there.
        for builtin in reversed(BUILTIN_SCHEDULES)
        if builtin.slug not in kept
    ]
    # Two processes may start on the same empty database.
    ScheduleConfig.objects.bulk_create(missing, ignore_conflicts=True)
    return LoadedSchedules(
        created=tuple(slug for slug in slugs if slug not in kept),
        kept=tuple(slug for slug in slugs if slug in kept),
    )


def _filled(
    schedule: ScheduleConfig, specification: Mapping[str, Any]
) -> ScheduleConfig:
    """Set the specification and everything that follows from it."""
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
