"""The program `noising`: its commands and exit codes."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from noising import __version__
from noising.arguments import BAD_USAGE, INTERRUPTED, Parser
from noising.command import (
    audit,
    certify,
    compare,
    corpus,
    curves,
    import_config,
    lint,
    noise,
    replay,
)
from noising.command.usage import BROKEN_PIPE, CommandLineError
from noising.engine import EngineError
from noising.extras import MissingExtraError


class Command(Protocol):
    """The attributes of a command's module."""

    HELP: str
    DESCRIPTION: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command and return the exit code."""


COMMANDS: Final[Mapping[str, Command]] = {
    "lint": lint,
    "curves": curves,
    "compare": compare,
    "certify": certify,
    "audit": audit,
    "corpus": corpus,
    "import": import_config,
    "noise": noise,
    "replay": replay,
}
"""Maps a command's name to its module."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code: 0 for success, 1 if the command found something wrong, 2 for
        wrong usage, with one line on stderr; 130 after Ctrl-C and 141 if the reader of
        the output is gone, the codes of shells for these signals.
    """
    options = _parser().parse_args(argv)
    try:
        code = COMMANDS[options.command].run(options)
        sys.stdout.flush()
    except (CommandLineError, EngineError, MissingExtraError) as error:
        return _fail(options.command, BAD_USAGE, f"error: {error}")
    except BrokenPipeError:
        # A reader such as `head` closed the pipe. Without a replacement for stdout,
        # Python would report the error again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        line = f"error: the output cannot be written: {error.strerror or error}"
        return _fail(options.command, BAD_USAGE, line)
    except KeyboardInterrupt:
        return _fail(options.command, INTERRUPTED, "interrupted")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="noising",
        description="The forward noising process of discrete diffusion models.",
        epilog="Exit codes: 0 success, 1 found something wrong, 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        added = commands.add_parser(
            name, help=command.HELP, description=command.DESCRIPTION
        )
        command.add_arguments(added)
        added.add_argument(
            "--json", action="store_true", help="print JSON for programs"
        )
    return parser


def _fail(command: str, code: int, message: str) -> int:
    line = " ".join(message.splitlines())  # keys of a document may hold newlines
    sys.stderr.write(f"noising {command}: {line}\n")
    return code
