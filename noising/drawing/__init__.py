"""Plots over HTTP: drawn when asked for, a few at once, kept while there is room.

Pages and the API both show plots; neither knows of the other, so that what they share
stands below them.
"""

from noising.drawing.answers import (
    CONTENT_TYPES,
    PLOT_POLICY,
    chart_answer,
    content_key,
    image_answer,
)
from noising.drawing.charts import schedules_chart
from noising.drawing.figures import (
    difference_title,
    draw_curves,
    draw_positions,
    draw_run,
    draw_schedules,
)
from noising.drawing.images import IMAGES, Image, ImageFormat
from noising.drawing.run_comparison import (
    comparison_chart,
    draw_comparison,
    measured_lines,
)
from noising.drawing.runs import RUN_FIGURES, run_image
from noising.drawing.sparklines import sparkline
from noising.drawing.turns import DRAWING, NoTurnError, Turns

__all__ = [
    "CONTENT_TYPES",
    "DRAWING",
    "IMAGES",
    "PLOT_POLICY",
    "RUN_FIGURES",
    "Image",
    "ImageFormat",
    "NoTurnError",
    "Turns",
    "chart_answer",
    "comparison_chart",
    "content_key",
    "difference_title",
    "draw_comparison",
    "draw_curves",
    "draw_positions",
    "draw_run",
    "draw_schedules",
    "image_answer",
    "measured_lines",
    "run_image",
    "schedules_chart",
    "sparkline",
]
