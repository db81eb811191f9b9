"""Functions that views of audits call: lookups, and the services with API errors."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError

from noising.api.audits.requests import NewAudit
from noising.api.fields import NON_FIELD_ERRORS_KEY
from noising.api.problems import (
    Conflict,
    ContentTooLarge,
    convert_engine_error,
    shorten,
)
from noising.audit import Report
from noising.audits import (
    PairsError,
    PairsLimitError,
    PairsTooLargeError,
    audit_create,
    compare_audits,
    judge_arrays,
    judge_file,
)
from noising.budget import API_WORK, TooCostlyError
from noising.engine import EngineError
from noising.models import Audit, AuditPairs

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_AFTER_NAME: Final = re.compile(r"[.\[]")


def find_audit(audit_id: UUID) -> Audit:
    """Return the audit with this id, archived or not.

    Raises:
        NotFound: no audit has this id.
    """
    audit = Audit.objects.for_page().filter(pk=audit_id).first()
    if audit is None:
        raise NotFound(f"There is no audit with the id {audit_id}.")
    return audit


def find_pairs(audit_id: UUID) -> AuditPairs:
    """Return the pairs of an audit.

    Raises:
        NotFound: there is no such audit, or its pairs are not kept.
    """
    pairs = AuditPairs.objects.of_audit(audit_id)
    if pairs is None:
        find_audit(audit_id)
        raise NotFound("The pairs of this audit are not kept.")
    return pairs


def create_audit(new: NewAudit, owner: "User") -> Audit:
    """Judge the pairs of a request and store the audit.

    Raises:
        ValidationError: the file is not valid, or an array or a claim is not.
        ContentTooLarge: there are too many pairs.
        Conflict: the account may not keep more uploads.
        BusyError: other requests do all the costly work that is allowed.
    """
    with translate_errors():
        audit = audit_create(
            report=_judge(new),
            owner=owner,
            name=new.name,
            notes=new.notes,
            tags=new.tags,
            kept=new.upload if new.keep else None,
        )
    return find_audit(audit.pk)


def compare_stored(ids: Sequence[UUID], baseline: UUID) -> dict[str, Any]:
    """Return the comparison of some audits.

    Raises:
        NotFound: one does not exist.
    """
    audits = Audit.objects.only("report").in_bulk(ids)
    for audit_id in ids:
        if audit_id not in audits:
            raise NotFound(f"There is no audit with the id {audit_id}.")
    reports = {str(audit_id): audits[audit_id].report for audit_id in ids}
    return {"ids": list(reports), **compare_audits(reports, str(baseline))}


@contextmanager
def translate_errors() -> Iterator[None]:
    """Convert errors of the services to errors of the API."""
    try:
        yield
    except PairsError as error:
        detail = [ErrorDetail(shorten(str(error)), "invalid_file")]
        raise ValidationError({NON_FIELD_ERRORS_KEY: detail}) from None
    except EngineError as error:
        name = _AFTER_NAME.split(error.field)[0]
        raise ValidationError(
            {name: convert_engine_error(error, name, name).detail}
        ) from None
    except PairsTooLargeError as error:
        raise ContentTooLarge(str(error)) from None
    except TooCostlyError as error:
        detail = [ErrorDetail(str(error), error.code)]
        raise ValidationError({NON_FIELD_ERRORS_KEY: detail}) from None
    except PairsLimitError as error:
        raise Conflict(str(error)) from None


def _judge(new: NewAudit) -> Report:
    if new.arrays is None:
        return judge_file(
            content=new.upload.content,
            suffix=new.upload.suffix,
            process=new.process,
            claims=new.claims,
            semaphore=API_WORK,
        )
    return judge_arrays(
        arrays=new.arrays,
        process=new.process,
        claims=new.claims,
        semaphore=API_WORK,
    )
