"""Figures over HTTP: drawn on request, a few at a time, and cached.

This package is a layer below the pages and the API, which both show figures and must
not import each other.
"""

from noising.figures.audits import AUDIT_FIGURES, make_audit_image
from noising.figures.charts import chart_schedules
from noising.figures.corpora import (
    CORPUS_FIGURES,
    chart_corpus,
    list_corpus_figures,
    make_corpus_image,
)
from noising.figures.drawing import (
    describe_difference,
    draw_curves,
    draw_positions,
    draw_run,
    draw_schedules,
    draw_sparkline,
)
from noising.figures.images import IMAGE_CACHE, Image, ImageFormat
from noising.figures.responses import (
    CONTENT_TYPES,
    PLOT_POLICY,
    hash_content,
    respond_with_chart,
    respond_with_image,
)
from noising.figures.runs import (
    DECISION_FIGURES,
    RUN_FIGURES,
    chart_comparison,
    collect_measured_lines,
    draw_comparison,
    list_run_figures,
    make_run_image,
)
from noising.figures.sweeps import SWEEP_FIGURES, make_sweep_image

__all__ = [
    "AUDIT_FIGURES",
    "CONTENT_TYPES",
    "CORPUS_FIGURES",
    "DECISION_FIGURES",
    "IMAGE_CACHE",
    "PLOT_POLICY",
    "RUN_FIGURES",
    "SWEEP_FIGURES",
    "Image",
    "ImageFormat",
    "chart_comparison",
    "chart_corpus",
    "chart_schedules",
    "collect_measured_lines",
    "describe_difference",
    "draw_comparison",
    "draw_curves",
    "draw_positions",
    "draw_run",
    "draw_schedules",
    "draw_sparkline",
    "hash_content",
    "list_corpus_figures",
    "list_run_figures",
    "make_audit_image",
    "make_corpus_image",
    "make_run_image",
    "make_sweep_image",
    "respond_with_chart",
    "respond_with_image",
]
