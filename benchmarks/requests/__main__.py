"""The command line: python -m benchmarks.requests."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import report as files
from benchmarks.requests.client import LoadError
from benchmarks.requests.measure import ROWS, RequestsConfig, measure
from benchmarks.requests.report import RESULTS_NAME, table
from benchmarks.requests.servers import ServerError
from noising.arguments import BAD_USAGE, INTERRUPTED

PROGRAM: Final = "requests"
FAILED: Final = 1
DEFAULT_OUTPUT: Final = Path("benchmark-results")
DEFAULTS: Final = RequestsConfig()
WIDTH: Final = 140
"""Width of the table, also in narrower terminals, which would cut off its numbers."""

RANGES: Final = {
    "rounds": (1, 1000),
    "seconds": (0.05, 60.0),
    "connections": (1, 256),
    "workers": (1, 64),
    "seed": (0, 2**63 - 1),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write requests.json; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        config = _config(options)
        files.check_directory(options.output)
        document = measure(
            [ROWS[name] for name in options.rows], config, on_progress=_progress
        )
        Console(width=WIDTH).print(table(document))
        files.write(document, options.output, plots=False, results_name=RESULTS_NAME)
    except (ServerError, LoadError, files.OutputError) as error:
        return _fail(FAILED, str(error))
    except ValueError as error:
        return _fail(BAD_USAGE, str(error))
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, "interrupted")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Measure requests per second of this service and of FastAPI.",
    )
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--rounds", type=int, default=DEFAULTS.rounds)
    parser.add_argument("--seconds", type=float, default=DEFAULTS.seconds)
    parser.add_argument("--connections", type=int, default=DEFAULTS.connections)
    parser.add_argument("--workers", type=int, default=DEFAULTS.workers)
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT)
    return parser


def _config(options: argparse.Namespace) -> RequestsConfig:
    for name, (least, most) in RANGES.items():
        value = getattr(options, name)
        if not least <= value <= most:
            raise ValueError(f"{name}: must lie in {least:g}..{most:g}, got {value}")
    if importlib.util.find_spec("fastapi") is None:
        raise ValueError(
            "the peer is not installed; pip install -r requirements-peers.txt"
        )
    return RequestsConfig(
        rounds=options.rounds,
        seconds=options.seconds,
        connections=options.connections,
        workers=options.workers,
        seed=options.seed,
    )


def _progress(done: int, total: int, step: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total} rounds, {step}    ")
        sys.stderr.write("\n" if done == total else "")


def _fail(code: int, reason: str) -> int:
    sys.stderr.write(f"{PROGRAM}: error: {reason}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
