"""noising import: converts another project's configuration to a specification."""

import argparse
import sys
from dataclasses import asdict
from typing import Final

from noising.arguments import integer
from noising.command.output import print_json
from noising.command.specifications import read_argument
from noising.command.usage import FINE, CommandLineError
from noising.engine import build_process
from noising.engine.importers import SOURCES
from noising.engine.importers.detection import AUTO, import_from

HELP: Final = "convert another project's configuration to a specification"
DESCRIPTION: Final = (
    "Print the specification that another project's configuration describes. Notes on "
    "keys that were assumed, were ignored or differ go to stderr, or with --json into "
    "the document."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "source",
        choices=(AUTO, *SOURCES),
        help=f"the project; {AUTO} finds it by the keys",
    )
    parser.add_argument(
        "config",
        metavar="CONFIG",
        help="a JSON file, or a YAML file if PyYAML is installed; - for the standard "
        "input",
    )
    parser.add_argument(
        "--vocab-size",
        type=integer,
        metavar="V",
        help="vocabulary size; overrides the configuration",
    )
    parser.add_argument(
        "--num-timesteps",
        type=integer,
        metavar="T",
        help="number of timesteps; overrides the configuration",
    )


def run(options: argparse.Namespace) -> int:
    """Print the specification."""
    source, imported = import_from(
        options.source,
        _read_text(options.config),
        vocab_size=options.vocab_size,
        num_timesteps=options.num_timesteps,
    )
    if options.json:
        print_json(
            {
                "source": source,
                "specification": imported.spec,
                "fingerprint": build_process(imported.spec).fingerprint,
                "used": list(imported.used),
                "notes": [asdict(note) for note in imported.notes],
            }
        )
        return FINE
    if options.source == AUTO:
        sys.stderr.write(f"source: {source}\n")
    for note in imported.notes:
        sys.stderr.write(f"{note.kind}: {note.key}: {note.text}\n")
    print_json(imported.spec, indent=2)
    return FINE


def _read_text(path: str) -> str:
    try:
        return read_argument(path).decode()
    except FileNotFoundError as error:
        raise CommandLineError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandLineError(f"{path}: must be UTF-8 text") from error
