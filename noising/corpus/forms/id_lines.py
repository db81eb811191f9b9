"""Rows of a text file of ids: blanks or commas between them, brackets around them."""

import re
from typing import Final

import numpy as np

from noising.corpus.forms.files import Row
from noising.corpus.forms.known import guess_form
from noising.corpus.forms.lines import LineError, LineRows
from noising.engine.errors import format_value

_ONE_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
# int() alone would accept "+1", "1_000" and the digits of every script.
_ALL_IDS: Final = re.compile(r"[0-9]{1,18}(?:(?:\s*,\s*|\s+)[0-9]{1,18})*", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\s,]+")


class IdLineRows(LineRows):
    """Reads lines of ids: `1 2`, `1,2` and `[1, 2]` are the same row."""

    def parse(self, line: str) -> Row:
        """Return the row of a line.

        Raises:
            LineError: it has anything but ids.
        """
        inner = line
        if line.startswith("[") and line.endswith("]"):
            inner = line[1:-1].strip()
        if not inner:
            return Row(np.empty(0, np.int64))
        words = _SEPARATOR.split(inner)
        if not _ALL_IDS.fullmatch(inner):
            wrong = next((word for word in words if not _ONE_ID.fullmatch(word)), inner)
            hint = guess_form(line)
            raise LineError(f"has {format_value(wrong)}, no token id; {hint}")
        return Row(np.array([int(word) for word in words], np.int64))
