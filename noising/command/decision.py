"""The part of `noising compare` that decides between processes on a corpus."""

import argparse
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from noising.command.corpus_options import add_reading, find_inputs
from noising.command.output import format_table, print_text
from noising.command.usage import CommandLineError, check_target, write_target
from noising.corpus import DataFileError
from noising.decision import METHODS, Reader, decide
from noising.engine import ForwardProcess
from noising.plots import require_matplotlib
from noising.tokenizers import DEFAULT_TOKENIZER, TokenizerError

_READING: Final = ("dtype", "length", "tokenizer")
_PAGE: Final = ".html"


def add_decision(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a comparison on a corpus."""
    decision = parser.add_argument_group("decision")
    decision.add_argument(
        "--corpus",
        action="append",
        metavar="IN",
        help="say which process to take for this training data, token ids or plain "
        "text: a file, folder or pattern; may be repeated",
    )
    decision.add_argument(
        "--html",
        type=Path,
        metavar="FILE.html",
        help="with --corpus, write a page with the verdict, tables, plots and "
        "specifications; needs the extra `plots`",
    )
    add_reading(parser, default_tokenizer=DEFAULT_TOKENIZER)


def check_decision(options: argparse.Namespace) -> None:
    """Check the options before the work starts.

    Raises:
        MissingExtraError: a page is to be written and Matplotlib is not installed.
        CommandLineError: an option needs --corpus, or the page cannot be created.
    """
    if options.corpus is None:
        for name in ("html", *_READING):
            if getattr(options, name) is not None:
                raise CommandLineError(f"--{name} needs --corpus, the training data")
    if options.html is None:
        return
    require_matplotlib()
    if options.html.suffix.lower() != _PAGE:
        raise CommandLineError(
            f"{options.html}: the name of a page must end with {_PAGE}"
        )
    check_target(options.html)


def compare_on_corpus(
    options: argparse.Namespace, processes: Mapping[str, ForwardProcess]
) -> dict[str, Any]:
    """Return the decision between the processes as a document.

    Raises:
        EngineError: a process does not fit the corpus.
        CommandLineError: the vocabularies differ, or a file cannot be read.
    """
    sizes = {name: process.vocab_size for name, process in processes.items()}
    first = next(iter(sizes))
    for name, size in sizes.items():
        if size != sizes[first]:
            raise CommandLineError(
                f"with --corpus all vocabularies must have the same size, but "
                f"{first} has {sizes[first]} ids and {name} has {size}"
            )
    try:
        sources = find_inputs(
            options, options.corpus, default_tokenizer=DEFAULT_TOKENIZER
        )
        reader = Reader.of_corpus(sources, sizes[first])
    except (DataFileError, TokenizerError) as error:
        raise CommandLineError(str(error)) from error
    return decide(processes, reader).as_dict()


def print_decision(document: Mapping[str, Any]) -> None:
    """Print the verdict and a table of what was measured."""
    header = ["on the corpus", "reader", "wasted", "+-", "wasted timesteps"]
    rows = [
        [
            entry["name"],
            reader,
            of.get("information_wasted"),
            2.0 * of["standard_error"] if "standard_error" in of else None,
            of.get("wasted_timesteps"),
        ]
        for entry in document["schedules"]
        for reader, of in entry["readers"].items()
    ]
    print_text(format_table(header, rows))
    print_text("")
    rows = [[entry["name"], *list_weights(entry)] for entry in document["schedules"]]
    print_text(format_table(["loss weights", "variance", *METHODS], rows))
    print_text("")
    print_text(document["verdict"]["text"])


def write_report(options: argparse.Namespace, document: Mapping[str, Any]) -> None:
    """Write the page.

    Args:
        options: the options, which passed `check_decision`.
        document: the comparison, with the decision.

    Raises:
        CommandLineError: the file cannot be written.
    """
    from noising.command.report import format_page

    page = format_page(document, command=_repeat(options))
    write_target(options.html, page.encode())


def list_weights(entry: Mapping[str, Any]) -> list[float | None]:
    """Return the variance of a process's loss weight, and each method's share."""
    weights = entry["weights"]
    if weights is None:
        return [None] * (1 + len(METHODS))
    shares = [weights["effective_share"][method] for method in METHODS]
    return [weights["variance"]["uniform"], *shares]


def _repeat(options: argparse.Namespace) -> str:
    """Return the command that repeats the comparison."""
    words = ["noising", "compare", *options.spec]
    for place in options.corpus:
        words += ["--corpus", place]
    for name in _READING:
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    return shlex.join([*words, "--html", str(options.html)])
