"""Exit codes of the commands, and checks of their arguments."""

from pathlib import Path
from typing import Final

from noising.arguments import integer

FINE, FOUND_WRONG = 0, 1
BROKEN_PIPE: Final = 141
"""The exit code that shells report for a program that SIGPIPE ended."""

STANDARD_INPUT: Final = "-"


class CommandLineError(Exception):
    """A command was called wrongly; the message is one line."""


def names(text: str) -> tuple[str, ...]:
    """Return the names in a list separated by commas, each once."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def integers(text: str) -> tuple[int, ...]:
    """Return the integers in a list separated by commas.

    Raises:
        ArgumentTypeError: a part is not an integer.
    """
    return tuple(integer(part) for part in text.split(","))


def describe_file(path: str) -> str:
    """Return the name of a file for messages."""
    return "the standard input" if path == STANDARD_INPUT else path


def check_standard_input(*arguments: str | None) -> None:
    """Check that at most one argument is the standard input.

    Raises:
        CommandLineError: several arguments are ``-``.
    """
    if arguments.count(STANDARD_INPUT) > 1:
        raise CommandLineError("only one argument may be -, the standard input")


def check_target(path: Path) -> None:
    """Check before the work starts that a file can be created.

    Raises:
        CommandLineError: the path is a folder, or its folder does not exist.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise CommandLineError(f"{path}: must be a file in a folder that exists")


def write_target(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        CommandLineError: the file cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandLineError(
            f"{path}: cannot be written: {error.strerror}"
        ) from error
