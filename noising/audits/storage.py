"""Writes of audits."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from noising.audit import Report
from noising.metrics import AUDITS
from noising.models import Audit, AuditPairs
from noising.services.identifiers import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class PairsLimitError(Exception):
    """The account keeps as many uploads as it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to keep with its audit.

    Attributes:
        suffix: Its form, such as ``.npz``.
        content: Its bytes.
    """

    suffix: str
    content: bytes


def audit_create(
    *,
    report: Report,
    owner: "User | None" = None,
    name: str = "",
    notes: str = "",
    tags: Iterable[str] = (),
    kept: Upload | None = None,
) -> Audit:
    """Store an audit, and its upload if it is to be kept, in one transaction.

    Args:
        report: The result.
        owner: The account that requested it.
        name: What was audited.
        notes: Free text.
        tags: Short labels.
        kept: The upload; without it only the report is stored, which has counts and no
            tokens.

    Raises:
        PairsLimitError: The account keeps MAX_KEPT_PAIRS uploads already.
        ValidationError: The name or a tag is not allowed.
    """
    document = _replace_infinite(report.as_dict())
    audit = Audit(
        id=uuid7(moment=timezone.now()),
        name=name,
        verdict=report.verdict,
        codes=[finding.code for finding in report.findings],
        fingerprint=report.fingerprint,
        rows=report.rows,
        tokens=report.tokens,
        report=document,
        owner=owner,
        notes=notes,
        tags=list(tags),
    )
    audit.full_clean()
    with transaction.atomic():
        if kept is not None and owner is not None:
            _check_room(owner)
        audit.save(force_insert=True)
        if kept is not None:
            AuditPairs.objects.create(
                audit=audit, suffix=kept.suffix, content=kept.content
            )
    AUDITS.labels(audit.verdict).inc()
    return audit


def audit_annotate(*, audit: Audit, name: str, notes: str, tags: Iterable[str]) -> None:
    """Change the name, the notes and the tags of an audit.

    Raises:
        ValidationError: The name or a tag is not allowed.
    """
    audit.name, audit.notes, audit.tags = name, notes, list(tags)
    audit.clean_fields(exclude=["codes", "report"])
    audit.clean()
    audit.save(update_fields=["name", "notes", "tags"])


def audit_archive(*, audit: Audit) -> None:
    """Hide an audit from lists."""
    if audit.archived_at is None:
        audit.archived_at = timezone.now()
        audit.save(update_fields=["archived_at"])


def audit_unarchive(*, audit: Audit) -> None:
    """Show an archived audit in lists again."""
    if audit.archived_at is not None:
        audit.archived_at = None
        audit.save(update_fields=["archived_at"])


def audit_discard_pairs(*, audit: Audit) -> bool:
    """Delete the upload that was kept, and return whether there was one."""
    return bool(AuditPairs.objects.filter(audit=audit).delete()[0])


def _check_room(owner: "User") -> None:
    # A lock, so that two simultaneous requests cannot exceed the limit together.
    get_user_model()._default_manager.select_for_update().get(pk=owner.pk)
    count = AuditPairs.objects.of_owner(owner.pk).count()
    if count >= settings.MAX_KEPT_PAIRS:
        raise PairsLimitError(
            f"This account keeps the pairs of {count} audits; the limit is "
            f"{settings.MAX_KEPT_PAIRS}: delete those that are no longer needed."
        )


def _replace_infinite(value: Any) -> Any:
    """Return a JSON value with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: _replace_infinite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_replace_infinite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
