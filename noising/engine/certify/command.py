"""The command line: python -m noising.engine.certify SPEC.json."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from noising.engine.certify import DEFAULT_SEED, SAMPLES, Certificate, certify
from noising.engine.errors import EngineError
from noising.engine.registry import build_process

PROGRAM: Final = "certify"
PASSED, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130

_LONGEST_INTEGER: Final = 30


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the flags beside what is to be certified."""
    parser.add_argument(
        "--samples",
        type=_integer,
        default=SAMPLES.default,
        metavar="N",
        help=f"{SAMPLES.help}, {SAMPLES.low} to {SAMPLES.high} (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=_integer,
        default=DEFAULT_SEED,
        metavar="S",
        help="the same seed gives the same certificate (default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="file to write the certificate to (default: stdout, after the report)",
    )


def read_specification(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        EngineError: the file cannot be read or holds no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        rule = "must be a file that can be read"
        reason = error.strerror or ""
        raise EngineError("SPEC.json", "unreadable", rule, str(path), reason) from error
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise EngineError(
            "SPEC.json", "not_json", "must hold JSON", str(path), reason
        ) from error


def check_target(path: Path | None) -> None:
    """Refuse a file for the certificate that cannot be made, before any work.

    Raises:
        EngineError: it is a folder, or lies in none.
    """
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise _unwritable(path, "name a file in a folder that exists")


def write_document(certificate: Certificate, path: Path) -> None:
    """Write a certificate as JSON.

    Raises:
        EngineError: the file cannot be written.
    """
    try:
        path.write_text(document_text(certificate), encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error.strerror or "") from error


def document_text(certificate: Certificate) -> str:
    """Return a certificate as JSON text."""
    return json.dumps(certificate.document(), indent=2, allow_nan=False) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Certify the specification that the command line names.

    Returns:
        0 if it passed, 1 if it failed, 2 for bad usage and bad specifications, 130
        after Ctrl-C; from 2 on there is one line on stderr.
    """
    parser = _Parser(
        prog=PROGRAM,
        description="Check a noise process's formulas against each other and its "
        "sampler against them.",
    )
    parser.add_argument(
        "specification",
        type=Path,
        metavar="SPEC.json",
        help="file with a specification",
    )
    add_options(parser)
    options = parser.parse_args(argv)
    try:
        check_target(options.json)
        process = build_process(read_specification(options.specification))
        certificate = certify(process, samples=options.samples, seed=options.seed)
        sys.stdout.write(f"{certificate.report()}\n")
        if options.json is None:
            sys.stdout.write(document_text(certificate))
        else:
            write_document(certificate, options.json)
    except EngineError as error:
        return _ended(BAD_USAGE, f"error: {error}")
    except KeyboardInterrupt:
        return _ended(INTERRUPTED, "interrupted")
    return PASSED if certificate.passed else FAILED


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; --help says the rest."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(BAD_USAGE, f"{self.prog}: error: {line}\n")


def _ended(code: int, message: str) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return code


def _unwritable(path: Path, way_out: str) -> EngineError:
    rule = "must be a file that can be written"
    return EngineError("--json", "unwritable", rule, str(path), way_out)


def _integer(text: str) -> int:
    # int() refuses thousands of digits, and no range here holds thirty.
    if len(text) > _LONGEST_INTEGER or not text.removeprefix("-").isdecimal():
        shown = text[:_LONGEST_INTEGER]
        raise argparse.ArgumentTypeError(f"must be an integer, got {shown!r}")
    return int(text)
