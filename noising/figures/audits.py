"""Figures of audits."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from noising.figures.images import Image
from noising.figures.responses import hash_content
from noising.models import Audit
from noising.plots import (
    plot_audit,
    plot_audit_alpha,
    plot_audit_positions,
    plot_audit_tests,
    plot_audit_times,
)

AUDIT_FIGURES: Final[Mapping[str, str]] = {
    "alpha": "Signal left, measured and claimed",
    "positions": "Changed tokens by position",
    "times": "Times",
    "tests": "Tests by code",
    "overview": "All plots with the verdict",
}
"""Title of each figure by name."""

Document = Mapping[str, Any]


def make_audit_image(name: str, audit_id: UUID) -> Image:
    """Return a figure of an audit, which is drawn on demand.

    The report of an audit never changes, so its id identifies the content.

    Args:
        name: a key of AUDIT_FIGURES.
        audit_id: the audit, whose report is read only to draw it.
    """

    def report() -> Document:
        document: Document = Audit.objects.only("report").get(pk=audit_id).report
        return document

    return Image(
        key=hash_content("audit", name, str(audit_id)),
        data=lambda: _BUILDERS[name](report()),
        name=f"{audit_id}-{name}",
        has_chart=name in AUDIT_CHARTS,
    )


AUDIT_CHARTS: Final = frozenset({"alpha", "positions", "times"})
"""The figures of an audit that have a chart."""

_BUILDERS: Final = {
    "alpha": plot_audit_alpha,
    "positions": plot_audit_positions,
    "times": plot_audit_times,
    "tests": plot_audit_tests,
    "overview": plot_audit,
}
