"""The data of an audit's page: findings, tests, and how to repeat the audit."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noising.audit import CODES
from noising.audits import Claims
from noising.models import Audit

LONGEST_SPECIFICATION = 2_000
"""Characters of a specification on the page; the exported report has it in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingItem:
    """A finding as text.

    Attributes:
        follows: codes of the findings that it may follow from, joined.
    """

    code: str
    severity: str
    title: str
    sentence: str
    way_out: str
    follows: str
    measured: str
    expected: str
    p_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRow:
    """The tests of one code, as text."""

    code: str
    title: str
    tests: int
    p_value: str
    smallest_fault: str
    case: str
    is_found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A text to copy, with its name."""

    name: str
    text: str


def list_findings(report: Mapping[str, Any]) -> list[FindingItem]:
    """Return the findings, causes first."""
    return [
        FindingItem(
            code=finding["code"],
            severity=finding["severity"],
            title=finding["title"],
            sentence=_capitalise(finding["sentence"]),
            way_out=_capitalise(finding["way_out"]),
            follows=", ".join(finding["may_follow_from"]),
            measured=format_number(finding["measured"]),
            expected=format_number(finding["expected"]),
            p_value=format_number(finding["p_value"]),
        )
        for finding in report["findings"]
    ]


def list_tests(report: Mapping[str, Any]) -> list[TestRow]:
    """Return what was tested and what size of fault each test finds."""
    found = {finding["code"] for finding in report["findings"]}
    limit = report["false_alarm_rate"]
    return [
        TestRow(
            code=test["code"],
            title=title_of(test["code"]),
            tests=test["tests"],
            p_value=format_number(test["p_value"]),
            smallest_fault=format_number(test["smallest_fault"])
            if test["smallest_fault"] is not None
            else "a single case",
            case=test["case"],
            is_found=test["code"] in found or (test["p_value"] or 0.0) < limit,
        )
        for test in report["tests"]
    ]


def list_facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the claim beside the specification, and the sizes."""
    claims = report["claims"]
    specification = report["specification"]
    mask_id = specification["graph"].get("mask_id")
    facts = {
        "rows": f"{report['rows']:,}",
        "tokens": f"{report['tokens']:,}",
        "schedule": specification["schedule"]["type"],
        "graph": specification["graph"]["type"],
        "mask id": None if mask_id is None else str(mask_id),
        "vocabulary": f"{specification['vocab_size']:,}",
        "timesteps": f"{specification['num_timesteps']:,}",
        "times": f"from {claims['low']:g} to {claims['high']:g}",
        "drawn": claims["method"],
        "block": claims["block"] and str(claims["block"]),
        "weights": claims["form"],
        "arrays besides x0 and xt": ", ".join(claims["declared"]) or "none",
        "false alarms": f"at most {report['false_alarm_rate']:g} of right audits",
    }
    return [(label, value) for label, value in facts.items() if value is not None]


def list_fits(report: Mapping[str, Any]) -> list[str]:
    """Return the laws of alpha that fit best, in words."""
    return [
        fit["name"] if fit["agrees"] else f"{fit['name']} (the data contradict it)"
        for fit in report["best_fits"]
    ]


def write_command(report: Mapping[str, Any]) -> str:
    """Return the command that repeats the audit with the file of pairs."""
    claims = report["claims"]
    defaults = Claims()
    words = ["noising", "audit", "pairs.npz", "--spec", "spec.json"]
    for name in ("low", "high", "method", "block", "form"):
        if claims[name] != getattr(defaults, name):
            words += [f"--{name}", str(claims[name])]
    return shlex.join(words)


def write_specification(audit: Audit) -> str:
    """Return the claimed specification as JSON, or "" if it is too long to show."""
    text = json.dumps(audit.specification, indent=2)
    return text if len(text) <= LONGEST_SPECIFICATION else ""


def write_snippets(origin: str) -> list[Snippet]:
    """Return programs that write a file of pairs, and one that sends it.

    Args:
        origin: scheme and host of the service, such as ``http://localhost:8000``.
    """
    return [
        Snippet(
            name="torch",
            text="""\
import torch
from safetensors.torch import save_file

seen = []
for _, batch in zip(range(64), loader):
    x0 = batch["input_ids"]
    xt, t = corrupt(x0)  # your own function
    # t: (rows,) or (rows, length)
    seen.append({"x0": x0, "xt": xt, "t": t})

pairs = {
    name: torch.cat([part[name] for part in seen]).cpu()
    for name in seen[0]
}
save_file(pairs, "pairs.safetensors")""",
        ),
        Snippet(
            name="NumPy",
            text="""\
import numpy as np

# x0, xt: (rows, length) integers
# t: times in [0, 1], one for each row
# The more there is besides x0 and xt, the more is tested.
np.savez_compressed("pairs.npz", x0=x0, xt=xt, t=t)""",
        ),
        Snippet(
            name="curl",
            text=f"""\
curl '{origin}/api/v1/audits?schedule=NAME&name=collator' \\
  -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/x-npz' --data-binary @pairs.npz""",
        ),
    ]


def title_of(code: str) -> str:
    """Return the title of a code; the code itself if this version has none."""
    return CODES[code].title if code in CODES else code


def format_number(value: float | None) -> str:
    """Return three significant digits, or "none" if there is no number."""
    return "none" if value is None else f"{value:.3g}"


def name_plots(report: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of the plots that have something to show."""
    curves = report["curves"]
    shown = {
        "alpha": bool(curves["levels"]),
        "positions": bool(curves["positions"]),
        "times": any(curves["times"]),
        "tests": bool(report["tests"]),
    }
    return [name for name, is_shown in shown.items() if is_shown]


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
