"""The command line: python -m benchmarks.run_benchmarks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import regressions, report, speed_report
from benchmarks.cases import (
    DEFAULT_BASELINE,
    DEFAULT_CORPUS,
    DEFAULT_GRAPH,
    DEFAULT_NUM_TIMESTEPS,
    DEFAULT_SAMPLES,
    DEFAULT_SCHEDULES,
    DEFAULT_VOCAB_SIZE,
    GRAPHS,
    BenchmarkConfig,
    UsageError,
    default_timesteps,
)
from benchmarks.corpora import CorpusError
from benchmarks.regressions import Base
from benchmarks.runner import ProgressListener, run
from benchmarks.speed import ROUNDS, SIZES, SUITE, SpeedConfig, run_speed
from noising.arguments import BAD_USAGE, INTERRUPTED, Parser, integer
from noising.engine import GRAPH_TYPES, SCHEDULE_TYPES
from noising.engine.parameters import nearest
from noising.engine.sampler.driver import MAX_THREADS
from noising.extras import MissingExtraError
from noising.tokenizers import DEFAULT_TOKENIZER

PROGRAM: Final = "run_benchmarks"
WIDTH_OF_FILES: Final = 140
DEFAULT_OUTPUT: Final = "benchmark-results"
TORCH_SUITE: Final = "torch"
FAILED: Final = 1
SMALLEST: Final = SIZES[0][0] * SIZES[0][1]
MOST_TOKENS: Final = SIZES[-1][0] * SIZES[-1][1]
MAX_ROUNDS: Final = 10_000

Resolver = Callable[[str], Mapping[str, Any]]
"""Returns the specification of a schedule by name; raises UsageError if unknown."""
BaseReader = Callable[[str, float | None], Base]
"""Returns earlier results by name, with the bound; raises UsageError."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags that `config_from` reads."""
    parser.add_argument(
        "--name",
        type=str.strip,
        default="",
        metavar="TEXT",
        help="name of the run (default: made from its schedules and baseline)",
    )
    parser.add_argument(
        "--schedules",
        type=_names,
        metavar="A,B",
        help=f"schedule types to measure, any of: {', '.join(SCHEDULE_TYPES)} (default:"
        f" {','.join(DEFAULT_SCHEDULES)}, or the only one that fits the graph)",
    )
    parser.add_argument(
        "--baseline",
        metavar="A",
        help=f"schedule that the others are compared with (default: {DEFAULT_BASELINE},"
        " or the only schedule that fits the graph)",
    )
    parser.add_argument(
        "--graph",
        type=_graph,
        default=DEFAULT_GRAPH,
        metavar="|".join(GRAPHS),
        help="graph of all schedules (default: %(default)s)",
    )
    parser.add_argument(
        "--corpus",
        default=DEFAULT_CORPUS,
        metavar="setmm|synthetic|PATH",
        help="real proofs (setmm), random tokens (synthetic), or a file: Metamath (.mm,"
        " or an excerpt in .jsonl), rows with input_ids (.jsonl, .parquet, .arrow),"
        " .npy, .bin, .idx, a list of ids per line, or plain text, also as the `text`"
        " of .jsonl (default: %(default)s)",
    )
    parser.add_argument(
        "--tokenizer",
        metavar="NAME",
        help="gpt2, bert, metamath or a tokenizer.json, for files of text (default: "
        f"{DEFAULT_TOKENIZER})",
    )
    parser.add_argument(
        "--vocab-size",
        type=integer,
        metavar="V",
        help="vocabulary size of files of ids and of synthetic; Metamath files and"
        " tokenizers have their own vocabulary (default: VOCAB_SIZE, or"
        f" {DEFAULT_VOCAB_SIZE})",
    )
    parser.add_argument(
        "--num-timesteps",
        type=integer,
        metavar="T",
        help="number of timesteps of every schedule (default: NUM_TIMESTEPS, or"
        f" {DEFAULT_NUM_TIMESTEPS})",
    )
    parser.add_argument(
        "--timesteps",
        type=_integers,
        metavar="K,K",
        help="timesteps to measure at, 0 to T-1 (default: eleven, evenly spaced)",
    )
    parser.add_argument(
        "--samples",
        type=integer,
        default=DEFAULT_SAMPLES,
        metavar="N",
        help="number of sequences to noise at each timestep (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=integer,
        default=0,
        metavar="S",
        help="the same seed gives the same results (default: %(default)s)",
    )
    parser.add_argument(
        "--decision",
        action="store_true",
        help="also compute which schedule to take for the corpus, in some seconds",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(DEFAULT_OUTPUT),
        metavar="DIR",
        help="folder for results.json and the plots (default: %(default)s)",
    )
    parser.add_argument(
        "--compare",
        metavar="BASE",
        help="earlier results (results.json or its folder): show values that are worse"
        " now, beyond the 95 %% intervals",
    )
    parser.add_argument(
        "--fail-over",
        type=_percent,
        metavar="N%",
        help="with --compare: exit with 1 if a value is worse by more than this",
    )
    parser.add_argument(
        "--no-plots",
        dest="plots",
        action="store_false",
        help="write results.json only, which saves some seconds",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="print neither progress nor table"
    )


def schedule_of_type(name: str) -> Mapping[str, Any]:
    """Return the specification of a schedule type with its default parameters."""
    return {"type": name}


def config_from(
    options: Mapping[str, Any], *, resolve: Resolver = schedule_of_type
) -> BenchmarkConfig:
    """Return the configuration for parsed flags.

    Args:
        options: values of the flags of `add_arguments` by name.
        resolve: returns the specification of a schedule by name.

    Raises:
        UsageError: a value out of range, or an unknown schedule.
    """
    needed = GRAPH_TYPES[options["graph"]].NEEDS_SCHEDULE
    baseline = options["baseline"] or needed or DEFAULT_BASELINE
    schedules = options["schedules"] or ((needed,) if needed else DEFAULT_SCHEDULES)
    names = dict.fromkeys((*schedules, baseline))
    num_timesteps = _find_integer(
        options["num_timesteps"], "NUM_TIMESTEPS", DEFAULT_NUM_TIMESTEPS
    )
    return BenchmarkConfig(
        schedules=tuple((name, resolve(name)) for name in names),
        baseline=baseline,
        graph={"type": options["graph"]},
        corpus=options["corpus"],
        vocab_size=find_vocab_size(options["vocab_size"]),
        num_timesteps=num_timesteps,
        timesteps=options["timesteps"] or default_timesteps(num_timesteps),
        samples=options["samples"],
        seed=options["seed"],
        decision=options["decision"],
        name=options["name"],
        tokenizer=options["tokenizer"],
    )


def base_from(
    options: Mapping[str, Any],
    config: BenchmarkConfig,
    *,
    read: BaseReader = lambda name, bound: Base.read(Path(name), bound),
) -> Base | None:
    """Return the earlier run that the flags name, or None.

    Args:
        options: values of the flags of `add_arguments` by name.
        config: configuration of the new run, which must be comparable.
        read: returns a run by name.

    Raises:
        UsageError: the run cannot be read or is not comparable.
    """
    name, bound = options["compare"], options["fail_over"]
    if name is None:
        if bound is not None:
            raise UsageError("fail-over: needs --compare with earlier results")
        return None
    base = read(name, bound)
    base.check(config)
    return base


def judge(base: Base, document: Mapping[str, Any], *, quiet: bool) -> str:
    """Show regressions; return why the command fails, or an empty string.

    Raises:
        UsageError: the corpora have the same name but different tokens.
    """
    changes = base.regressions(document)
    if not quiet:
        _show(regressions.table(base, changes), ())
    if not changes or base.bound is None:
        return ""
    values = "1 value is" if len(changes) == 1 else f"{len(changes)} values are"
    return f"{values} worse than in {base.name} by more than {base.bound:g} %"


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[ProgressListener]:
    """Show a progress bar on stderr; yield the listener for `run`."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[steps]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Without a terminal it would only print an empty line.
        disable=quiet or not console.is_terminal,
    )
    with bar:
        task = bar.add_task("reading the corpus", total=None, steps="")

        def show(done: int, total: int, what: str) -> None:
            bar.update(
                task,
                completed=done,
                total=total,
                description=what,
                steps=f"{100 * done // total} %",
            )

        yield show


def show_results(document: Mapping[str, Any], paths: Sequence[Path]) -> None:
    """Print the table and the paths of the files on stdout."""
    _show(report.table(document), paths)


def _show(table: RenderableType, paths: Sequence[Path]) -> None:
    console = Console()
    if not console.is_terminal:
        # A file or a pipe has no width, so numbers need not be cut off.
        console.width = max(console.width, WIDTH_OF_FILES)
    console.print(table)
    for path in paths:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark.

    Returns:
        The exit code: 0; 1 if the results cannot be written or are worse than
        --fail-over allows; 2 for bad usage or a bad corpus; 130 after Ctrl-C. A code
        other than 0 comes with one line on stderr and, except for worse results,
        without new files.
    """
    parser = Parser(
        prog=PROGRAM,
        description="Measure noise schedules against the uniform baseline; needs no"
        " database.",
    )
    add_arguments(parser)
    _add_suite_arguments(parser)
    options = parser.parse_args(argv)
    try:
        if options.suite == SUITE:
            return _run_speed(options)
        if options.suite == TORCH_SUITE:
            return _run_torch(options)
        config = config_from(vars(options))
        base = base_from(vars(options), config)
        _check_directory(options.output)
        with progress_bar(quiet=options.quiet) as on_progress:
            document = run(config, on_progress=on_progress)
        paths = report.write(document, options.output, plots=options.plots)
        if not options.quiet:
            show_results(document, paths)
        if base and (failure := judge(base, document, quiet=options.quiet)):
            return _fail(FAILED, failure)
    except (UsageError, CorpusError) as error:
        return _fail(BAD_USAGE, f"error: {error}")
    except report.OutputError as error:
        return _fail(FAILED, f"error: {error}")
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, "interrupted")
    return 0


def _add_suite_arguments(parser: argparse.ArgumentParser) -> None:
    suite = parser.add_argument_group(
        "the suites of speed", "They also use --seed, --output and --quiet."
    )
    suite.add_argument(
        "--suite",
        choices=("schedules", SUITE, TORCH_SUITE),
        default="schedules",
        help="suite to run; `torch` needs torch (default: %(default)s)",
    )
    suite.add_argument(
        "--peers",
        action="store_true",
        help="also measure torch, if it is installed",
    )
    suite.add_argument(
        "--rounds",
        type=integer,
        default=ROUNDS,
        metavar="N",
        help="how often each program is measured (default: %(default)s)",
    )
    suite.add_argument(
        "--threads",
        type=integer,
        default=1,
        metavar="N",
        help="threads of the compiled kernel; above 1, times are wall-clock times "
        "(default: %(default)s)",
    )
    suite.add_argument(
        "--max-tokens",
        type=integer,
        default=MOST_TOKENS,
        metavar="N",
        help="skip larger cases (default: %(default)s)",
    )


def _check_speed(options: argparse.Namespace) -> None:
    if options.compare is not None or options.fail_over is not None:
        raise UsageError("compare: works with the suite `schedules` only")
    if not 1 <= options.rounds <= MAX_ROUNDS:
        raise UsageError(f"rounds: must lie in 1..{MAX_ROUNDS}, got {options.rounds}")


def _run_torch(options: argparse.Namespace) -> int:
    _check_speed(options)
    try:
        # Imported here, so that the other suites need no torch.
        from benchmarks import torch_suite
    except MissingExtraError as error:
        raise UsageError(f"suite: {error}") from error
    _check_directory(options.output)
    config = torch_suite.TorchConfig(rounds=options.rounds, seed=options.seed)
    with progress_bar(quiet=options.quiet) as on_progress:
        document = torch_suite.run_torch(config, on_progress=on_progress)
    paths = torch_suite.write(document, options.output)
    if not options.quiet:
        _show(torch_suite.table(document), paths)
    return 0


def _run_speed(options: argparse.Namespace) -> int:
    _check_speed(options)
    if options.max_tokens < SMALLEST:
        raise UsageError(f"max-tokens: must be at least {SMALLEST}")
    if not 1 <= options.threads <= MAX_THREADS:
        raise UsageError(
            f"threads: must lie in 1..{MAX_THREADS}, got {options.threads}"
        )
    _check_directory(options.output)
    config = SpeedConfig(
        most_tokens=options.max_tokens,
        rounds=options.rounds,
        seed=options.seed,
        peers=options.peers,
        threads=options.threads,
    )
    with progress_bar(quiet=options.quiet) as on_progress:
        document = run_speed(config, on_progress=on_progress)
    paths = speed_report.write(document, options.output)
    if not options.quiet:
        _show(speed_report.table(document), paths)
    return 0


def _check_directory(directory: Path) -> None:
    try:
        report.check_directory(directory)
    except report.OutputError as error:
        raise UsageError(str(error)) from error


def _fail(code: int, message: str) -> int:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
    return code


def find_vocab_size(flag: int | None) -> int:
    """Return the vocabulary size of --vocab-size, VOCAB_SIZE or the default.

    Raises:
        UsageError: VOCAB_SIZE is not an integer.
    """
    return _find_integer(flag, "VOCAB_SIZE", DEFAULT_VOCAB_SIZE)


def _find_integer(flag: int | None, variable: str, default: int) -> int:
    """Return a flag's value, else the environment variable's, else the default."""
    if flag is not None:
        return flag
    text = os.environ.get(variable, "")
    if not text:
        return default
    try:
        return integer(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{variable}: {error}") from error


def _percent(text: str) -> float:
    try:
        bound = float(text.strip().removesuffix("%"))
    except ValueError:
        bound = -1.0
    if not 0.0 <= bound < float("inf"):
        raise argparse.ArgumentTypeError(
            f"must be a percentage from 0, such as 10%, got {text[:30]!r}"
        )
    return bound


def _integers(text: str) -> tuple[int, ...]:
    return tuple(sorted({integer(part) for part in text.split(",")}))


def _graph(text: str) -> str:
    if text in GRAPHS:
        return text
    if text in GRAPH_TYPES:
        parameters = ", ".join(GRAPH_TYPES[text].PARAMETERS)
        raise argparse.ArgumentTypeError(
            f"must be a graph without required parameters, one of {', '.join(GRAPHS)};"
            f" {text!r} needs {parameters}"
        )
    rule = f"must be one of {', '.join(GRAPHS)}, got {text[:30]!r}"
    hint = nearest(text, GRAPHS)
    raise argparse.ArgumentTypeError(f"{rule}; {hint}" if hint else rule)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(
            f"must be names separated by commas, got {text!r}"
        )
    return names


if __name__ == "__main__":
    sys.exit(main())
