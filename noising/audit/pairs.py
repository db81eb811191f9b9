"""Pairs of clean and noised rows, with what their author says of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import (
    AnyArray,
    AnyIntArray,
    BoolArray,
    FloatArray,
    IntArray,
    TokenArray,
    bounded_integers,
    check_range,
    flag_array,
    float_array,
    integer_array,
    time_array,
)
from noising.engine.noise_time import time_of_timesteps

CHUNK: Final = 1 << 18
"""Tokens that are counted at a time, so that the work fits into the cache."""

MAX_LENGTH: Final = 1 << 20
"""Most positions in a row."""

_MAX_WORD: Final = (1 << 62) - 1


def find_height(length: int) -> int:
    """Return how many rows of a length are counted at a time.

    The number is even, since rows are compared in pairs, or 1 for very long rows.
    """
    return max(CHUNK // length // 2 * 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rows of clean and noised tokens.

    Attributes:
        x0: (N, L) clean ids.
        xt: (N, L) noised ids.
        time: (N, 1) or (N, L) times in [0, 1], or None.
        is_timestep: whether the times were given as timesteps.
        alpha: (N, 1) or (N, L) declared alphas, or None.
        protect: (N, L) or (1, L), True where a token must not change, or None.
        padding: (N, L), True after a row's end, or None.
        moved: (N, L), True where the author says that the token was resampled, or None.
        weights: (N, 1) or (N, L) weights of the loss, or None.
        ids: (N,) ids of the samples, or None.
        epoch: (N,) epochs, or None.
        rank: (N,) ranks, or None.
    """

    x0: TokenArray
    xt: TokenArray
    time: FloatArray | None = None
    is_timestep: bool = False
    alpha: FloatArray | None = None
    protect: BoolArray | None = None
    padding: BoolArray | None = None
    moved: BoolArray | None = None
    weights: FloatArray | None = None
    ids: IntArray | None = None
    epoch: IntArray | None = None
    rank: IntArray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and length."""
        rows, length = self.x0.shape
        return rows, length

    def split(self) -> Iterator["Pairs"]:
        """Yield parts of at most CHUNK tokens, or single rows."""
        rows, length = self.shape
        height = find_height(length)
        for start in range(0, rows, height):
            yield self._cut(slice(start, start + height))

    def _cut(self, rows: slice) -> "Pairs":
        def cut(array: Any) -> Any:
            return array if array is None or len(array) == 1 else array[rows]

        return Pairs(
            x0=self.x0[rows],
            xt=self.xt[rows],
            is_timestep=self.is_timestep,
            **{name: cut(getattr(self, name)) for name in _PER_ROW},
        )


_PER_ROW: Final = (
    *("time", "alpha", "protect", "padding", "moved", "weights"),
    *("ids", "epoch", "rank"),
)


def check_pairs(
    process: ForwardProcess,
    x0: Any,
    xt: Any,
    *,
    t: Any = None,
    timestep: Any = None,
    alpha: Any = None,
    protect: Any = None,
    lengths: Any = None,
    moved: Any = None,
    weights: Any = None,
    ids: Any = None,
    epoch: Any = None,
    rank: Any = None,
) -> Pairs:
    """Return the arguments of an audit as `Pairs`; `Audit.add` describes them.

    Raises:
        EngineError: an argument has a wrong type or shape.
    """
    clean, noised = _tokens(x0, "x0"), _tokens(xt, "xt")
    if clean.shape != noised.shape:
        rule = f"must have the shape of `x0`, {list(clean.shape)}"
        raise EngineError("xt", "wrong_shape", rule, list(noised.shape))
    shape = clean.shape
    return Pairs(
        x0=clean,
        xt=noised,
        time=_times(process, t, timestep, shape),
        is_timestep=timestep is not None,
        alpha=None if alpha is None else _unit_values(alpha, "alpha", shape),
        protect=_flags(protect, "protect", shape),
        padding=_padding(lengths, shape),
        moved=_flags(moved, "moved", shape),
        weights=None
        if weights is None
        else _by_row(_numbers(weights, "weights"), "weights", shape),
        ids=_words(ids, "ids", shape),
        epoch=_words(epoch, "epoch", shape),
        rank=_words(rank, "rank", shape),
    )


def _tokens(value: Any, field: str) -> TokenArray:
    array = integer_array(value, field)
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.size == 0 or array.shape[1] > MAX_LENGTH:
        raise EngineError(
            field,
            "wrong_shape",
            f"must be (L,) or (N, L) with 1..{MAX_LENGTH} positions",
            list(array.shape),
            "pad rows of different lengths and pass `lengths`",
        )
    if array.dtype == np.uint64:  # which does not mix with other integers
        check_range(array, field, low=0, high=_MAX_WORD)
        array = array.astype(np.int64)
    return array


def _times(
    process: ForwardProcess, t: Any, timestep: Any, shape: tuple[int, ...]
) -> FloatArray | None:
    if t is not None and timestep is not None:
        rule = "must not be given with `timestep`"
        raise EngineError("t", "not_together", rule, "both", "pass one of them")
    if timestep is not None:
        high = process.num_timesteps - 1
        steps = bounded_integers(timestep, "timestep", low=0, high=high)
        times = time_of_timesteps(steps, process.num_timesteps)
        return _narrow(_by_row(np.asarray(times), "timestep", shape))
    return None if t is None else _narrow(_by_row(time_array(t), "t", shape))


def _narrow(values: FloatArray) -> FloatArray:
    """Return (N, L) values as (N, 1) where each row has one."""
    return values[:, :1] if (values == values[:, :1]).all() else values


def _unit_values(value: Any, field: str, shape: tuple[int, ...]) -> FloatArray:
    values = _narrow(_by_row(_numbers(value, field), field, shape))
    if not ((values >= 0.0) & (values <= 1.0)).all():
        wrong = float(values[~((values >= 0.0) & (values <= 1.0))][0])
        raise EngineError(field, "out_of_range", "must lie in [0, 1]", wrong)
    return values


def _numbers(value: Any, field: str) -> FloatArray:
    """Return numbers as float64; NaN and infinities are allowed."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise TypeError
    except (TypeError, ValueError):
        return float_array(value, field)  # names what is wrong
    return array.astype(np.float64)


def _by_row(values: AnyArray, field: str, shape: tuple[int, ...]) -> FloatArray:
    """Return values as (N, 1) or (N, L); one value holds for all rows."""
    rows, length = shape
    if values.ndim == 0:
        return np.full((rows, 1), float(values))
    if values.ndim == 1 and values.size == rows:
        return values.reshape(rows, 1).astype(np.float64, copy=False)
    if values.shape in ((rows, 1), (rows, length)):
        return values.astype(np.float64, copy=False)
    if rows == 1 and values.shape == (length,):
        return values.reshape(1, length).astype(np.float64, copy=False)
    rule = f"must be one value, ({rows},) or ({rows}, {length})"
    raise EngineError(field, "wrong_shape", rule, list(values.shape))


def _flags(value: Any, field: str, shape: tuple[int, ...]) -> BoolArray | None:
    if value is None:
        return None
    flags = flag_array(value, field)
    if flags.shape == shape:
        return flags
    if flags.shape == shape[1:]:
        return flags[None]
    rule = f"must be ({shape[1]},) or ({shape[0]}, {shape[1]})"
    raise EngineError(field, "wrong_shape", rule, list(flags.shape))


def _padding(lengths: Any, shape: tuple[int, ...]) -> BoolArray | None:
    if lengths is None:
        return None
    ends: AnyIntArray = bounded_integers(lengths, "lengths", low=0, high=shape[1])
    if ends.shape != shape[:1]:
        raise EngineError(
            "lengths", "wrong_shape", f"must be ({shape[0]},)", list(ends.shape)
        )
    return np.asarray(np.arange(shape[1]) >= ends[:, None])


def _words(value: Any, field: str, shape: tuple[int, ...]) -> IntArray | None:
    if value is None:
        return None
    words = bounded_integers(value, field, low=0, high=_MAX_WORD)
    if words.ndim == 0:
        return np.full(shape[0], int(words))
    if words.shape != shape[:1]:
        rule = f"must be one integer or ({shape[0]},)"
        raise EngineError(field, "wrong_shape", rule, list(words.shape))
    return words.astype(np.int64, copy=False)
