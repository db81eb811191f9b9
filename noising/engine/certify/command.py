"""The command line: python -m noising.engine.certify SPEC.json."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from noising.arguments import BAD_USAGE, INTERRUPTED, Parser, integer
from noising.engine.certify import DEFAULT_SEED, SAMPLES, Certificate, certify
from noising.engine.errors import EngineError
from noising.engine.registry import build_process

PROGRAM: Final = "certify"
PASSED, FAILED = 0, 1
HELP: Final = "check formulas against each other and the sampler against them"
DESCRIPTION: Final = (
    "Check a noise process's formulas against each other and its sampler against them, "
    "on this machine with these versions. The exit code is 1 if a check failed."
)


def add_draw_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options `--samples` and `--seed`."""
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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare all options; what to certify is an argument of each program."""
    add_draw_options(parser)
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="file to write the certificate to (default: stdout, after the report)",
    )


def read_specification(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        EngineError: the file cannot be read or is not JSON.
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
    """Check before the work starts that the certificate's file can be created.

    Raises:
        EngineError: the path is a folder, or its folder does not exist.
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
    """Certify the specification in a file.

    Returns:
        The exit code: 0 if the certificate passed, 1 if it failed; 2 for bad usage or
        a bad specification and 130 after Ctrl-C, with one line on stderr.
    """
    parser = Parser(prog=PROGRAM, description=DESCRIPTION)
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
        return _fail(BAD_USAGE, f"error: {error}")
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, "interrupted")
    return PASSED if certificate.passed else FAILED


def _fail(code: int, message: str) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return code


def _unwritable(path: Path, way_out: str) -> EngineError:
    rule = "must be a file that can be written"
    return EngineError("--json", "unwritable", rule, str(path), way_out)
