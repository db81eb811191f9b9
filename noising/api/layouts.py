"""The parameters of a query that lay out a figure."""

from typing import Final

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.renderers import (
    CSVRenderer,
    PDFRenderer,
    PGFRenderer,
    PNGRenderer,
    ScriptRenderer,
    SVGRenderer,
)
from noising.figures import LAYOUT_PARAMETERS, ChosenLayout, LayoutError

DRAWN_RENDERERS: Final = (
    SVGRenderer,
    PNGRenderer,
    PDFRenderer,
    PGFRenderer,
    ScriptRenderer,
)
"""The formats of every figure, the default first."""

FIGURE_RENDERERS: Final = (*DRAWN_RENDERERS, CSVRenderer)
"""The same, and the figure's numbers as a table."""

DRAWN_FORMATS: Final = [renderer.format for renderer in DRAWN_RENDERERS]
DRAWN_TYPES: Final = [renderer.media_type for renderer in DRAWN_RENDERERS]
FIGURE_FORMATS: Final = [renderer.format for renderer in FIGURE_RENDERERS]
FIGURE_TYPES: Final = [renderer.media_type for renderer in FIGURE_RENDERERS]

_DESCRIPTIONS: Final = {
    "width": "The width of the figure: for the screen, or that of one column (3.25 "
    "inches) or two columns (6.75 inches) of a paper, with fonts that fit it.",
    "title": "Whether the figure has a title; papers have captions instead.",
    "download": "Whether Content-Disposition tells browsers to store an image.",
}

LAYOUT: Final = [
    OpenApiParameter(
        name,
        {"type": "string", "enum": list(values), "default": values[0]},
        description=_DESCRIPTIONS[name],
    )
    for name, values in LAYOUT_PARAMETERS.items()
]
"""The parameters in the OpenAPI document."""


def parse_layout(query: QueryDict) -> ChosenLayout:
    """Return the layout that a query chooses; by default that for the screen.

    Raises:
        ValidationError: a parameter has an unknown value, or several.
    """
    try:
        return ChosenLayout.parse(query)
    except LayoutError as error:
        detail = ErrorDetail(str(error), "unknown")
        raise ValidationError({error.parameter: [detail]}) from error
