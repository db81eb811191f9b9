"""The torch suite: `Noiser` and SEDD's three operations, and what options cost.

Programs are timed in turn on changing inputs, and each is compared with the baseline of
its case within a round, since a disturbance affects all programs of the round. On the
CPU, torch has one thread and times are processor times; on a GPU they are those of CUDA
events, with the work of the CPU before them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks import report
from benchmarks.environment import environment
from benchmarks.statistics import median, median_ratio
from noising.engine import build_process
from noising.torch import Noiser

# After noising.torch, whose error for users without torch names the extra.
import torch  # isort: skip

SCHEMA_VERSION: Final = 1
SUITE: Final = "torch"
RESULTS_NAME: Final = "torch-suite.json"
VOCAB_SIZE: Final = 50_257
ROWS, LENGTH = 512, 1024
INPUTS: Final = 3
GRAPHS: Final = ("absorbing", "uniform")

Program = Callable[[torch.Tensor], object]
ProgressListener = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchConfig:
    """The configuration of the suite.

    Attributes:
        rounds: how often each program is timed, >= 1.
        seed: determines the inputs.
        rows: number of rows of a batch.
        length: number of tokens of a row.
    """

    rounds: int
    seed: int
    rows: int = ROWS
    length: int = LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchCase:
    """Programs that are compared with the first of them.

    Attributes:
        name: what is compared.
        device: "cpu" or "cuda".
        programs: takes a batch of tokens, by name; the first one is the baseline.
    """

    name: str
    device: str
    programs: Mapping[str, Program]


def run_torch(config: TorchConfig, *, on_progress: ProgressListener) -> dict[str, Any]:
    """Time every case.

    Args:
        config: the configuration.
        on_progress: called with (number of cases done, total number, next case).

    Returns:
        The document of the suite, which docs/benchmarks.md describes.
    """
    generator = np.random.default_rng(config.seed)
    results: list[dict[str, Any]] = []
    with _one_thread():
        cases = [*_list_cases(config, generator)]
        for done, case in enumerate(cases):
            on_progress(done, len(cases), case.name)
            results += _time_case(case, config, generator)
    on_progress(len(cases), len(cases), "done")
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": SUITE,
        "environment": environment() | {"torch": str(torch.__version__), "gpu": gpu},
        "config": {
            "rounds": config.rounds,
            "seed": config.seed,
            "rows": config.rows,
            "length": config.length,
            "vocab_size": VOCAB_SIZE,
        },
        "torch": results,
    }


def write(document: Mapping[str, Any], directory: Path) -> list[Path]:
    """Write the JSON file.

    Raises:
        OutputError: it cannot be written.
    """
    return report.write(document, directory, figures={}, results_name=RESULTS_NAME)


def table(document: Mapping[str, Any]) -> Table:
    """Return a table of the times and of the ratios within rounds."""
    config = document["config"]
    shape = f"{config['rows']} x {config['length']} tokens"
    result = Table(
        title=f"Nanoseconds per token, {shape}, and the ratio to the first of a case",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in ("case", "device", "program"):
        result.add_column(heading, no_wrap=True)
    for heading in ("ns/token", "ratio"):
        result.add_column(heading, justify="right")
    for entry in document["torch"]:
        result.add_row(
            entry["case"],
            entry["device"],
            entry["program"],
            f"{entry['ns_per_token']:.2f}",
            f"{entry['over_baseline']:.2f}",
        )
    return result


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _list_cases(
    config: TorchConfig, generator: np.random.Generator
) -> Iterator[TorchCase]:
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for device in devices:
        for graph in GRAPHS:
            yield _compare_with_sedd(graph, device, config, generator)
    for graph in GRAPHS:
        yield _compare_with_kernel(graph, config)
    for graph in GRAPHS:
        yield _compare_options(graph, config, generator)


def _make_spec(graph: str) -> dict[str, Any]:
    return {
        "vocab_size": VOCAB_SIZE,
        "schedule": {"type": "loglinear"},
        "graph": {"type": graph},
    }


def _compare_with_sedd(
    graph: str, device: str, config: TorchConfig, generator: np.random.Generator
) -> TorchCase:
    """Return the kernels next to torch.rand, where and randint_like."""
    spec, ids = _make_spec(graph), np.arange(config.rows)
    times = generator.random(config.rows)
    chance = build_process(spec).move_chance(times).astype(np.float32)
    move_chance = torch.from_numpy(chance)[:, None].to(device)
    kernels: dict[str, dict[str, Any]] = {
        "torch, eager": {"kernel": "torch"},
        "torch, compiled": {"compile": True},
    }
    if device == "cpu":
        kernels = {"engine": {"kernel": "engine"}} | kernels

    def sedd(tokens: torch.Tensor) -> object:
        moved = torch.rand(tokens.shape, device=tokens.device) < move_chance
        if graph == "absorbing":
            return torch.where(moved, VOCAB_SIZE, tokens)
        return torch.where(moved, torch.randint_like(tokens, VOCAB_SIZE), tokens)

    def make(options: dict[str, Any]) -> Program:
        noiser = Noiser(spec, seed=1, check_ids=device == "cpu", **options)
        return lambda tokens: noiser(tokens, ids=ids, t=times).xt

    programs = {name: make(options) for name, options in kernels.items()}
    return TorchCase(
        name=f"{graph}: noise", device=device, programs={"SEDD": sedd} | programs
    )


def _compare_with_kernel(graph: str, config: TorchConfig) -> TorchCase:
    """Return what times, weights and masks add to the engine's kernel."""
    spec, ids = _make_spec(graph), np.arange(config.rows)
    noiser = Noiser(spec, seed=1, total=1 << 20)
    process, times = noiser.process, noiser.sample_times(ids)

    def kernel(tokens: torch.Tensor) -> object:
        return process.noise(tokens.numpy(), t=times, seed=1, sequence_ids=ids).tokens

    def draw_times(tokens: torch.Tensor) -> object:
        n = noiser(tokens, ids=ids, draw=3)
        return n.xt, n.t, n.weight

    def mark_moved(tokens: torch.Tensor) -> object:
        n = noiser(tokens, ids=ids, draw=3)
        return n.xt, n.t, n.weight, n.moved

    return TorchCase(
        name=f"{graph}: collator",
        device="cpu",
        programs={
            "bare kernel": kernel,
            "xt, t, weight": draw_times,
            "xt, t, weight, moved": mark_moved,
        },
    )


def _compare_options(
    graph: str, config: TorchConfig, generator: np.random.Generator
) -> TorchCase:
    """Return what positions, ids of tokens and numbers of moved tokens cost."""
    noiser = Noiser(_make_spec(graph), seed=1)
    ids, times = np.arange(config.rows), generator.random(config.rows)
    shape = config.rows, config.length
    documents = np.repeat(np.arange(config.rows * 4), max(config.length // 4, 1))
    options: dict[str, dict[str, Any]] = {
        "plain": {},
        "positions": {"positions": np.arange(config.length) + 8},
        "ids of tokens": {"ids": np.resize(documents, shape)},
        "at_least": {"at_least": 1},
        "count": {"count": config.length // 2},
        "count by block": {"count": 16, "block": 32},
    }

    def make(more: dict[str, Any]) -> Program:
        arguments: dict[str, Any] = {"ids": ids, "t": times, **more}
        return lambda tokens: noiser(tokens, **arguments).xt

    return TorchCase(
        name=f"{graph}: options",
        device="cpu",
        programs={name: make(more) for name, more in options.items()},
    )


def _time_case(
    case: TorchCase, config: TorchConfig, generator: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield an entry for each program of a case."""
    shape = config.rows, config.length
    inputs = [
        torch.from_numpy(generator.integers(VOCAB_SIZE, size=shape)).to(case.device)
        for _ in range(INPUTS)
    ]
    clock = _time_on_gpu if case.device == "cuda" else _time_on_cpu
    times: dict[str, list[float]] = {name: [] for name in case.programs}
    for round_ in range(-2, config.rounds):  # the first two rounds compile and warm up
        for name in list(case.programs)[:: -1 if round_ % 2 else 1]:
            elapsed = clock(case.programs[name], inputs[round_ % INPUTS])
            if round_ >= 0:
                times[name].append(elapsed / (config.rows * config.length))
    baseline = next(iter(times.values()))
    for name, own in times.items():
        yield {
            "case": case.name,
            "device": case.device,
            "program": name,
            "ns_per_token": median(own)[0],
            "over_baseline": median_ratio(own, baseline)[0],
        }


def _time_on_cpu(program: Program, tokens: torch.Tensor) -> float:
    start = time.thread_time_ns()
    program(tokens)
    return float(time.thread_time_ns() - start)


def _time_on_gpu(program: Program, tokens: torch.Tensor) -> float:
    torch.cuda.synchronize()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    program(tokens)
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) * 1e6
