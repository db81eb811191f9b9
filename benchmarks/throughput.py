"""Times the engine, naive NumPy and a memory copy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import TimingCase
from benchmarks.statistics import median, median_ratio
from noising.engine import build_process

ROUNDS: Final = 21
INPUTS: Final = 4
# Short calls are repeated until a round takes some milliseconds.
TOKENS_A_ROUND, CALLS_A_ROUND = 2**14, 2**8

Program = Callable[[NDArray[np.int64]], object]


def timed_case(
    case: TimingCase, *, vocab_size: int, generator: np.random.Generator
) -> dict[str, Any]:
    """Time the three programs in turn.

    A round times each program on the same input. The next round uses other tokens and
    the reverse order, so that a slower machine or a warm cache does not favour any
    program. The speedup is the median of the ratios within rounds, since a disturbance
    affects both programs of a round.

    Args:
        case: shape and noise level.
        vocab_size: V; both programs draw replacements uniformly from it.
        generator: draws the inputs and the random numbers of the naive program.

    Returns:
        The case in the form of a results document. Times are processor times in
        nanoseconds per token, which do not include waits for other processes.
    """
    programs = _programs(case, vocab_size, generator)
    shape = (case.length,) if case.rows == 1 else (case.rows, case.length)
    inputs = [generator.integers(vocab_size, size=shape) for _ in range(INPUTS)]
    repeats = min(CALLS_A_ROUND, max(1, TOKENS_A_ROUND // case.tokens))
    times: dict[str, list[float]] = {name: [] for name in programs}
    for round_ in range(-1, ROUNDS):
        order = list(programs)
        if round_ % 2:
            order.reverse()
        for name in order:
            elapsed = _time(programs[name], inputs, round_, repeats)
            if round_ >= 0:  # round -1 is a warm-up
                times[name].append(elapsed / (repeats * case.tokens))
    speedup, low, high = median_ratio(times["naive"], times["engine"])
    return {
        "case": f"{case.rows}x{case.length} alpha={case.alpha:g}",
        "rows": case.rows,
        "length": case.length,
        "alpha": case.alpha,
        "rounds": ROUNDS,
        **{f"{name}_ns_{part}": value for name, part, value in _summarize(times)},
        "speedup": speedup,
        "speedup_low": low,
        "speedup_high": high,
    }


def _summarize(
    times: Mapping[str, Sequence[float]],
) -> Iterator[tuple[str, str, float]]:
    """Yield program, part and value of each median and its 95 % interval."""
    parts = ("per_token", "low", "high")
    for name, ns in times.items():
        for part, value in zip(parts, median(ns), strict=True):
            yield name, part, value


def _programs(
    case: TimingCase, vocab_size: int, generator: np.random.Generator
) -> dict[str, Program]:
    # A schedule with one timestep, which has the alpha of the case.
    process = build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": 1,
            "schedule": {"type": "custom", "alphas": [case.alpha]},
        }
    )
    copy = np.empty(
        (case.length,) if case.rows == 1 else (case.rows, case.length), dtype=np.int64
    )
    calls = iter(range(2**62))

    def engine(tokens: NDArray[np.int64]) -> object:
        return process.noise(tokens, 0, seed=next(calls))

    def naive(tokens: NDArray[np.int64]) -> object:
        keep = generator.random(tokens.shape) < case.alpha
        replacements = generator.integers(vocab_size, size=tokens.shape)
        return np.where(keep, tokens, replacements)

    def memcpy(tokens: NDArray[np.int64]) -> None:
        np.copyto(copy, tokens)

    return {"engine": engine, "naive": naive, "memcpy": memcpy}


def _time(
    program: Program, inputs: list[NDArray[np.int64]], round_: int, repeats: int
) -> float:
    start = time.thread_time_ns()
    for call in range(repeats):
        program(inputs[(round_ + call) % len(inputs)])
    return float(time.thread_time_ns() - start)
