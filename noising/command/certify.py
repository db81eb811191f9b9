"""noising certify: a process's formulas agree, and its sampler draws from them."""

import argparse
from typing import Final

from noising.command.output import print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.usage import FINE, FOUND_WRONG, integer
from noising.engine.certify import DEFAULT_SEED, SAMPLES, certify

HELP: Final = "check formulas against each other and the sampler against them"
DESCRIPTION: Final = (
    "Check a noise process's formulas against each other and its sampler against them, "
    "on this machine with these versions. The exit code is 1 if a check failed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser)
    parser.add_argument(
        "--samples",
        type=integer,
        default=SAMPLES.default,
        metavar="N",
        help=f"{SAMPLES.help}, {SAMPLES.low} to {SAMPLES.high} (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=integer,
        default=DEFAULT_SEED,
        metavar="S",
        help="the same seed gives the same certificate (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Print a certificate."""
    process = load_process(options.spec)
    certificate = certify(process, samples=options.samples, seed=options.seed)
    if options.json:
        print_json(certificate.document())
    else:
        print_text(certificate.report())
    return FINE if certificate.passed else FOUND_WRONG
