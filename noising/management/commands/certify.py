"""`manage.py certify`: certifies a noise process and stores the certificate."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from noising.arguments import BAD_USAGE, INTERRUPTED
from noising.engine import EngineError, build_process
from noising.engine.certify import Certificate, certify
from noising.engine.certify.command import (
    FAILED,
    add_options,
    check_target,
    document_text,
    read_specification,
    write_document,
)
from noising.models import ScheduleConfig
from noising.services import schedule_certify


class Command(BaseCommand):
    """Certifies, prints and stores, even if the certificate failed."""

    help = (
        "Check a noise process's formulas against each other and its sampler against "
        "them, and store the certificate with every stored schedule that has the same "
        "specification."
    )
    requires_system_checks = ()  # so that a bad argument gives only one line

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        """Return a parser whose errors are one line, without the usage."""
        return super().create_parser(
            prog_name, subcommand, usage=argparse.SUPPRESS, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flags of ``python -m noising.engine.certify``, and ``--config``."""
        given = parser.add_mutually_exclusive_group(required=True)
        given.add_argument(
            "specification",
            type=Path,
            nargs="?",
            metavar="SPEC.json",
            help="file with a specification",
        )
        given.add_argument("--config", metavar="NAME", help="name of a stored schedule")
        add_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Certify; an expected failure prints one line and sets the exit code."""
        try:
            certificate = self._certify(options)
        except EngineError as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except DatabaseError as error:
            line = " ".join(str(error).split())
            raise CommandError(
                f"the certificate cannot be stored: {line}; create a new database "
                "with `manage.py migrate`, or use `python -m noising.engine.certify`, "
                "which needs none",
                returncode=FAILED,
            ) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=INTERRUPTED) from None
        if not certificate.passed:
            raise CommandError("the certificate failed", returncode=FAILED)

    def _certify(self, options: Mapping[str, Any]) -> Certificate:
        check_target(options["json"])
        process = build_process(_specification(options))
        certificate = certify(process, samples=options["samples"], seed=options["seed"])
        self.stdout.write(certificate.report())
        slugs = schedule_certify(certificate=certificate)
        self.stdout.write(
            f"Stored with: {', '.join(slugs)}."
            if slugs
            else "Not stored: no stored schedule has this specification."
        )
        if options["json"] is None:
            self.stdout.write(document_text(certificate))
        else:
            write_document(certificate, options["json"])
        return certificate


def _specification(options: Mapping[str, Any]) -> Any:
    """Return the specification of the file or of the stored schedule.

    Raises:
        EngineError: The file or the schedule does not exist, or is not JSON.
    """
    slug = options["config"]
    if slug is None:
        return read_specification(options["specification"])
    found = ScheduleConfig.objects.filter(slug=slug).first()
    if found is None:
        raise EngineError(
            "--config",
            "unknown_schedule",
            "must be the name of a stored schedule",
            slug,
            "`manage.py load_schedules` stores the built-in ones",
        )
    return found.specification
