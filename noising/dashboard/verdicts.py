"""The verdict on a noise process, as pages show it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

from noising.budget import PAGE_WORK, BusyError
from noising.engine import Finding, Remedy, build_process, judge
from noising.engine.effort import storing_seconds
from noising.engine.verdicts import judging_seconds

MOST_SECONDS: Final = 0.5
"""Estimated seconds that a page may spend on a verdict."""

LONGEST_SPECIFICATION: Final = 6_000
"""Characters of an escaped specification in a URL: servers read 8 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyItem:
    """A remedy as a page shows it.

    Attributes:
        text: what to change, and what comes of it.
        grade: the grade of its specification.
        label: the schedule type, to tell links apart.
        address: the URL of a page that uses it; "" if it would be too long.
        specification: the specification as JSON for a URL; "" if it is too long.
    """

    text: str
    grade: str
    label: str
    address: str
    specification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVerdict:
    """A verdict as a page shows it."""

    grade: str
    text: str
    remedies: Sequence[RemedyItem]
    findings: Sequence[Finding]


def judge_for_page(
    specification: Mapping[str, Any], find_address: Callable[[dict[str, str]], str]
) -> ShownVerdict | None:
    """Return the verdict on a specification, or None if there is no time for it.

    It has no remedies if only these would take too long.

    Args:
        specification: the noise process.
        find_address: returns the URL of a page for a query with a `specification`.

    Raises:
        EngineError: the specification is not valid.
    """
    if storing_seconds(specification) > MOST_SECONDS:
        return None
    seconds = judging_seconds(specification)
    try:
        with PAGE_WORK.permit(min(seconds, MOST_SECONDS)):
            process = build_process(specification)
            verdict = judge(process, remedies=seconds <= MOST_SECONDS)
    except BusyError:
        return None
    return ShownVerdict(
        grade=verdict.grade,
        text=verdict.text,
        remedies=[_show(remedy, find_address) for remedy in verdict.remedies],
        findings=verdict.findings,
    )


def write_specification(specification: Mapping[str, Any]) -> str:
    """Return a specification as JSON for a URL; "" if it is too long."""
    text = json.dumps(specification, separators=(",", ":"))
    return text if len(quote_plus(text)) <= LONGEST_SPECIFICATION else ""


def _show(remedy: Remedy, find_address: Callable[[dict[str, str]], str]) -> RemedyItem:
    text = write_specification(remedy.specification)
    return RemedyItem(
        text=remedy.text,
        grade=remedy.grade,
        label=f"{remedy.specification['schedule']['type']}, {remedy.grade}",
        address=find_address({"specification": text}) if text else "",
        specification=text,
    )
