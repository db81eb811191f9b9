"""Figures drawn with Matplotlib: encoded, as a program, or as a picture for LaTeX."""

from noising.extras import require_extra

with require_extra("plots", user="noising.plots"):
    from noising.plots.drawing.encoding import (
        draw_figure,
        encode_image,
        encode_pgf,
        encode_script,
    )

__all__ = ["draw_figure", "encode_image", "encode_pgf", "encode_script"]
