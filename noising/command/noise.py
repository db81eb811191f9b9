"""noising noise: noises sequences of token ids."""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from noising.arguments import integer
from noising.command.output import print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.tokens import (
    ARRAY,
    FORMS,
    Tokens,
    read_array,
    read_lines,
    read_times,
)
from noising.command.usage import (
    FINE,
    STANDARD_INPUT,
    CommandLineError,
    check_standard_input,
    check_target,
    describe_file,
    integers,
    write_target,
)
from noising.engine import EngineError, ForwardProcess, Noised, fresh_seed


class Result(NamedTuple):
    """Clean and noised tokens, and those of the complementary batch if requested."""

    clean: Tokens
    noised: Tokens
    complement: Tokens | None = None


HELP: Final = "noise sequences of token ids"
DESCRIPTION: Final = (
    "Noise sequences of token ids. The same seed gives the same tokens as in Python "
    "and over HTTP. Sequence ids are row numbers that start at --first-id."
)


FOR_ARRAYS: Final = ("output", "complement", "times", "sequence_ids", "positions")
"""The options that are for tokens in an array."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser)
    parser.add_argument(
        "tokens",
        nargs="?",
        default=STANDARD_INPUT,
        metavar="TOKENS",
        help=f"{FORMS} (default)",
    )
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--timestep", type=integer, metavar="K", help="0 to T-1")
    when.add_argument("--time", type=float, metavar="T", help="0 to 1")
    when.add_argument(
        "--times",
        metavar=f"FILE{ARRAY}",
        help=f"an array of times for the tokens of a {ARRAY} file, one for each row or "
        "for each token",
    )
    parser.add_argument(
        "--seed",
        type=integer,
        metavar="S",
        help="0 to 2^64-1 (default: a random one, printed on stderr)",
    )
    parser.add_argument(
        "--draw",
        type=integer,
        default=0,
        metavar="N",
        help="which of several independent draws (default: %(default)s)",
    )
    ids = parser.add_mutually_exclusive_group()
    ids.add_argument(
        "--first-id",
        type=integer,
        default=0,
        metavar="N",
        help="the id of the first sequence (default: %(default)s)",
    )
    ids.add_argument(
        "--sequence-ids",
        metavar=f"FILE{ARRAY}",
        help=f"an array of ids for a {ARRAY} file, one for each row or for each token",
    )
    parser.add_argument(
        "--positions",
        metavar=f"FILE{ARRAY}",
        help=f"an array of the positions that the tokens of a {ARRAY} file have in "
        "their sequences, one for each column or for each token (default: 0, 1, 2, "
        "...)",
    )
    numbers = parser.add_mutually_exclusive_group()
    numbers.add_argument(
        "--count",
        type=integer,
        metavar="K",
        help="resample exactly K positions of each sequence, those that are first as "
        "the time rises",
    )
    numbers.add_argument(
        "--at-least",
        type=integer,
        metavar="K",
        help="resample at least K positions of each sequence",
    )
    parser.add_argument(
        "--block",
        type=integer,
        metavar="WIDTH",
        help="with --count or --at-least, K positions of each block of so many columns",
    )
    parser.add_argument(
        "--protect",
        type=integers,
        default=(),
        metavar="ID,ID",
        help="token ids that never change",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar=f"FILE{ARRAY}",
        help=f"file for the noised tokens of a {ARRAY} file",
    )
    parser.add_argument(
        "--complement",
        type=Path,
        metavar=f"FILE{ARRAY}",
        help="file for the same tokens with noise at exactly the other positions",
    )


def run(options: argparse.Namespace) -> int:
    """Noise the tokens; print a line for each sequence, or write an array."""
    check_standard_input(options.spec, options.tokens)
    is_array = options.tokens.endswith(ARRAY)
    for name in FOR_ARRAYS:
        if getattr(options, name) is not None and not is_array:
            option = name.replace("_", "-")
            raise CommandLineError(f"--{option} is for tokens in a {ARRAY} file")
    for target in (options.output, options.complement):
        if target is not None:
            check_target(target)
    if options.times is not None:
        options.time = read_times(options.times)
    if options.sequence_ids is not None:
        options.sequence_ids = read_array(options.sequence_ids)
    if options.positions is not None:
        options.positions = read_array(options.positions)
    process = load_process(options.spec)
    noise = _noise_array if is_array else _noise_lines
    if options.seed is None:
        options.seed = fresh_seed()
        results = _print_seed(noise(process, options), options.seed)
    else:
        results = noise(process, options)
    results = _write_complement(results, options.complement)
    if options.json:
        print_json(_document(process, options, list(results), is_array=is_array))
        return FINE
    for _, noised, _ in results:
        if options.output is not None:
            write_target(options.output, _encode_array(noised))
            continue
        for row in np.atleast_2d(noised):
            print_text(" ".join(map(str, row.tolist())))
    return FINE


def _print_seed(results: Iterator[Result], seed: int) -> Iterator[Result]:
    """Print the seed on stderr once the first tokens are noised, without an error."""
    for place, result in enumerate(results):
        if not place:
            sys.stderr.write(f"seed {seed}\n")
        yield result


def _write_complement(
    results: Iterator[Result], target: Path | None
) -> Iterator[Result]:
    for result in results:
        if target is not None and result.complement is not None:
            write_target(target, _encode_array(result.complement))
        yield result


def _noise_array(
    process: ForwardProcess, options: argparse.Namespace
) -> Iterator[Result]:
    clean = read_array(options.tokens)
    rows = clean.shape[0] if clean.ndim > 1 else 1
    noised = _noise(process, options, clean, 0, rows)
    complement = None if options.complement is None else noised.complement().tokens
    yield Result(clean, noised.tokens, complement)


def _noise_lines(
    process: ForwardProcess, options: argparse.Namespace
) -> Iterator[Result]:
    """Yield the clean and noised sequence of each line; blank lines stay blank."""
    for place, clean in enumerate(read_lines(options.tokens)):
        if not clean.size:
            yield Result(clean, clean)
            continue
        try:
            yield Result(clean, _noise(process, options, clean, place, 1).tokens)
        except EngineError as error:
            if not error.field.startswith("tokens"):
                raise
            where = f"{describe_file(options.tokens)}: line {place + 1}"
            raise CommandLineError(f"{where}: {error}") from error


def _noise(
    process: ForwardProcess,
    options: argparse.Namespace,
    clean: Tokens,
    place: int,
    rows: int,
) -> Noised:
    first = options.first_id + place
    ids = options.sequence_ids
    return process.noise(
        clean,
        options.timestep,
        t=options.time,
        seed=options.seed,
        sequence_ids=[first + row for row in range(rows)] if ids is None else ids,
        draw=options.draw,
        positions=options.positions,
        protect=np.isin(clean, options.protect) if options.protect else None,
        count=options.count,
        at_least=options.at_least,
        block=options.block,
    )


def _document(
    process: ForwardProcess,
    options: argparse.Namespace,
    results: Sequence[Result],
    *,
    is_array: bool,
) -> dict[str, Any]:
    """Return a document in the form of the response to POST /api/v1/noise."""
    noised = [result.noised for result in results]
    unchanged = sum(int(np.sum(clean == noised)) for clean, noised, _ in results)
    total = sum(result.clean.size for result in results)
    alpha = (
        process.alpha(options.time)
        if options.timestep is None
        else process.alphas[options.timestep]
    )
    return {
        "noised_tokens": noised[0] if is_array else noised,
        "alpha": alpha,
        "seed": options.seed,
        "fingerprint": process.fingerprint,
        "metrics": {"unchanged_tokens": unchanged, "total_tokens": total},
    }


def _encode_array(tokens: Tokens) -> bytes:
    stream = io.BytesIO()
    np.save(stream, tokens)
    return stream.getvalue()
