"""Training times: low-variance draws that any number of workers can split.

Element g of a draw depends on (seed, g, total) only, so workers that take parts of
the range by `index0` get the same times as a single worker. Elements are places in an
epoch's order, not ids of a data set, since some methods tie a time to its element.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, WordArray
from noising.engine.errors import EngineError
from noising.engine.parameters import nearest
from noising.engine.randomness import (
    MASK64,
    UNIFORM_BITS,
    checked_seed,
    checked_word,
    mix64_words,
    sequence_key,
)
from noising.engine.timeline import Timeline

TIMES_STEP: Final = (1 << 32) - 1
"""The step coordinate that draws times; no path has so many steps."""
MAX_TIMES: Final = 1 << 26
_BISECTIONS: Final = 200
_ONE: Final = 1 << UNIFORM_BITS

Method: TypeAlias = Callable[[Timeline, int, WordArray, int], FloatArray]
"""Takes timeline, seed, elements g (uint64) and total; returns times in [0, 1]."""


def sample_times(
    timeline: Timeline,
    n: int,
    *,
    seed: int,
    method: str,
    index0: int,
    total: int | None,
) -> tuple[FloatArray, FloatArray]:
    """Return times in (0, 1] and weights 1/density, each (n,).

    Args:
        timeline: the schedule, which the method `importance` needs.
        n: number of times, 0..2^26.
        seed: 0..2^64-1.
        method: a key of `METHODS`.
        index0: first element of the range, >= 0.
        total: number of elements of the whole range; index0 + n by default.

    Raises:
        EngineError: an argument out of range, or an unknown method.
    """
    count = checked_word(n, "n", MAX_TIMES)
    first = checked_word(index0, "index0", _ONE - 1)
    whole = first + count if total is None else checked_word(total, "total", _ONE - 1)
    if whole < first + count:
        rule = f"must be at least index0 + n = {first + count}"
        raise EngineError("total", "out_of_range", rule, whole)
    if not isinstance(method, str) or method not in METHODS:
        hint = nearest(method, METHODS) if isinstance(method, str) else ""
        rule = f"must be one of {', '.join(METHODS)}"
        raise EngineError("method", "unknown_method", rule, method, hint)
    elements = np.arange(first, first + count, dtype=np.uint64)
    times = METHODS[method](timeline, checked_seed(seed), elements, whole)
    times = np.where(times == 0.0, 0.5**UNIFORM_BITS, times)
    if method != "importance":
        return times, np.ones_like(times)
    return times, _importance_weights(timeline, times)


def _uniforms(seed: int, elements: WordArray) -> WordArray:
    """Return the elements' uniforms as integers below 2^53."""
    key, gamma = sequence_key(seed, 0, step=TIMES_STEP)
    words = elements * np.uint64(gamma)
    words += np.uint64((key + gamma) & MASK64)
    mix64_words(words)
    words >>= np.uint64(64 - UNIFORM_BITS)
    return words


def _fraction(integers: WordArray) -> FloatArray:
    return np.asarray(np.ldexp(integers.astype(np.float64), -UNIFORM_BITS))


def _uniform(
    timeline: Timeline, seed: int, elements: WordArray, total: int
) -> FloatArray:
    return _fraction(_uniforms(seed, elements))


def _stratified(
    timeline: Timeline, seed: int, elements: WordArray, total: int
) -> FloatArray:
    inside = _fraction(_uniforms(seed, elements))
    return (elements.astype(np.float64) + inside) / max(total, 1)


def _antithetic(
    timeline: Timeline, seed: int, elements: WordArray, total: int
) -> FloatArray:
    times = _fraction(_uniforms(seed, elements >> np.uint64(1)))
    return np.where(elements & np.uint64(1), 1.0 - times, times)


def _sobol(
    timeline: Timeline, seed: int, elements: WordArray, total: int
) -> FloatArray:
    shift = _uniforms(seed, np.zeros(1, np.uint64))
    places = _reversed_bits(elements) >> np.uint64(64 - UNIFORM_BITS)
    return _fraction((places + shift) & np.uint64(_ONE - 1))


def _reversed_bits(words: WordArray) -> WordArray:
    """Return every word with its 64 bits in reverse order."""
    result = words.byteswap()
    for shift, mask in (
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        low = (result & np.uint64(mask)) << np.uint64(shift)
        result = ((result >> np.uint64(shift)) & np.uint64(mask)) | low
    return result


def _importance(
    timeline: Timeline, seed: int, elements: WordArray, total: int
) -> FloatArray:
    """Draw log(move chance) evenly between its values at 1/T and at 1."""
    start, span = _log_chance_range(timeline)
    target = start + span * _fraction(_uniforms(seed, elements))
    low = np.full(target.shape, 1.0 / timeline.num_timesteps)
    high = np.ones_like(target)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        below = np.log(timeline.schedule.move_chance(middle)) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
        if not (0.5 * (low + high) != low).any():
            break
    last, reached = _last_finite(timeline)
    # If noise jumps to infinity, the jump is spread over the rest of the time.
    share = (target - reached) / max(-reached, 5e-324)
    return np.where(target > reached, last + (1.0 - last) * share, high)


def _last_finite(timeline: Timeline) -> tuple[float, float]:
    """Return the last time of finite noise and the log move chance there."""
    low, high = 0.0, 1.0
    if np.isfinite(timeline.schedule.sigma(np.ones(1))[0]):
        low = high
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        finite = np.isfinite(timeline.schedule.sigma(np.array([middle]))[0])
        low, high = (middle, high) if finite else (low, middle)
    return low, float(np.log(timeline.schedule.move_chance(np.array([low])))[0])


def _log_chance_range(timeline: Timeline) -> tuple[float, float]:
    """Return log(move chance) at t = 1/T and how much it grows until t = 1."""
    timeline.require_valid_kernel()
    ends = np.array([1.0 / timeline.num_timesteps, 1.0])
    start, end = np.log(timeline.schedule.move_chance(ends))
    if not np.isfinite(start) or start == end:
        raise _no_density()
    return float(start), float(end - start)


def _no_density() -> EngineError:
    return EngineError(
        "method",
        "no_density",
        "must not be `importance` if the first timestep moves nothing, noise does not "
        "grow, or all of it comes at a single time",
        "importance",
        "use `stratified`",
    )


def _importance_weights(timeline: Timeline, times: FloatArray) -> FloatArray:
    """Return span/(d log(move chance)/dt), the inverse of the density."""
    _, span = _log_chance_range(timeline)
    last, reached = _last_finite(timeline)
    shared = span * (1.0 - last) / max(-reached, 5e-324)
    weights = span / timeline.schedule.cross_entropy_weight(times)
    weights = np.where(times > last, shared, weights)
    if not np.isfinite(weights).all():
        raise _no_density()
    return weights


METHODS: Mapping[str, Method] = {
    "uniform": _uniform,
    "stratified": _stratified,
    "antithetic": _antithetic,
    "sobol": _sobol,
    "importance": _importance,
}
"""Maps a method's name to its function."""
