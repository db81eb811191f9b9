"""How commands end, and what their arguments may be."""

import argparse
from pathlib import Path
from typing import Final, NoReturn

FINE, FOUND_WRONG, WRONG_USAGE = 0, 1, 2
INTERRUPTED, BROKEN_PIPE = 130, 141
"""What shells say of a program that SIGINT or SIGPIPE ended."""

STANDARD_INPUT: Final = "-"

_LONGEST_NUMBER: Final = 30


class CommandLineError(Exception):
    """A command cannot do what it was told; the message is one line."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; --help says the rest."""

    def error(self, message: str) -> NoReturn:
        """End with the line."""
        line = " ".join(message.split())
        self.exit(WRONG_USAGE, f"{self.prog}: error: {line}\n")


def integer(text: str) -> int:
    """Return an integer; its range is for the engine to judge.

    Raises:
        ArgumentTypeError: `text` is none.
    """
    # int() refuses thousands of digits, and no range here holds thirty.
    if len(text) > _LONGEST_NUMBER or not text.removeprefix("-").isdecimal():
        shown = text[:_LONGEST_NUMBER]
        raise argparse.ArgumentTypeError(f"must be an integer, got {shown!r}")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Return the names in a list separated by commas, each once."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def integers(text: str) -> tuple[int, ...]:
    """Return the integers in a list separated by commas.

    Raises:
        ArgumentTypeError: a part is none.
    """
    return tuple(integer(part.strip()) for part in text.split(","))


def describe_file(path: str) -> str:
    """Return what messages call a file."""
    return "the standard input" if path == STANDARD_INPUT else path


def check_standard_input(*arguments: str | None) -> None:
    """Refuse to read the standard input twice.

    Raises:
        CommandLineError: two arguments are ``-``.
    """
    if arguments.count(STANDARD_INPUT) > 1:
        raise CommandLineError("only one argument may be -, the standard input")


def check_target(path: Path) -> None:
    """Refuse a file that cannot be made, before any work.

    Raises:
        CommandLineError: it is a folder, or lies in none.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise CommandLineError(f"{path}: must be a file in a folder that exists")


def write_target(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        CommandLineError: the system refuses.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandLineError(
            f"{path}: cannot be written: {error.strerror}"
        ) from error
