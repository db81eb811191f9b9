"""The argument SPEC, which names the specification of a command."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from noising.command.usage import STANDARD_INPUT, CommandLineError, describe_file
from noising.engine import (
    PRESETS,
    SCHEDULE_TYPES,
    EngineError,
    ForwardProcess,
    build_process,
)
from noising.engine.parameters import nearest


def add_specification(
    parser: argparse.ArgumentParser, *, nargs: str | None = None
) -> None:
    """Declare the argument SPEC, which is parsed to `spec`."""
    parser.add_argument(
        "spec",
        nargs=nargs,
        metavar="SPEC",
        help="a JSON file with a specification, - for the standard input, the name of "
        f"a preset: {', '.join(PRESETS)}; or of a schedule type: "
        f"{', '.join(SCHEDULE_TYPES)}",
    )


def load_process(spec: str) -> ForwardProcess:
    """Return the process that SPEC describes.

    Raises:
        CommandLineError: SPEC cannot be read or is not a valid specification.
    """
    specification = _read_specification(spec)
    try:
        return build_process(specification)
    except EngineError as error:
        raise CommandLineError(f"{describe_file(spec)}: {error}") from error


def _read_specification(spec: str) -> Any:
    if spec in PRESETS:
        return PRESETS[spec].specification
    if spec in SCHEDULE_TYPES:
        return {"schedule": {"type": spec}}
    try:
        return json.loads(read_argument(spec))
    except FileNotFoundError as error:
        hint = nearest(spec, (*PRESETS, *SCHEDULE_TYPES))
        line = f"{spec}: is neither a file, a preset nor a schedule type"
        raise CommandLineError(f"{line}; {hint}" if hint else line) from error
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise CommandLineError(
            f"{describe_file(spec)}: must hold JSON ({reason})"
        ) from error


def read_argument(path: str) -> bytes:
    """Read a file, or the standard input for the path ``-``.

    Raises:
        FileNotFoundError: the file does not exist.
        CommandLineError: the file cannot be read.
    """
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CommandLineError(
            f"{describe_file(path)}: cannot be read: {error.strerror}"
        ) from error
