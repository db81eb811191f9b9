"""Command line arguments of every program of the library: parser and exit codes."""

import argparse
from typing import Final, NoReturn

BAD_USAGE: Final = 2
INTERRUPTED: Final = 130
"""The exit code that shells report for a program that SIGINT ended."""

_LONGEST_INTEGER: Final = 30


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are a single line without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the error on stderr and exit with BAD_USAGE."""
        line = " ".join(message.split())
        self.exit(BAD_USAGE, f"{self.prog}: error: {line}\n")


def integer(text: str) -> int:
    """Return an integer of any range, which the engine checks.

    Raises:
        ArgumentTypeError: `text` is not an integer.
    """
    text = text.strip()
    # int() refuses thousands of digits, and no valid argument has thirty.
    if len(text) > _LONGEST_INTEGER or not text.removeprefix("-").isdecimal():
        start = text[:_LONGEST_INTEGER]
        raise argparse.ArgumentTypeError(f"must be an integer, got {start!r}")
    return int(text)
