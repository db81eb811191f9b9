"""Figures of audits."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from noising.figures.charts import Chart, make_panel, to_float32
from noising.figures.drawing import encode_figure
from noising.figures.images import Image, ImageFormat
from noising.figures.responses import hash_content
from noising.models import Audit

AUDIT_FIGURES: Final[Mapping[str, str]] = {
    "alpha": "Alpha, measured and declared",
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
        draw=lambda image_format: draw_audit(name, report(), image_format),
        name=f"{audit_id}-{name}",
        chart=(lambda: chart_audit(name, report())) if name in _LINES else None,
    )


def draw_audit(name: str, report: Document, image_format: ImageFormat) -> bytes:
    """Draw a figure of a report; `name` is a key of AUDIT_FIGURES."""
    from noising import plots

    figures = {
        "alpha": plots.plot_audit_alpha,
        "positions": plots.plot_audit_positions,
        "times": plots.plot_audit_times,
        "tests": plots.plot_audit_tests,
        "overview": plots.plot_audit,
    }
    return encode_figure(figures[name](report), image_format)


def chart_audit(name: str, report: Document) -> Chart:
    """Return the chart of a figure of a report; `name` is alpha or positions."""
    panel = make_panel(AUDIT_FIGURES[name], _LABELS[name], _LINES[name](report))
    return {"panels": [panel]}


def _trace_alpha(report: Document) -> list[dict[str, Any]]:
    points = report["curves"]["levels"]
    x = {"time": _column(points, "time")}
    return [
        {
            "name": "measured, 99.9 % band",
            "x": x,
            "y": to_float32(_column(points, "alpha")),
            "low": to_float32(_column(points, "alpha_low")),
            "high": to_float32(_column(points, "alpha_high")),
            "marks": True,
        },
        {
            "name": "declared",
            "x": x,
            "y": to_float32(_column(points, "declared_alpha")),
        },
    ]


def _trace_positions(report: Document) -> list[dict[str, Any]]:
    points = report["curves"]["positions"]
    x = {"position": _column(points, "position")}
    return [
        {"name": "changed", "x": x, "y": to_float32(_column(points, "changed"))},
        {"name": "expected", "x": x, "y": to_float32(_column(points, "expected"))},
    ]


_LINES: Final = {"alpha": _trace_alpha, "positions": _trace_positions}
_LABELS: Final = {"alpha": "alpha", "positions": "share changed"}


def _column(points: Sequence[Document], name: str) -> list[float | None]:
    return [point[name] for point in points]
