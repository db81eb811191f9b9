"""Training times: low-variance draws that any number of workers can split.

Element g of a draw depends on (seed, draw, g, total) only, so workers that take parts
of the range by `index0`, or any of its elements by `ids`, get the same times as one
worker. An element can be the id of a data set's row: under another seed or draw it gets
another part of the range.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.arrays import (
    FloatArray,
    WordArray,
    bounded_integers,
    check_length,
    repeat_blocks,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.parameters import nearest
from noising.engine.permutation import permute
from noising.engine.randomness import (
    MASK64,
    MAX_DRAW,
    MAX_SEQUENCE_ID,
    UNIFORM_BITS,
    check_seed,
    check_word,
    mix64_words,
    sequence_key,
)
from noising.engine.timeline import Timeline

TIMES_VERSION: Final = 2
"""Increases with any change of a training time. Tokens have their own version."""
TIMES_STEP: Final = (1 << 32) - 1
"""The step coordinate that draws times; no path has so many steps."""
CELLS_STEP: Final = (1 << 32) - 3
"""The step coordinate that assigns cells to elements."""
MAX_TIMES: Final = 1 << 26
_BISECTIONS: Final = 200
_ONE: Final = 1 << UNIFORM_BITS

Method: TypeAlias = Callable[[int, int, WordArray, int], FloatArray]
"""Takes seed, draw, elements g (uint64) and total; returns numbers in [0, 1]."""


def sample_times(
    timeline: Timeline,
    n: Any,
    *,
    seed: int,
    method: str,
    index0: int,
    total: int | None,
    draw: int,
    low: Any,
    high: Any,
    ids: Any = None,
) -> tuple[FloatArray, FloatArray]:
    """Return times in (low, high] and weights 1/density, each of shape n.

    Args:
        timeline: the schedule, which the method `importance` needs.
        n: number of times, or (B, K), whose elements are numbered row by row; at most
            2^26 times. None with `ids`.
        seed: 0..2^64-1.
        method: a key of `METHODS`.
        index0: first element of the range, >= 0.
        total: number of elements of the whole range; index0 + n by default.
        draw: 0..2^32-1, which of several independent draws.
        low: the lower end of the times, >= 0.
        high: the upper end of the times, in (low, 1].
        ids: elements, in any order and shape, or None for those that `n` counts.

    Raises:
        EngineError: an argument out of range, or an unknown method.
    """
    if (n is None) == (ids is None):
        received = "neither" if n is None else "both"
        raise EngineError("n", "one_of", "or `ids` must be given", received)
    if not isinstance(method, str) or method not in METHODS:
        hint = nearest(method, METHODS) if isinstance(method, str) else ""
        rule = f"must be one of {', '.join(METHODS)}"
        raise EngineError("method", "unknown_method", rule, method, hint)
    start, end = _check_range(low, high)
    if ids is None:
        elements, whole, shape = _count_elements(n, index0, total)
    else:
        elements, whole, shape = _list_elements(ids, index0, total, method)
    which = check_word(draw, "draw", MAX_DRAW)
    places = METHODS[method](check_seed(seed), which, elements, whole)
    if method == "importance":
        times, weights = _importance(timeline, places, start, end)
    else:
        places = np.where(places == 0.0, 0.5**UNIFORM_BITS, places)
        times = start + (end - start) * places
        times = np.clip(times, np.nextafter(start, 1.0), end)  # it may be rounded
        weights = np.full_like(times, end - start)
    return times.reshape(shape), weights.reshape(shape)


def block_times(times: Any, length: int, width: int) -> FloatArray:
    """Repeat a time for each block of a row over the positions of the block.

    Args:
        times: (K,) or (B, K) times in [0, 1].
        length: L, positions in a row.
        width: positions in a block; the last one may have fewer.

    Returns:
        (L,) or (B, L).

    Raises:
        EngineError: K is not the number of blocks, or an argument is out of range.
    """
    given = time_array(times, "times")
    columns = check_length(length)
    step = check_word(width, "width", MAX_TIMES)
    if step == 0:
        raise EngineError("width", "out_of_range", "must be at least 1", width)
    blocks = -(-columns // step)
    if given.ndim not in (1, 2) or given.shape[-1] != blocks:
        rule = (
            f"must be (K,) or (B, K), where K = {blocks} blocks of {step} fill "
            f"{columns} positions"
        )
        raise EngineError("times", "wrong_shape", rule, list(given.shape))
    return repeat_blocks(given, step, columns)


def _count_elements(
    n: Any, index0: int, total: int | None
) -> tuple[WordArray, int, tuple[int, ...]]:
    """Return the elements from `index0` on, their total and the shape of the result."""
    shape = _check_shape(n)
    count = math.prod(shape)
    first = check_word(index0, "index0", _ONE - 1)
    whole = first + count if total is None else check_word(total, "total", _ONE - 1)
    if whole < first + count:
        rule = f"must be at least index0 + n = {first + count}"
        raise EngineError("total", "out_of_range", rule, whole)
    elements = np.arange(first, first + count, dtype=np.uint64)
    return elements, whole, shape


def _list_elements(
    ids: Any, index0: int, total: int | None, method: str
) -> tuple[WordArray, int, tuple[int, ...]]:
    """Return the elements `ids`, their total and the shape of the result."""
    if index0 != 0:
        rule = "must not be given with `ids`"
        raise EngineError("index0", "not_together", rule, index0, "add it to the ids")
    if total is None:
        if method in NEED_TOTAL:
            raise EngineError(
                "total",
                "missing",
                f"must be given with `ids` for the method `{method}`",
                None,
                "give the number of ids of the whole data set, or use the method "
                "`uniform`",
            )
        whole, highest = 0, MAX_SEQUENCE_ID
    else:
        whole = check_word(total, "total", _ONE - 1)
        highest = whole - 1
    elements = bounded_integers(ids, "ids", low=0, high=highest)
    if elements.size > MAX_TIMES:
        rule = f"must not make more than {MAX_TIMES} times"
        raise EngineError("ids", "out_of_range", rule, elements.size)
    flat = elements.reshape(-1).astype(np.uint64)
    return flat, whole, elements.shape


def _check_shape(n: Any) -> tuple[int, ...]:
    """Return the shape of the result, (n,) or (B, K)."""
    if not isinstance(n, (tuple, list)):
        return (check_word(n, "n", MAX_TIMES),)
    if len(n) != 2:
        rule = "must be an integer or two of them, (B, K)"
        raise EngineError("n", "wrong_shape", rule, n)
    shape = tuple(check_word(size, "n", MAX_TIMES) for size in n)
    if math.prod(shape) > MAX_TIMES:
        rule = f"must not make more than {MAX_TIMES} times"
        raise EngineError("n", "out_of_range", rule, n, "split them by `index0`")
    return shape


def _check_range(low: Any, high: Any) -> tuple[float, float]:
    ends = []
    for field, value in (("low", low), ("high", high)):
        times = time_array(value, field)
        if times.ndim:
            raise EngineError(field, "wrong_shape", "must be one number", value)
        ends.append(float(times))
    start, end = ends
    if start >= end:
        rule = f"must be less than high = {end:g}"
        raise EngineError("low", "out_of_order", rule, start)
    return start, end


def _uniforms(seed: int, draw: int, elements: WordArray) -> WordArray:
    """Return the elements' uniforms as integers below 2^53."""
    key, gamma = sequence_key(seed, 0, draw, TIMES_STEP)
    words = elements * np.uint64(gamma)
    words += np.uint64((key + gamma) & MASK64)
    mix64_words(words)
    words >>= np.uint64(64 - UNIFORM_BITS)
    return words


def _fraction(integers: WordArray) -> FloatArray:
    return np.asarray(np.ldexp(integers.astype(np.float64), -UNIFORM_BITS))


def _cells(seed: int, draw: int, elements: WordArray, total: int) -> WordArray:
    """Return the cell in 0..total-1 of every element; no two have the same."""
    return permute(elements, total, seed=seed, draw=draw, step=CELLS_STEP)


def _uniform(seed: int, draw: int, elements: WordArray, total: int) -> FloatArray:
    return _fraction(_uniforms(seed, draw, elements))


def _stratified(seed: int, draw: int, elements: WordArray, total: int) -> FloatArray:
    cells = _cells(seed, draw, elements, total).astype(np.float64)
    return (cells + _uniform(seed, draw, elements, total)) / max(total, 1)


def _antithetic(seed: int, draw: int, elements: WordArray, total: int) -> FloatArray:
    cells = _cells(seed, draw, elements, total)
    places = _fraction(_uniforms(seed, draw, cells >> np.uint64(1)))
    return np.where(cells & np.uint64(1), 1.0 - places, places)


def _sobol(seed: int, draw: int, elements: WordArray, total: int) -> FloatArray:
    shift = _uniforms(seed, draw, np.zeros(1, np.uint64))
    places = _reversed_bits(elements) >> np.uint64(64 - UNIFORM_BITS)
    return _fraction(places ^ shift)


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
    timeline: Timeline, places: FloatArray, low: float, high: float
) -> tuple[FloatArray, FloatArray]:
    """Return times whose log move chances are spread evenly, and their weights.

    The log move chance lies between its values at `low`, or at 1/T if that is 0, and
    at `high`.
    """
    timeline.require_valid_kernel()
    start = low or 1.0 / timeline.num_timesteps
    if start >= high:
        rule = f"must exceed 1/T = {start:g} for the method `importance` with low = 0"
        raise EngineError("high", "out_of_order", rule, high, "give a `low` above 0")
    chances = timeline.schedule.move_chance(np.array([start, high]))
    bottom, top = (float(chance) for chance in np.log(chances))
    if not np.isfinite(bottom) or bottom == top:
        raise _no_density()
    span = top - bottom
    target = bottom + span * places
    below, above = np.full(target.shape, start), np.full(target.shape, high)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (below + above)
        is_below = np.log(timeline.schedule.move_chance(middle)) < target
        below = np.where(is_below, middle, below)
        above = np.where(is_below, above, middle)
        if not (0.5 * (below + above) != below).any():
            break
    last, reached = _last_finite(timeline, high)
    # If noise jumps to infinity, the jump is spread over the rest of the time.
    jump = max(top - reached, 5e-324)
    share = np.minimum((target - reached) / jump, 1.0)
    times = np.where(target > reached, last + (high - last) * share, above)
    weights = span / timeline.schedule.cross_entropy_weight(times)
    weights = np.where(times > last, span * (high - last) / jump, weights)
    if not np.isfinite(weights).all():
        raise _no_density()
    return times, weights


def _last_finite(timeline: Timeline, high: float) -> tuple[float, float]:
    """Return the last time of finite noise until `high`, and the log move chance."""
    below, above = 0.0, high
    if np.isfinite(timeline.schedule.sigma(np.array([high]))[0]):
        below = high
    for _ in range(_BISECTIONS):
        middle = 0.5 * (below + above)
        finite = np.isfinite(timeline.schedule.sigma(np.array([middle]))[0])
        below, above = (middle, above) if finite else (below, middle)
    return below, float(np.log(timeline.schedule.move_chance(np.array([below])))[0])


def _no_density() -> EngineError:
    return EngineError(
        "method",
        "no_density",
        "must not be `importance` if the first timestep moves nothing, noise does not "
        "grow, or all of it comes at a single time",
        "importance",
        "use `stratified`",
    )


METHODS: Mapping[str, Method] = {
    "uniform": _uniform,
    "stratified": _stratified,
    "antithetic": _antithetic,
    "sobol": _sobol,
    "importance": _uniform,
}
"""Maps a method's name to its function.

`importance` takes the places of `uniform` on the axis of the log move chance.
"""
NEED_TOTAL: Final = frozenset({"stratified", "antithetic"})
"""The methods whose times depend on the number of elements of the whole range."""
