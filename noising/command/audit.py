"""noising audit: is a corruption function right?"""

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from noising.arguments import integer
from noising.audit import FALSE_ALARM_RATE, Audit, Report, audit_function
from noising.audit.audit import OF_AUDIT
from noising.audit.checks.weights import FORMS as WEIGHT_FORMS
from noising.audit.files import FORMS, open_pairs
from noising.command.output import print_json, print_text
from noising.command.specifications import load_process
from noising.command.usage import FINE, FOUND_WRONG, CommandLineError
from noising.engine import EngineError, ForwardProcess
from noising.engine.training_times import METHODS
from noising.replay import DataFileError

HELP: Final = "judge noised tokens, or a function that makes them"
DESCRIPTION: Final = (
    "Judge noised tokens, or a function that makes them, against a specification. "
    f"PAIRS is a file ({', '.join(FORMS)}) with the arrays x0 and xt, (rows, length), "
    "and what you have of t, timestep, alpha, protect, lengths, moved, weights, ids, "
    "epoch and rank. The exit code is 1 if something is found."
)

_SECONDS: Final = 0.5  # between two lines of progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("pairs", nargs="?", type=Path, metavar="PAIRS", help="a file")
    parser.add_argument(
        "--function",
        metavar="MODULE:NAME",
        help="a function fn(x0, seed, rank, step) that returns a mapping with xt, in "
        "place of PAIRS; modules of the current folder are found",
    )
    parser.add_argument(
        "--spec",
        required=True,
        metavar="SPEC",
        help="what the noise should be: a JSON file with a specification, or the name "
        "of a preset or of a schedule type",
    )
    claims = parser.add_argument_group("claims")
    claims.add_argument(
        "--low", type=float, default=0.0, metavar="T", help="lower end of the times"
    )
    claims.add_argument(
        "--high", type=float, default=1.0, metavar="T", help="upper end of the times"
    )
    claims.add_argument(
        "--method",
        metavar="NAME",
        help=f"how times are drawn: {', '.join(METHODS)} (default: not tested)",
    )
    claims.add_argument(
        "--block", type=integer, metavar="N", help="width of blocks with own times"
    )
    claims.add_argument(
        "--form",
        metavar="NAME",
        help=f"form of the weights: {', '.join(WEIGHT_FORMS)} (default: that of the "
        "negative ELBO)",
    )
    parser.add_argument(
        "--false-alarm-rate",
        type=float,
        default=FALSE_ALARM_RATE,
        metavar="P",
        help="chance that right noise gets a finding (default: %(default)g)",
    )
    job = parser.add_argument_group("with --function")
    for name, help_ in (
        ("rows", "rows of the data set (default: 4096)"),
        ("length", "tokens in a row (default: 256)"),
        ("vocab-size", "ids of the rows lie below N (default: the specification's)"),
        ("ranks", "ranks of the job (default: 4)"),
        ("seed", "seed that the function gets (default: 0)"),
    ):
        job.add_argument(f"--{name}", type=integer, metavar="N", help=help_)
    job.add_argument(
        "--resume",
        metavar="MODULE:NAME",
        help="a function of a step that returns the function of a restored job",
    )


def run(options: argparse.Namespace) -> int:
    """Print the report."""
    if (options.pairs is None) == (options.function is None):
        raise CommandLineError("name a file of pairs, or a function with --function")
    of_function = {
        name: getattr(options, name)
        for name in ("rows", "length", "vocab_size", "ranks", "seed", "resume")
        if getattr(options, name) is not None
    }
    if options.function is None and of_function:
        [name, *_] = of_function
        raise CommandLineError(f"--{name.replace('_', '-')} is for --function")
    process = load_process(options.spec)
    claims = {name: getattr(options, name) for name in OF_AUDIT}
    try:
        if options.function is None:
            report = _audit_file(options.pairs, process, claims)
        else:
            report = _audit_function(options.function, process, of_function, claims)
    except (DataFileError, EngineError) as error:
        raise CommandLineError(str(error)) from error
    if options.json:
        print_json(report.as_dict())
    else:
        print_text(str(report))
    return FINE if report.verdict == "passed" else FOUND_WRONG


def _audit_file(path: Path, process: ForwardProcess, claims: dict[str, Any]) -> Report:
    file = open_pairs(path)
    audited = Audit(process, **claims)
    show = _make_progress("rows")
    done = 0
    for part in file.read():
        audited.add(**part)
        done += len(part["x0"])
        show(done, file.rows)
    return audited.report()


def _audit_function(
    name: str, process: ForwardProcess, job: dict[str, Any], claims: dict[str, Any]
) -> Report:
    function = _load(name, "--function")
    if "resume" in job:
        job["resume"] = _load(job["resume"], "--resume")
    return audit_function(
        function, process, on_step=_make_progress("steps"), **job, **claims
    )


def _load(name: str, option: str) -> Callable[..., Any]:
    """Return the function that MODULE:NAME names.

    Raises:
        CommandLineError: the module or the function does not exist.
    """
    module_name, separator, attribute = name.partition(":")
    if not separator or not module_name or not attribute:
        raise CommandLineError(f"{option} must be MODULE:NAME, got {name!r}")
    sys.path.insert(0, "")  # modules of the current folder
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise CommandLineError(f"{option} {name}: {error}") from error
    finally:
        sys.path.remove("")
    if not callable(found):
        raise CommandLineError(f"{option} {name}: is not a function")
    function: Callable[..., Any] = found
    return function


def _make_progress(unit: str) -> Callable[[int, int], None]:
    """Return a function that shows progress on a terminal."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if sys.stderr.isatty() and time.monotonic() - last > _SECONDS:
            last = time.monotonic()
            end = "\r" if done < total else "\n"
            sys.stderr.write(f"{done:,} of {total:,} {unit}{end}")
            sys.stderr.flush()

    return show
