"""noising corpus: noises, counts and audits whole corpora."""

import argparse
import io
from pathlib import Path
from typing import Final

import numpy as np

from noising.arguments import integer
from noising.command import corpus_noise
from noising.command.corpus_options import (
    add_executor,
    add_inputs,
    add_json,
    add_on_error,
    add_reading,
    choose_executor,
    find_inputs,
    make_progress,
    print_errors,
)
from noising.command.output import print_json, print_text
from noising.command.specifications import load_process
from noising.command.usage import (
    FINE,
    FOUND_WRONG,
    CommandLineError,
    check_target,
    write_target,
)
from noising.corpus import FORMS, DataFileError
from noising.engine.parameters import check_integer
from noising.jobs import JobError, audit_job, count_tokens
from noising.tokenizers import TokenizerError

HELP: Final = "noise, count or audit a whole corpus"
DESCRIPTION: Final = (
    "Work on whole corpora, in processes of this machine or on a Dask cluster, with "
    f"the same bytes. A corpus may be: {FORMS}; or a folder or pattern of such files."
)

_MAX_VOCAB_SIZE: Final = 1 << 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    corpus_noise.add_arguments(
        commands.add_parser(
            "noise",
            help="write noised tokens in shards",
            description=corpus_noise.DESCRIPTION,
        )
    )
    counted = commands.add_parser("count", help="count the tokens of each id")
    add_inputs(counted)
    _add_count(counted)
    add_on_error(add_reading(counted))
    add_executor(counted)
    add_json(counted)
    audited = commands.add_parser("audit", help="judge what `corpus noise` has written")
    audited.add_argument("folder", type=Path, metavar="OUT", help="the job's folder")
    audited.add_argument(
        "--spec",
        metavar="SPEC",
        help="what the noise should be (default: the specification of the manifest)",
    )
    add_json(audited)


def _add_count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vocab-size", required=True, type=integer, metavar="V", help="number of ids"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.npy",
        help="file for the counts, an array (V,), which a `marginal` graph takes",
    )


def run(options: argparse.Namespace) -> int:
    """Run the action."""
    actions = {"noise": corpus_noise.run, "count": _count, "audit": _audit}
    try:
        return actions[options.action](options)
    except (DataFileError, JobError, TokenizerError) as error:
        raise CommandLineError(str(error)) from error


def _count(options: argparse.Namespace) -> int:
    executor, sources = choose_executor(options), find_inputs(options, options.inputs)
    check_integer(options.vocab_size, "vocab_size", 1, _MAX_VOCAB_SIZE)
    if options.out is not None:
        if options.out.suffix != ".npy":
            raise CommandLineError(f"{options.out}: the name must end with .npy")
        check_target(options.out)
    counted = count_tokens(
        sources,
        executor,
        vocab_size=options.vocab_size,
        skips=options.on_error == "skip",
        on_part=make_progress("parts"),
    )
    if options.out is not None:
        stream = io.BytesIO()
        np.save(stream, counted.counts)
        write_target(options.out, stream.getvalue())
    document = counted.as_dict()
    if options.json:
        print_json({**document, "errors": counted.errors})
    else:
        print_errors(counted.errors)
        del document["counts"]
        for name, value in document.items():
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
            print_text(f"{name.replace('_', ' '):15} {shown:>20}")
    return FOUND_WRONG if counted.skipped_rows else FINE


def _audit(options: argparse.Namespace) -> int:
    process = None if options.spec is None else load_process(options.spec)
    report = audit_job(options.folder, process, on_shard=make_progress("shards"))
    if options.json:
        print_json(report.as_dict())
    else:
        print_text(str(report))
    return FINE if report.verdict == "passed" else FOUND_WRONG
