"""Figures over HTTP: drawn on request, a few at a time, and cached.

This package is a layer below the pages and the API, which both show figures and must
not import each other.
"""

from noising.figures.audits import AUDIT_FIGURES, make_audit_image
from noising.figures.charts import make_chart
from noising.figures.corpora import (
    CORPUS_FIGURES,
    build_corpus_figure,
    list_corpus_figures,
    make_corpus_image,
)
from noising.figures.images import IMAGE_CACHE, Image
from noising.figures.layouts import LAYOUT_PARAMETERS, ChosenLayout, LayoutError
from noising.figures.responses import (
    CONTENT_TYPES,
    PLOT_POLICY,
    hash_content,
    respond_with_chart,
    respond_with_image,
    respond_with_sparkline,
)
from noising.figures.runs import (
    DECISION_FIGURES,
    RUN_FIGURES,
    build_comparison_figure,
    collect_measured_lines,
    list_run_figures,
    make_run_image,
)
from noising.figures.schedules import (
    build_curves_figure,
    build_positions_figure,
    build_schedules_figure,
    describe_difference,
    draw_sparkline,
)
from noising.figures.sweeps import SWEEP_FIGURES, make_sweep_image

__all__ = [
    "AUDIT_FIGURES",
    "CONTENT_TYPES",
    "CORPUS_FIGURES",
    "DECISION_FIGURES",
    "IMAGE_CACHE",
    "LAYOUT_PARAMETERS",
    "PLOT_POLICY",
    "RUN_FIGURES",
    "SWEEP_FIGURES",
    "ChosenLayout",
    "Image",
    "LayoutError",
    "build_comparison_figure",
    "build_corpus_figure",
    "build_curves_figure",
    "build_positions_figure",
    "build_schedules_figure",
    "collect_measured_lines",
    "describe_difference",
    "draw_sparkline",
    "hash_content",
    "list_corpus_figures",
    "list_run_figures",
    "make_audit_image",
    "make_chart",
    "make_corpus_image",
    "make_run_image",
    "make_sweep_image",
    "respond_with_chart",
    "respond_with_image",
    "respond_with_sparkline",
]
