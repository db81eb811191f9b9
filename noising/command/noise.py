"""noising noise: noises sequences of token ids."""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

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
from noising.engine import EngineError, ForwardProcess, fresh_seed

Pair: TypeAlias = tuple[Tokens, Tokens]
"""Clean and noised tokens."""

HELP: Final = "noise sequences of token ids"
DESCRIPTION: Final = (
    "Noise sequences of token ids. The same seed gives the same tokens as in Python "
    "and over HTTP. Sequence ids are row numbers that start at --first-id."
)


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
    parser.add_argument(
        "--first-id",
        type=integer,
        default=0,
        metavar="N",
        help="the id of the first sequence (default: %(default)s)",
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


def run(options: argparse.Namespace) -> int:
    """Noise the tokens; print a line for each sequence, or write an array."""
    check_standard_input(options.spec, options.tokens)
    is_array = options.tokens.endswith(ARRAY)
    if options.output is not None and not is_array:
        raise CommandLineError(f"--output is for tokens in a {ARRAY} file")
    if options.times is not None and not is_array:
        raise CommandLineError(f"--times is for tokens in a {ARRAY} file")
    if options.output is not None:
        check_target(options.output)
    if options.times is not None:
        options.time = read_times(options.times)
    process = load_process(options.spec)
    noise = _noise_array if is_array else _noise_lines
    if options.seed is None:
        options.seed = fresh_seed()
        pairs = _print_seed(noise(process, options), options.seed)
    else:
        pairs = noise(process, options)
    if options.json:
        print_json(_document(process, options, list(pairs), is_array=is_array))
        return FINE
    for _, noised in pairs:
        if options.output is not None:
            write_target(options.output, _encode_array(noised))
            continue
        for row in np.atleast_2d(noised):
            print_text(" ".join(map(str, row.tolist())))
    return FINE


def _print_seed(pairs: Iterator[Pair], seed: int) -> Iterator[Pair]:
    """Print the seed on stderr once the first tokens are noised, without an error."""
    for place, pair in enumerate(pairs):
        if not place:
            sys.stderr.write(f"seed {seed}\n")
        yield pair


def _noise_array(
    process: ForwardProcess, options: argparse.Namespace
) -> Iterator[Pair]:
    clean = read_array(options.tokens)
    rows = clean.shape[0] if clean.ndim > 1 else 1
    yield clean, _noise(process, options, clean, 0, rows)


def _noise_lines(
    process: ForwardProcess, options: argparse.Namespace
) -> Iterator[Pair]:
    """Yield the clean and noised sequence of each line; blank lines stay blank."""
    for place, clean in enumerate(read_lines(options.tokens)):
        if not clean.size:
            yield clean, clean
            continue
        try:
            yield clean, _noise(process, options, clean, place, 1)
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
) -> Tokens:
    first = options.first_id + place
    return process.noise(
        clean,
        options.timestep,
        t=options.time,
        seed=options.seed,
        sequence_ids=[first + row for row in range(rows)],
        draw=options.draw,
        protect=np.isin(clean, options.protect) if options.protect else None,
    ).tokens


def _document(
    process: ForwardProcess,
    options: argparse.Namespace,
    pairs: Sequence[Pair],
    *,
    is_array: bool,
) -> dict[str, Any]:
    """Return a document in the form of the response to POST /api/v1/noise."""
    noised = [noised for _, noised in pairs]
    unchanged = sum(int(np.sum(clean == noised)) for clean, noised in pairs)
    total = sum(clean.size for clean, _ in pairs)
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
