"""noising corpus: noises, counts and audits whole corpora."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from noising.arguments import integer
from noising.command.output import print_json, print_text
from noising.command.specifications import load_process
from noising.command.usage import (
    FINE,
    FOUND_WRONG,
    CommandLineError,
    check_target,
    integers,
    write_target,
)
from noising.corpus import FORMS, DataFileError, Source, find_sources
from noising.corpus.forms import DTYPES
from noising.engine.parameters import check_integer
from noising.engine.training_times import METHODS
from noising.jobs import (
    DaskExecutor,
    Executor,
    JobError,
    LocalExecutor,
    NoiseJob,
    Outcome,
    OutputOptions,
    audit_job,
    count_tokens,
    noise_corpus,
    plan_noise,
    verify_shards,
)
from noising.jobs.folder import check_same, read_job
from noising.jobs.plan import OUTPUT_FORMS, SHARD_ROWS
from noising.replay import CallOptions
from noising.tokenizers import TokenizerError

HELP: Final = "noise, count or audit a whole corpus"
DESCRIPTION: Final = (
    "Work on whole corpora, in processes of this machine or on a Dask cluster, with "
    f"the same bytes. A corpus may be: {FORMS}; or a folder or pattern of such files."
)
NOISE_DESCRIPTION: Final = (
    "Write noised tokens, times, weights and which tokens were resampled, in shards. "
    "This is for validation, audits and other programs; a model that trains on noise "
    "that was drawn once overfits to it. The exit code is 1 if rows were bad or shards "
    "are missing."
)

_MAX_VOCAB_SIZE: Final = 1 << 24
_MAX_WORKERS: Final = 1024
_SHOWN_ERRORS: Final = 20
_SECONDS: Final = 0.5  # between two lines of progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_, description, add in (
        ("noise", "write noised tokens in shards", NOISE_DESCRIPTION, _add_noise),
        ("count", "count the tokens of each id", None, _add_count),
    ):
        added = commands.add_parser(name, help=help_, description=description)
        added.add_argument(
            "inputs", nargs="+", metavar="IN", help="files, folders or patterns"
        )
        add(added)
        _add_on_error(add_reading(added))
        _add_executor(added)
        _add_json(added)
    audited = commands.add_parser("audit", help="judge what `corpus noise` has written")
    audited.add_argument("folder", type=Path, metavar="OUT", help="the job's folder")
    audited.add_argument(
        "--spec",
        metavar="SPEC",
        help="what the noise should be (default: the specification of the manifest)",
    )
    _add_json(audited)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,  # it may also stand before the action
        help="print JSON for programs",
    )


def _add_noise(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    parser.add_argument(
        "--spec",
        required=True,
        metavar="SPEC",
        help="a JSON file with a specification, or the name of a preset or of a "
        "schedule type",
    )
    parser.add_argument(
        "--seed", required=True, type=integer, metavar="S", help="0 to 2^64-1"
    )
    parser.add_argument(
        "--draws",
        type=integer,
        default=1,
        metavar="N",
        help="number of independent draws of each row (default: %(default)s)",
    )
    parser.add_argument(
        "--draw",
        type=integer,
        default=0,
        metavar="E",
        help="the first draw, such as an epoch (default: %(default)s)",
    )
    parser.add_argument(
        "--times",
        default="stratified",
        metavar="METHOD|T",
        help=f"how times are drawn, {', '.join(METHODS)}; or one time for all rows, 0 "
        "to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--timestep", type=integer, metavar="K", help="one timestep for all rows"
    )
    for name in ("low", "high"):
        parser.add_argument(
            f"--{name}", type=float, metavar="T", help=f"the {name} end of the times"
        )
    for name, help_ in (
        ("time-block", "width of blocks that each have a time of their own"),
        ("max-length", "with --time-block, tokens of the longest row"),
        ("count", "resample exactly N positions of each row"),
        ("at-least", "resample at least N positions of each row"),
        (
            "block",
            "with --count or --at-least, in each block of this width",
        ),
    ):
        parser.add_argument(f"--{name}", type=integer, metavar="N", help=help_)
    parser.add_argument(
        "--weights", metavar="FORM", help="form of the weights, as in training"
    )
    parser.add_argument(
        "--protect", type=integers, metavar="ID,ID", help="ids that never change"
    )
    parser.add_argument(
        "--protect-special",
        action="store_true",
        help="special tokens of the files, or of the tokenizer, never change",
    )
    written = parser.add_argument_group("output")
    written.add_argument(
        "--format", choices=OUTPUT_FORMS, default="parquet", help="(default: parquet)"
    )
    written.add_argument(
        "--shard-rows",
        type=integer,
        default=SHARD_ROWS,
        metavar="N",
        help="rows of a shard at most (default: %(default)s)",
    )
    written.add_argument(
        "--pack", action="store_true", help="store which tokens moved as bits"
    )
    written.add_argument(
        "--clean", action="store_true", help="store the clean tokens as well"
    )
    written.add_argument(
        "--resume", action="store_true", help="go on with a job that was stopped"
    )
    written.add_argument(
        "--verify",
        action="store_true",
        help="write nothing; say whether OUT is what this command writes",
    )


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


def add_reading(
    parser: argparse.ArgumentParser,
) -> argparse._ArgumentGroup:
    """Declare what readers of some forms must know, and return the group."""
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
        help="gpt2, bert, metamath or a tokenizer.json, for text in .txt and .jsonl",
    )
    return read


def _add_on_error(read: argparse._ArgumentGroup) -> None:
    read.add_argument(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="what to do with a bad row: stop, or leave it out, count and list it "
        "(default: %(default)s)",
    )


def _add_executor(parser: argparse.ArgumentParser) -> None:
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


def run(options: argparse.Namespace) -> int:
    """Run the action."""
    actions = {"noise": _noise, "count": _count}
    try:
        if options.action == "audit":
            return _audit(options)
        executor = _choose_executor(options)
        sources = find_inputs(options, options.inputs)
        return actions[options.action](options, sources, executor)
    except (DataFileError, JobError, TokenizerError) as error:
        raise CommandLineError(str(error)) from error


def find_inputs(options: argparse.Namespace, places: Sequence[str]) -> list[Source]:
    """Return the data files at some places, read as the options of `add_reading` say.

    Errors are those of `find_sources`.
    """
    return find_sources(
        places,
        dtype=options.dtype,
        length=options.length,
        tokenizer=options.tokenizer,
    )


def _choose_executor(options: argparse.Namespace) -> Executor:
    check_integer(options.workers, "workers", 1, _MAX_WORKERS)
    if options.executor == "dask":
        return DaskExecutor(scheduler=options.scheduler, workers=options.workers)
    if options.scheduler is not None:
        raise CommandLineError("--scheduler is for --executor dask")
    return LocalExecutor(workers=options.workers)


def _noise(
    options: argparse.Namespace, sources: list[Source], executor: Executor
) -> int:
    job = _plan(options, sources, executor)
    if options.verify:
        return _verify(options, job)
    outcome = noise_corpus(
        job,
        options.out,
        executor,
        resume=options.resume,
        skips=options.on_error == "skip",
        on_shard=_make_progress("shards"),
    )
    _report(options, outcome, len(job.shards()))
    return FINE if outcome.is_whole and not outcome.errors else FOUND_WRONG


def _plan(
    options: argparse.Namespace, sources: list[Source], executor: Executor
) -> NoiseJob:
    process = load_process(options.spec)
    method, fixed = options.times, None
    if method not in METHODS:
        try:
            method, fixed = "uniform", float(method)
        except ValueError:
            names = ", ".join(METHODS)
            rule = f"--times must be one of {names}, or a time, got {method!r}"
            raise CommandLineError(rule) from None
    call: dict[str, Any] = {
        "count": options.count,
        "at_least": options.at_least,
        "block": options.block,
        "form": options.weights,
        "t": fixed,
        "timestep": options.timestep,
        "low": options.low,
        "high": options.high,
        "protect": None if options.protect is None else list(options.protect),
        "special": options.protect_special,
    }
    return plan_noise(
        process,
        sources,
        executor,
        seed=options.seed,
        call=CallOptions.parse(call, process),
        output=OutputOptions(
            form=options.format,
            shard_rows=options.shard_rows,
            first_draw=options.draw,
            draws=options.draws,
            packed=options.pack,
            clean=options.clean,
        ),
        method=method,
        time_block=options.time_block,
        max_length=options.max_length,
    )


def _verify(options: argparse.Namespace, job: NoiseJob) -> int:
    before = read_job(options.out) if options.out.is_dir() else None
    if before is not None:
        check_same(options.out, before, job.as_dict())
    problems = verify_shards(options.out)
    if options.json:
        print_json({"problems": problems})
    else:
        print_text("\n".join(problems) or f"{options.out}: all shards are as written")
    return FOUND_WRONG if problems else FINE


def _report(options: argparse.Namespace, outcome: Outcome, shards: int) -> None:
    if options.json:
        names = ("rows", "tokens", "skipped_rows", "errors", "is_whole")
        print_json({name: getattr(outcome, name) for name in names})
        return
    _print_errors(outcome.errors)
    done = f"{outcome.rows:,} rows of {outcome.tokens:,} tokens"
    if outcome.skipped_rows:
        done += f", {outcome.skipped_rows:,} rows skipped"
    if outcome.is_whole:
        print_text(f"{options.out}: {shards:,} shards, {done}")
    else:
        print_text(f"{options.out}: not whole, {done}; go on with --resume")


def _count(
    options: argparse.Namespace, sources: list[Source], executor: Executor
) -> int:
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
        on_part=_make_progress("parts"),
    )
    if options.out is not None:
        stream = io.BytesIO()
        np.save(stream, counted.counts)
        write_target(options.out, stream.getvalue())
    document = counted.as_dict()
    if options.json:
        print_json({**document, "errors": counted.errors})
    else:
        _print_errors(counted.errors)
        del document["counts"]
        for name, value in document.items():
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
            print_text(f"{name.replace('_', ' '):15} {shown:>20}")
    return FOUND_WRONG if counted.skipped_rows else FINE


def _audit(options: argparse.Namespace) -> int:
    process = None if options.spec is None else load_process(options.spec)
    report = audit_job(options.folder, process, on_shard=_make_progress("shards"))
    if options.json:
        print_json(report.as_dict())
    else:
        print_text(str(report))
    return FINE if report.verdict == "passed" else FOUND_WRONG


def _print_errors(errors: list[str]) -> None:
    for line in errors[:_SHOWN_ERRORS]:
        sys.stderr.write(f"{line}\n")
    if len(errors) > _SHOWN_ERRORS:
        more = len(errors) - _SHOWN_ERRORS
        sys.stderr.write(f"{more:,} more are listed in the manifest or with --json\n")


def _make_progress(unit: str) -> Callable[[int, int], None]:
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
