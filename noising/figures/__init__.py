"""Plots over HTTP: drawn when asked for, a few at once, kept while there is room.

Pages and the API both show plots; neither knows of the other, so that what they share
stands below them.
"""

from noising.figures.charts import schedules_chart
from noising.figures.drawing import (
    difference_title,
    draw_curves,
    draw_positions,
    draw_run,
    draw_schedules,
    draw_sparkline,
)
from noising.figures.images import IMAGES, Image, ImageFormat
from noising.figures.responses import (
    CONTENT_TYPES,
    PLOT_POLICY,
    chart_answer,
    content_key,
    image_answer,
)
from noising.figures.runs import (
    RUN_FIGURES,
    comparison_chart,
    draw_comparison,
    measured_lines,
    run_image,
)

__all__ = [
    "CONTENT_TYPES",
    "IMAGES",
    "PLOT_POLICY",
    "RUN_FIGURES",
    "Image",
    "ImageFormat",
    "chart_answer",
    "comparison_chart",
    "content_key",
    "difference_title",
    "draw_comparison",
    "draw_curves",
    "draw_positions",
    "draw_run",
    "draw_schedules",
    "draw_sparkline",
    "image_answer",
    "measured_lines",
    "run_image",
    "schedules_chart",
]
