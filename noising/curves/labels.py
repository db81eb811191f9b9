"""Labels of axes: plain words, and the symbol for the same quantity in papers."""

import re
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(
    r"\\mathrm\{(?P<upright>\w+)\}|\\(?P<command>[a-z]+)|_(?P<below>\w)"
    r"|(?P<letter>[A-Za-z])|(?P<other>.)"
)
_COMMANDS: Final = {
    "alpha": "\N{MATHEMATICAL ITALIC SMALL ALPHA}",
    "sigma": "\N{MATHEMATICAL ITALIC SMALL SIGMA}",
    "log": "log",
    "mid": "|",
    "neq": "\N{NOT EQUAL TO}",
}
_BELOW: Final = {
    "0": "\N{SUBSCRIPT ZERO}",
    "t": "\N{LATIN SUBSCRIPT SMALL LETTER T}",
}
_ITALIC_A: Final = ord("\N{MATHEMATICAL ITALIC CAPITAL A}")
_ITALIC_SMALL_A: Final = ord("\N{MATHEMATICAL ITALIC SMALL A}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisLabel:
    """What an axis shows.

    Attributes:
        words: plain words.
        symbol: the symbol as TeX mathematics without dollar signs; empty if the
            quantity has none.
        detail: the unit, or what values mean; may be empty.
    """

    words: str
    symbol: str = ""
    detail: str = ""

    def __str__(self) -> str:
        """Return the label in Unicode, for texts that know no TeX."""
        return self._join(format_symbol(self.symbol))

    def as_mathtext(self, *, is_broken: bool = False) -> str:
        """Return the label as Matplotlib takes it, with mathematics between dollars.

        Args:
            is_broken: whether it has two lines, the last part in the second.
        """
        symbol = f"${self.symbol}$" if self.symbol else ""
        return self._join(symbol, "\n" if is_broken else " ")

    def _join(self, symbol: str, before_last: str = " ") -> str:
        detail = f"({self.detail})" if self.detail else ""
        *first, last = filter(None, [self.words, symbol, detail])
        return before_last.join(filter(None, [" ".join(first), last]))


def format_symbol(tex: str) -> str:
    """Return mathematics in Unicode; letters are italic.

    Args:
        tex: TeX of Latin letters, and of the commands and indices that labels use.
    """
    return "".join(_format_part(part) for part in _PART.finditer(tex))


def _format_part(part: re.Match[str]) -> str:
    text = part[0]
    if part["upright"]:
        return part["upright"]
    if part["command"]:
        return _COMMANDS[part["command"]]
    if part["below"]:
        return _BELOW[part["below"]]
    if text == "h":  # Unicode has it elsewhere
        return "\N{PLANCK CONSTANT}"
    if part["letter"]:
        start, first = (_ITALIC_SMALL_A, "a") if text.islower() else (_ITALIC_A, "A")
        return chr(start + ord(text) - ord(first))
    return "\N{MINUS SIGN}" if text == "-" else text


TIME: Final = AxisLabel(words="time", symbol="t", detail="0: clean, 1: fully noised")
TIMESTEP: Final = AxisLabel(words="timestep", symbol="k")
SIGNAL: Final = AxisLabel(words="signal left", symbol=r"\alpha(t)")
INFORMATION: Final = AxisLabel(
    words="information left", symbol="I(x_t; x_0)", detail="nats per token"
)
DIFFICULTY: Final = AxisLabel(
    words="difficulty", symbol=r"H(x_0 \mid x_t)", detail="nats per token"
)
UNCHANGED: Final = AxisLabel(words="share unchanged", symbol="P(x_t = x_0)")
