"""The data of the page that compares audits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from noising.audits import MOST_COMPARED, compare_audits
from noising.dashboard.audits.context import format_number, title_of
from noising.dashboard.selection import Option
from noising.models import Audit

CHANGES = {"new": "new", "gone": "gone", "still": "still there", "never": "nothing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSelection:
    """The audits that a query selects, the baseline first, and what it cannot use.

    Attributes:
        audits: the audits by their labels in headings.
        missing: ids that no audit has, and words that are no ids.
        left_out: the number of ids beyond the limit.
    """

    audits: dict[str, Audit]
    missing: Sequence[str]
    left_out: int

    @property
    def ids(self) -> str:
        """Return the ids of the audits as in a query."""
        return ",".join(str(audit.pk) for audit in self.audits.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCell:
    """What one audit says of a code, as text.

    Attributes:
        badge: whether the finding is new, gone or still there.
        is_found: whether there is a finding.
        text: the sentence of the finding, or the least p-value; empty if not tested.
    """

    badge: str = ""
    is_found: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A code, with what each audit says of it."""

    code: str
    title: str
    cells: Sequence[AuditCell]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDifference:
    """A part of the claim that is not the same in all audits."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditComparison:
    """A comparison of audits.

    Attributes:
        differences: parts of the claims and sizes that differ.
        found: codes with a finding in one of the audits.
        passed: codes that were tested without one.
    """

    differences: Sequence[ClaimDifference]
    found: Sequence[CodeRow]
    passed: Sequence[CodeRow]


def select_audits(query: QueryDict) -> AuditSelection:
    """Return the audits that `ids` names; `baseline` is one of them, else the first."""
    words = [word.strip() for text in query.getlist("ids") for word in text.split(",")]
    # Parse before removing duplicates, since an id can be written in several ways.
    ids = list(dict.fromkeys(_parse_id(word) for word in words if word))
    baseline = _parse_id(query.get("baseline", ""))
    ids.sort(key=lambda audit_id: audit_id != baseline)
    first = ids[:MOST_COMPARED]
    uuids = [audit_id for audit_id in first if isinstance(audit_id, UUID)]
    by_id = Audit.objects.for_page().in_bulk(uuids)
    known = [by_id[audit_id] for audit_id in uuids if audit_id in by_id]
    return AuditSelection(
        audits={f"{n} · {audit}": audit for n, audit in enumerate(known, start=1)},
        missing=[str(audit_id) for audit_id in first if audit_id not in by_id],
        left_out=len(ids) - len(first),
    )


def list_options(selection: AuditSelection) -> list[Option]:
    """Return the chosen audits, the baseline first, and the latest others."""
    chosen = list(selection.audits.values())
    ids = {audit.pk for audit in chosen}
    others = Audit.objects.comparable(chosen[0] if chosen else None)
    return [
        Option(
            value=str(audit.pk),
            label=str(audit),
            note=f"{audit.verdict}, {audit.schedule_type}, {audit.graph_type}, "
            f"{audit.created_at:%d %b %Y, %H:%M}",
            is_chosen=audit.pk in ids,
        )
        for audit in [*chosen, *(audit for audit in others if audit.pk not in ids)]
    ]


def build_comparison(selection: AuditSelection) -> AuditComparison:
    """Compare at least two audits with the first of them."""
    labels = list(selection.audits)
    reports = {label: audit.report for label, audit in selection.audits.items()}
    compared = compare_audits(reports, labels[0])
    rows = [_build_row(code, labels) for code in compared["codes"]]
    return AuditComparison(
        differences=[
            ClaimDifference(
                name=part["name"].replace("_", " "),
                values=[_format_value(part["values"][label]) for label in labels],
            )
            for part in compared["parameters"]
        ],
        found=[row for row in rows if any(cell.is_found for cell in row.cells)],
        passed=[row for row in rows if not any(cell.is_found for cell in row.cells)],
    )


def _build_row(code: dict[str, Any], labels: Sequence[str]) -> CodeRow:
    return CodeRow(
        code=code["code"],
        title=title_of(code["code"]),
        cells=[
            _build_cell(code["values"][label], is_baseline=label == labels[0])
            for label in labels
        ],
    )


def _build_cell(value: dict[str, Any], *, is_baseline: bool) -> AuditCell:
    finding, test = value["finding"], value["test"]
    badge = "" if is_baseline else CHANGES[value["change"]]
    if finding is not None:
        text = finding["sentence"]
    elif test is not None:
        text = f"least p {format_number(test['p_value'])}"
    else:
        return AuditCell(badge=badge if value["change"] == "gone" else "")
    return AuditCell(badge=badge, is_found=finding is not None, text=text)


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value[:8]) or "none"
    return "none" if value is None else str(value)


def _parse_id(word: str) -> UUID | str:
    """Return the id, or the word itself if it is not an id."""
    try:
        return UUID(word)
    except ValueError:
        return word
