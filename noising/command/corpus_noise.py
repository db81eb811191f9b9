"""noising corpus noise: writes a corpus with noise, in shards."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from noising.arguments import integer
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
from noising.command.usage import FINE, FOUND_WRONG, CommandLineError, integers
from noising.corpus import DataFileError
from noising.engine.training_times import METHODS
from noising.jobs import (
    Executor,
    JobError,
    NoiseJob,
    Outcome,
    OutputOptions,
    noise_corpus,
    plan_noise,
    verify_shards,
)
from noising.jobs.folder import check_same, read_job
from noising.jobs.plan import OUTPUT_FORMS, SHARD_ROWS
from noising.replay import CallOptions
from noising.tokenizers import TokenizerError

DESCRIPTION: Final = (
    "Write noised tokens, times, weights and which tokens were resampled, in shards. "
    "This is for validation, audits and other programs; a model that trains on noise "
    "that was drawn once overfits to it. The exit code is 1 if rows were bad or shards "
    "are missing."
)

Listener = Callable[[NoiseJob, Outcome], None]
"""Called with a job and what it has done so far, as `noise_corpus` says."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare all arguments of the action."""
    add_inputs(parser)
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    _add_noise(parser)
    _add_output(parser)
    add_on_error(add_reading(parser))
    add_executor(parser)
    add_json(parser)


def _add_noise(parser: argparse.ArgumentParser) -> None:
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


def _add_output(parser: argparse.ArgumentParser) -> None:
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


def run(options: argparse.Namespace, listener: Listener | None = None) -> int:
    """Write the noise, or with --verify check it, and return the exit code.

    Args:
        options: values of the arguments of `add_arguments`.
        listener: learns of the job and its progress; --verify has none.

    Raises:
        CommandLineError: an argument is invalid, or a file cannot be read.
        EngineError: an option does not fit the specification.
    """
    try:
        executor = choose_executor(options)
        job = _plan(options, executor)
        if options.verify:
            return _verify(options, job)
        show = make_progress("shards")

        def report(outcome: Outcome) -> None:
            show(outcome.shards, outcome.all_shards)
            if listener is not None:
                listener(job, outcome)

        outcome = noise_corpus(
            job,
            options.out,
            executor,
            resume=options.resume,
            skips=options.on_error == "skip",
            on_progress=report,
        )
    except (DataFileError, JobError, TokenizerError) as error:
        raise CommandLineError(str(error)) from error
    _report(options, outcome)
    return FINE if outcome.is_whole and not outcome.errors else FOUND_WRONG


def _plan(options: argparse.Namespace, executor: Executor) -> NoiseJob:
    sources = find_inputs(options, options.inputs)
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


def _report(options: argparse.Namespace, outcome: Outcome) -> None:
    if options.json:
        names = ("rows", "tokens", "skipped_rows", "errors", "is_whole")
        print_json({name: getattr(outcome, name) for name in names})
        return
    print_errors(outcome.errors)
    done = f"{outcome.rows:,} rows of {outcome.tokens:,} tokens"
    if outcome.skipped_rows:
        done += f", {outcome.skipped_rows:,} rows skipped"
    if outcome.is_whole:
        print_text(f"{options.out}: {outcome.shards:,} shards, {done}")
    else:
        print_text(f"{options.out}: not whole, {done}; go on with --resume")
