"""Names of runs: what people call them, or a default made from what they measure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LONGEST_RUN_NAME: Final = 100
MOST_NAMED: Final = 3
"""Schedules that a default name lists besides the baseline."""

# Neither a line of a terminal nor a database column can take all of these.
REFUSED_CHARACTERS: Final = "\x00-\x1f\x7f-\x9f\ud800-\udfff"
REPEATED: Final = re.compile(r"^(?P<name>.*) \((?P<number>[0-9]{1,4})\)$")


def make_default_name(schedules: Sequence[str], baseline: str) -> str:
    """Return the name of a run that nobody named: "sedd_entropy, cosine vs uniform".

    Args:
        schedules: names of what it measures, with or without the baseline.
        baseline: the schedule that the others are compared with.
    """
    others = [name for name in schedules if name != baseline]
    if not others:
        return baseline
    rest = len(others) - MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(others[:MOST_NAMED])}{more} vs {baseline}"


def explain_refusal(name: str) -> str:
    """Return why a text cannot be the name of a run, or ""."""
    if len(name) > LONGEST_RUN_NAME:
        return f"must have at most {LONGEST_RUN_NAME} characters, got {len(name)}"
    if re.search(f"[{REFUSED_CHARACTERS}]", name):
        return "must be one line without control characters"
    return ""


def make_repeated_name(name: str) -> str:
    """Return the name for a repetition of a run: "mine" becomes "mine (2)".

    Args:
        name: the given name; an empty one stays empty, so that the default applies.
    """
    if not name:
        return ""
    found = REPEATED.match(name)
    number = int(found["number"]) + 1 if found else 2
    suffix = f" ({number})"
    stem = found["name"] if found else name
    return stem[: LONGEST_RUN_NAME - len(suffix)].rstrip() + suffix
