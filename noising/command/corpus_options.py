"""Options, progress and errors that the actions of `noising corpus` share."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from noising.arguments import integer
from noising.command.usage import CommandLineError
from noising.corpus import Source, find_sources
from noising.corpus.forms import DTYPES
from noising.engine.parameters import check_integer
from noising.jobs import DaskExecutor, Executor, LocalExecutor

_MAX_WORKERS: Final = 1024
_SHOWN_ERRORS: Final = 20
_SECONDS: Final = 0.5  # between two lines of progress


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Declare the files of a corpus, which come before other arguments."""
    parser.add_argument(
        "inputs", nargs="+", metavar="IN", help="files, folders or patterns"
    )


def add_reading(
    parser: argparse.ArgumentParser, *, default_tokenizer: str = ""
) -> argparse._ArgumentGroup:
    """Declare what readers of some forms must know, and return the group.

    Args:
        parser: the parser.
        default_tokenizer: the tokenizer of files that begin with text; "" for none.
    """
    read = parser.add_argument_group("input")
    read.add_argument(
        "--dtype", choices=tuple(DTYPES), help="type of the tokens of .bin files"
    )
    read.add_argument(
        "--length",
        type=integer,
        metavar="L",
        help="tokens of a row of .bin files, and of .npy lists of tokens",
    )
    read.add_argument(
        "--tokenizer",
        metavar="NAME",
        help="gpt2, bert, metamath or a tokenizer.json, for text in .txt and .jsonl"
        + (f" (default: {default_tokenizer})" if default_tokenizer else ""),
    )
    return read


def add_on_error(read: argparse._ArgumentGroup) -> None:
    """Declare what happens with bad rows."""
    read.add_argument(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="what to do with a bad row: stop, or leave it out, count and list it "
        "(default: %(default)s)",
    )


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Declare where a job runs."""
    run_ = parser.add_argument_group("execution")
    run_.add_argument(
        "--executor",
        choices=("local", "dask"),
        default="local",
        help="(default: %(default)s)",
    )
    run_.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="with --executor dask, the scheduler of a cluster (default: one of "
        "processes on this machine)",
    )
    run_.add_argument(
        "--workers",
        type=integer,
        default=1,
        metavar="N",
        help="number of processes on this machine (default: %(default)s)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare the flag for JSON, which may also stand before the action."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print JSON for programs",
    )


def find_inputs(
    options: argparse.Namespace,
    places: Sequence[str],
    *,
    default_tokenizer: str | None = None,
) -> list[Source]:
    """Return the data files at some places, read as the options of `add_reading` say.

    Args:
        options: the options.
        places: files, folders and patterns.
        default_tokenizer: as for `find_sources`.

    Raises:
        EngineError: there are none, or an option does not fit them.
        DataFileError: a file has a form that is not read.
    """
    return find_sources(
        places,
        dtype=options.dtype,
        length=options.length,
        tokenizer=options.tokenizer,
        default_tokenizer=default_tokenizer,
    )


def choose_executor(options: argparse.Namespace) -> Executor:
    """Return the executor of the options of `add_executor`.

    Raises:
        CommandLineError: a scheduler is named for the executor `local`.
        EngineError: the number of workers is out of range.
    """
    check_integer(options.workers, "workers", 1, _MAX_WORKERS)
    if options.executor == "dask":
        return DaskExecutor(scheduler=options.scheduler, workers=options.workers)
    if options.scheduler is not None:
        raise CommandLineError("--scheduler is for --executor dask")
    return LocalExecutor(workers=options.workers)


def print_errors(errors: list[str]) -> None:
    """Print the first lines of a list of errors on stderr."""
    for line in errors[:_SHOWN_ERRORS]:
        sys.stderr.write(f"{line}\n")
    if len(errors) > _SHOWN_ERRORS:
        more = len(errors) - _SHOWN_ERRORS
        sys.stderr.write(f"{more:,} more are listed in the manifest or with --json\n")


def make_progress(unit: str) -> Callable[[int, int], None]:
    """Return a function that shows progress on a terminal."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if sys.stderr.isatty() and (now - last > _SECONDS or done == total):
            last = now
            end = "\r" if done < total else "\n"
            sys.stderr.write(f"{done:,} of {total:,} {unit}{end}")
            sys.stderr.flush()

    return show
