"""noising lint: checks a noise process, and says what to use instead."""

import argparse
from collections import Counter
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from noising.command.output import print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.tokens import read_tokens
from noising.command.usage import FINE, FOUND_WRONG, check_standard_input
from noising.engine import Verdict, judge

HELP: Final = "check a noise process for known mistakes"
DESCRIPTION: Final = (
    "Check a noise process for known mistakes: print whether it is good, wasteful, "
    "leaks or is invalid, what to use instead, and every finding. The exit code is 1 "
    "if there is an error or a warning, but not for an info."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser)
    parser.add_argument(
        "--tokens",
        metavar="FILE",
        help="clean token ids of the data in a form that `noising noise` accepts, to "
        "check that they contain no mask and no unknown id",
    )


def run(options: argparse.Namespace) -> int:
    """Lint, and print the findings, most severe first."""
    check_standard_input(options.spec, options.tokens)
    process = load_process(options.spec)
    tokens = None
    if options.tokens is not None:
        tokens = np.concatenate([np.ravel(row) for row in read_tokens(options.tokens)])
    verdict = judge(process, tokens)
    findings = verdict.findings
    if options.json:
        print_json({"fingerprint": process.fingerprint, **_document(verdict)})
    else:
        print_text(str(verdict))
        for remedy in verdict.remedies:
            print_text(f"    {remedy.text}")
        for finding in findings:
            print_text(f"{finding.severity}: {finding.code}: {finding.message}")
            print_text(f"    {finding.way_out}")
        counts = Counter(finding.severity for finding in findings)
        print_text(", ".join(f"{counts[s]} {s}" for s in counts) or "nothing found")
    is_wrong = any(finding.severity != "info" for finding in findings)
    return FOUND_WRONG if is_wrong else FINE


def _document(verdict: Verdict) -> dict[str, Any]:
    document = asdict(verdict)
    return {"findings": document.pop("findings"), "verdict": document}
