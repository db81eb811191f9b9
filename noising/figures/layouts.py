"""The layout of a figure as query parameters of its URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import BadRequest
from django.http import QueryDict

from noising.plots import PAGE_WIDTHS, WIDTHS, Layout

WIDTH, TITLE, DOWNLOAD = "width", "title", "download"
SWITCH: Final[Mapping[str, bool]] = {"on": True, "off": False}
LAYOUT_PARAMETERS: Final[Mapping[str, Sequence[str]]] = {
    WIDTH: list(WIDTHS),
    TITLE: list(SWITCH),
    DOWNLOAD: ["off", "on"],
}
"""The values of each parameter, the default first."""

_LAYOUTS: Final[Mapping[str, Layout]] = {**WIDTHS, **PAGE_WIDTHS}
_SHOWN: Final = 40


class LayoutError(BadRequest):
    """A parameter of the layout has another value than those that exist.

    Attributes:
        parameter: its name.
    """

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLayout:
    """A layout with the values of the query that chose it.

    Attributes:
        width: a key of WIDTHS or, for the images of pages, of PAGE_WIDTHS.
        title: whether the title is drawn, a key of SWITCH.
        download: whether browsers store the file instead of showing it, the same.
    """

    width: str = "screen"
    title: str = "on"
    download: str = "off"

    @classmethod
    def parse(cls, query: QueryDict) -> "ChosenLayout":
        """Return the layout that a query chooses; by default that for the screen.

        Raises:
            LayoutError: a parameter has an unknown value, or several.
        """
        return cls(
            **{
                name: _choose(query, name, values)
                for name, values in LAYOUT_PARAMETERS.items()
            }
        )

    @property
    def key(self) -> str:
        """What distinguishes the bytes of this layout; empty for the default."""
        is_default = (self.width, self.title) == ("screen", "on")
        return "" if is_default else f"{self.width}-{self.title}-"

    @property
    def suffix(self) -> str:
        """What the name of a file ends with."""
        return "" if self.width == "screen" else f"-{self.width}"

    @property
    def is_download(self) -> bool:
        """Whether browsers store the file."""
        return SWITCH[self.download]

    @property
    def is_for_print(self) -> bool:
        """Whether it has the size of a page."""
        return self.width in WIDTHS and self.width != "screen"

    def build(self) -> Layout:
        """Return the layout."""
        return replace(_LAYOUTS[self.width], has_title=SWITCH[self.title])


def _choose(query: QueryDict, name: str, known: Sequence[str]) -> str:
    values = query.getlist(name) or known[:1]
    if len(values) > 1:
        raise LayoutError(name, f"`{name}` must be given once.")
    [value] = values
    if value not in known and not (name == WIDTH and value in PAGE_WIDTHS):
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}\u2026"
        text = f"`{name}` must be one of {', '.join(known)}, got {shown!r}."
        raise LayoutError(name, text)
    return value
