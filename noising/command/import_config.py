"""noising import: another project's configuration as a specification."""

import argparse
import sys
from dataclasses import asdict
from typing import Final

from noising.arguments import integer
from noising.command.output import print_json
from noising.command.specifications import read_argument
from noising.command.usage import FINE, UsageError
from noising.engine import build_process
from noising.engine.importers import SOURCES, import_config

HELP: Final = "read another project's configuration"
DESCRIPTION: Final = (
    "Print the specification that another project's configuration describes; notes on "
    "what was assumed, ignored or differs go to stderr, with --json into the document."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", choices=tuple(SOURCES), help="whose it is")
    parser.add_argument(
        "config",
        metavar="CONFIG",
        help="a file with JSON, or with YAML if PyYAML is installed; - for the "
        "standard input",
    )
    parser.add_argument(
        "--vocab-size",
        type=integer,
        metavar="V",
        help="where the configuration does not say it, or in its place",
    )
    parser.add_argument(
        "--num-timesteps",
        type=integer,
        metavar="T",
        help="where the original has continuous time, or in its place",
    )


def run(options: argparse.Namespace) -> int:
    """Print the specification."""
    imported = import_config(
        options.source,
        _text(options.config),
        vocab_size=options.vocab_size,
        num_timesteps=options.num_timesteps,
    )
    if options.json:
        print_json(
            {
                "specification": imported.spec,
                "fingerprint": build_process(imported.spec).fingerprint,
                "notes": [asdict(note) for note in imported.notes],
            }
        )
        return FINE
    for note in imported.notes:
        sys.stderr.write(f"{note.kind}: {note.key}: {note.text}\n")
    print_json(imported.spec, indent=2)
    return FINE


def _text(path: str) -> str:
    """Return a file's text.

    Raises:
        CommandLineError: it cannot be read, or is no text.
    """
    try:
        return read_argument(path).decode()
    except FileNotFoundError as error:
        raise CommandLineError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandLineError(f"{path}: must be text in UTF-8") from error
