"""The throughput suite, which compares the kernels with naive NumPy, a copy and torch.

Programs are timed in turn on changing inputs, so that branch predictors cannot learn a
mask. The ratios within a round are compared, since a disturbance affects all programs
of the round.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import environment
from benchmarks.statistics import median, median_ratio
from noising.engine import ForwardProcess, build_process, use_kernel

SCHEMA_VERSION: Final = 1
SUITE: Final = "throughput"
VOCAB_SIZE: Final = 50_257
NUM_TIMESTEPS: Final = 1_000
SIZES: Final = ((1, 6), (1, 128), (1, 1024), (64, 128), (1024, 1024), (8192, 1024))
ALPHAS: Final = (0.999, 0.9, 0.5, 0.02)
BY_ROW, BY_POSITION = "by row", "by position"
BATCH: Final = (1024, 1024)

ROUNDS: Final = 15
INPUTS: Final = 3
TOKENS_A_ROUND, CALLS_A_ROUND = 2**14, 2**8

Tokens = NDArray[np.integer[Any]]
Program = Callable[[Tokens], object]
ProgressListener = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedConfig:
    """The configuration of the suite.

    Attributes:
        most_tokens: largest number of tokens of a case.
        rounds: how often each program is timed, >= 1.
        seed: determines the inputs.
        peers: whether to time torch, if it is installed.
        threads: threads of the compiled kernel; with several, wall-clock time is
            measured instead of processor time.
    """

    most_tokens: int
    rounds: int
    seed: int
    peers: bool
    threads: int = 1

    @property
    def clock(self) -> Callable[[], int]:
        """The clock, in nanoseconds."""
        return time.thread_time_ns if self.threads == 1 else time.perf_counter_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedCase:
    """One shape, noise, graph and dtype.

    Attributes:
        rows: number of sequences in a call; a single one is passed as (L,).
        length: number of tokens of each sequence.
        noise: alpha, or BY_ROW or BY_POSITION for mixed timesteps.
        graph: "uniform" or "absorbing".
        dtype: dtype of the tokens.
    """

    rows: int
    length: int
    noise: float | str
    graph: str = "uniform"
    dtype: str = "int64"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tokens."""
        return (self.length,) if self.rows == 1 else (self.rows, self.length)

    @property
    def tokens(self) -> int:
        """Tokens in one call."""
        return self.rows * self.length

    @property
    def name(self) -> str:
        """A short description of the case."""
        noise = self.noise if isinstance(self.noise, str) else f"alpha={self.noise:g}"
        return f"{self.rows}x{self.length} {noise} {self.graph} {self.dtype}"


def speed_cases(most_tokens: int) -> tuple[SpeedCase, ...]:
    """Return the cases of at most `most_tokens`: sizes, noise, graphs, dtypes."""
    cases = []
    for rows, length in SIZES:
        many = rows * length >= BATCH[0] * BATCH[1]
        noises: tuple[float | str, ...] = (*ALPHAS, BY_ROW, BY_POSITION)
        for noise in noises if many else (0.5,):
            cases.append(SpeedCase(rows=rows, length=length, noise=noise))
    for rows, length in SIZES:
        if rows * length >= BATCH[0] * BATCH[1]:
            cases += [
                SpeedCase(rows=rows, length=length, noise=alpha, graph="absorbing")
                for alpha in ALPHAS
            ]
    cases += [
        SpeedCase(rows=BATCH[0], length=BATCH[1], noise=0.5, graph=graph, dtype=dtype)
        for graph in ("uniform", "absorbing")
        for dtype in ("int32", "uint16")
    ]
    return tuple(case for case in cases if case.tokens <= most_tokens)


def run_speed(config: SpeedConfig, *, on_progress: ProgressListener) -> dict[str, Any]:
    """Time every case.

    Args:
        config: the configuration.
        on_progress: called with (number of cases done, total number, next case).

    Returns:
        The document of the suite, which docs/benchmarks.md describes.
    """
    generator = np.random.default_rng(config.seed)
    cases = speed_cases(config.most_tokens)
    results = []
    try:
        for done, case in enumerate(cases):
            on_progress(done, len(cases), case.name)
            results.append(_time_case(case, generator, config))
    finally:
        use_kernel(None)
    on_progress(len(cases), len(cases), "done")
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": SUITE,
        "environment": environment(),
        "config": {
            "rounds": config.rounds,
            "seed": config.seed,
            "vocab_size": VOCAB_SIZE,
            "threads": config.threads,
        },
        "throughput": results,
    }


def _time_case(
    case: SpeedCase, generator: np.random.Generator, config: SpeedConfig
) -> dict[str, Any]:
    """Return the entry of a case: times, and their ratios within rounds."""
    inputs = [
        generator.integers(VOCAB_SIZE, size=case.shape).astype(case.dtype)
        for _ in range(INPUTS)
    ]
    programs = dict(_programs(case, generator, config))
    repeats = min(CALLS_A_ROUND, max(1, TOKENS_A_ROUND // case.tokens))
    times: dict[str, list[float]] = {name: [] for name in programs}
    for round_ in range(-1, config.rounds):
        order = list(programs)[:: -1 if round_ % 2 else 1]
        for name in order:
            use_kernel("numba" if name == "numba" else "numpy")
            start = config.clock()
            for call in range(repeats):
                programs[name](inputs[(round_ + call) % len(inputs)])
            elapsed = config.clock() - start
            if round_ >= 0:  # round -1 is a warm-up
                times[name].append(elapsed / (repeats * case.tokens))
    entry: dict[str, Any] = {
        "case": case.name,
        "rows": case.rows,
        "length": case.length,
        "noise": case.noise,
        "graph": case.graph,
        "dtype": case.dtype,
        "rounds": config.rounds,
    }
    for name, elapsed_ns in times.items():
        middle, low, high = median(elapsed_ns)
        entry[f"{name}_ns_per_token"] = middle
        entry |= {f"{name}_ns_low": low, f"{name}_ns_high": high}
    for kernel in ("numpy", "numba"):
        for above, below in ((kernel, "memcpy"), ("naive", kernel), ("torch", kernel)):
            if {above, below} <= times.keys():
                ratio, _, _ = median_ratio(times[above], times[below])
                entry[f"{above}_over_{below}"] = ratio
    return entry


def _programs(
    case: SpeedCase, generator: np.random.Generator, config: SpeedConfig
) -> Iterator[tuple[str, Program]]:
    process, timestep, alpha = _noise_of(case, generator)
    out = np.empty(case.shape, case.dtype)
    calls = iter(range(2**62))
    # Without `out` for short calls, where it costs more than a new array.
    options: dict[str, Any] = {} if case.rows == 1 else {"out": out}
    if config.threads > 1:
        options["threads"] = config.threads  # the NumPy kernel always uses one thread

    def engine(tokens: Tokens) -> object:
        return process.noise(tokens, timestep, seed=next(calls), **options)

    def naive(tokens: Tokens) -> object:
        keep = generator.random(tokens.shape) < alpha
        if case.graph == "absorbing":
            return np.where(keep, tokens, tokens.dtype.type(VOCAB_SIZE))
        drawn = generator.integers(VOCAB_SIZE, size=tokens.shape, dtype=tokens.dtype)
        return np.where(keep, tokens, drawn)

    yield "numpy", engine
    if importlib.util.find_spec("numba") is not None:
        yield "numba", engine
    yield "naive", naive
    yield "memcpy", lambda tokens: np.copyto(out, tokens)
    if config.peers and case.dtype != "uint16" and importlib.util.find_spec("torch"):
        yield "torch", _torch_program(case, alpha)


def _noise_of(
    case: SpeedCase, generator: np.random.Generator
) -> tuple[ForwardProcess, Any, Any]:
    """Return a process, the timesteps of a call and alpha, broadcastable to tokens."""
    spec = {"vocab_size": VOCAB_SIZE, "graph": {"type": case.graph}}
    if not isinstance(case.noise, str):
        schedule = {"type": "custom", "alphas": [case.noise]}
        process = build_process({**spec, "num_timesteps": 1, "schedule": schedule})
        return process, 0, case.noise
    schedule = {"type": "loglinear"}
    process = build_process(
        {**spec, "num_timesteps": NUM_TIMESTEPS, "schedule": schedule}
    )
    by_row = case.noise == BY_ROW
    size = (case.rows, 1) if by_row else case.shape
    timestep = generator.integers(NUM_TIMESTEPS, size=size)
    return process, timestep[:, 0] if by_row else timestep, process.alphas[timestep]


def _torch_program(case: SpeedCase, alpha: Any) -> Program:
    """Return SEDD's sample_transition (rand, randint_like, where) on one thread."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    move_chance = torch.as_tensor(1.0 - np.asarray(alpha), dtype=torch.float32)

    def transition(tokens: Tokens) -> object:
        ids = torch.from_numpy(tokens)
        moved = torch.rand(*ids.shape) < move_chance
        if case.graph == "absorbing":
            return torch.where(moved, VOCAB_SIZE, ids)
        return torch.where(moved, torch.randint_like(ids, VOCAB_SIZE), ids)

    return transition
