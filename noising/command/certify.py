"""noising certify: tests of a noise process's formulas and samples."""

import argparse

from noising.command.output import print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.usage import FINE, FOUND_WRONG
from noising.engine.certify import certify
from noising.engine.certify.command import DESCRIPTION, HELP, add_draw_options

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser)
    add_draw_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print a certificate."""
    process = load_process(options.spec)
    certificate = certify(process, samples=options.samples, seed=options.seed)
    if options.json:
        print_json(certificate.document())
    else:
        print_text(certificate.report())
    return FINE if certificate.passed else FOUND_WRONG
