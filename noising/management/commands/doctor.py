"""`manage.py doctor`: says what is wrong with an installation, and what to do."""

import json
import sys
from typing import Any

from django.core.management import BaseCommand, CommandParser

from noising.management.diagnosis import State, diagnose


class Command(BaseCommand):
    """Prints findings; the exit code is 1 if one is a failure."""

    help = (
        "Check versions, settings, data folder, database, queue, sampler and the "
        "services around this one. Nothing is changed. The exit code is 1 after a "
        "failure."
    )
    requires_system_checks = ()  # they are one of the checks

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option for programs."""
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Diagnose, and print every finding on a line."""
        findings = []
        for check, finding in diagnose():
            findings.append(
                {
                    "check": check,
                    "state": finding.state.value,
                    "text": finding.text,
                    "advice": finding.advice,
                }
            )
            if not options["json"]:
                advice = f" -> {finding.advice}" if finding.advice else ""
                line = f"{finding.state:8} {check:9} {finding.text}{advice}"
                self.stdout.write(" ".join(line.splitlines()))
        if options["json"]:
            self.stdout.write(json.dumps(findings, indent=2))
        if any(finding["state"] == State.FAILURE for finding in findings):
            sys.exit(1)
