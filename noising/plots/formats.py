"""The formats of figures."""

from typing import Final, Literal, TypeAlias, get_args

ImageFormat: TypeAlias = Literal["png", "svg", "pdf"]
FigureFormat: TypeAlias = Literal["png", "svg", "pdf", "pgf", "csv", "py"]

IMAGE_FORMATS: Final[tuple[ImageFormat, ...]] = get_args(ImageFormat)
FORMATS: Final[tuple[FigureFormat, ...]] = get_args(FigureFormat)
