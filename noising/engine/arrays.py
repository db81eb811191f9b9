"""Conversion and checks of array arguments.

The engine computes with float64 and int64 and keeps the shapes of its arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from noising.engine.errors import EngineError

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
WordArray: TypeAlias = NDArray[np.uint64]
TokenArray: TypeAlias = NDArray[np.integer[Any]]
AnyIntArray: TypeAlias = NDArray[np.integer[Any]]
AnyArray: TypeAlias = NDArray[Any]
Item = TypeVar("Item", bound=np.generic)

MAX_ELEMENTS = 1 << 26
"""Most elements of a result with S values per token: 512 MiB of float64."""

quiet = np.errstate(all="ignore")
"""Silences NumPy's warnings, since infinite results are legal.

Use it as a decorator only: NumPy cannot enter the same context twice.
"""


@contextmanager
def small_buffers() -> Iterator[None]:
    """Make ufuncs work on short rows without copying them.

    NumPy copies rows that are shorter than its buffer of 8,192 items into the buffer
    when an operand is broadcast along them. The copy takes twice as long as the work.
    """
    before = np.setbufsize(16)
    try:
        yield
    finally:
        np.setbufsize(before)


def float_array(value: Any, field: str) -> FloatArray:
    """Return `value` as float64 of the same shape; scalars become 0-d.

    Raises:
        EngineError: `value` contains NaN or something that is not a real number.
    """
    return _check_numbers(value, field).astype(np.float64, copy=False)


def as_array(value: Any) -> AnyArray:
    """Return `value` as an array; dtype object if it cannot be converted."""
    try:
        return np.asarray(value)
    except ValueError:  # ragged
        return np.asarray(None)


def holds_flags(value: Any) -> bool:
    """Return whether a list of numbers contains a bool.

    NumPy would silently convert it to 1 or 0.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype == np.bool_
    if not isinstance(value, (list, tuple)):
        return isinstance(value, bool)
    kinds = set(map(type, value))
    if not kinds.isdisjoint((bool, np.bool_)):
        return True
    nested = not kinds.isdisjoint((list, tuple, np.ndarray))
    return nested and any(map(holds_flags, value))


def flag_array(value: Any, field: str) -> BoolArray:
    """Return flags as an array of bool; scalars become 0-d.

    Raises:
        EngineError: `value` contains something that is neither true nor false.
    """
    array = as_array(value)
    if array.dtype != np.bool_:
        raise EngineError(field, "not_a_mask", "must be an array of bool", value)
    return array


def _check_numbers(value: Any, field: str) -> AnyArray:
    array = as_array(value)
    if array.dtype.kind not in "fiu" or holds_flags(value):
        raise EngineError(field, "not_a_number", "must hold numbers", value)
    if array.size and np.isnan(array.min()):  # the minimum is NaN if any item is
        raise EngineError(field, "nan", "must not hold NaN", value)
    return array


def time_array(value: Any, field: str = "t") -> FloatArray:
    """Return times as float64, each checked to lie in [0, 1].

    Raises:
        EngineError: a time is not a number or lies outside [0, 1].
    """
    return check_times(value, field).astype(np.float64, copy=False)


def check_times(value: Any, field: str) -> AnyArray:
    """Return times in their own dtype, each checked to lie in [0, 1].

    Raises:
        EngineError: a time is not a number or lies outside [0, 1].
    """
    array = _check_numbers(value, field)
    if array.size and not (array.min() >= 0.0 and array.max() <= 1.0):
        bad = array[(array < 0.0) | (array > 1.0)].flat[0]
        raise EngineError(
            field,
            "out_of_range",
            "must lie in [0, 1]",
            float(bad),
            "0 is clean data and 1 is full noise; pass integer steps as `timestep`",
        )
    return array


def integer_array(value: Any, field: str) -> AnyIntArray:
    """Return integers in their own dtype; lists become int64.

    Raises:
        EngineError: `value` contains other things than integers of up to 64 bits.
    """
    array = as_array(value)
    if array.dtype.kind not in "iu":
        if array.size == 0 and array.dtype.kind == "f":
            return array.astype(np.int64)
        raise EngineError(
            field, "not_an_integer", "must hold 64-bit integers of one shape", value
        )
    if holds_flags(value):
        rule = "must hold integers, not true or false"
        raise EngineError(field, "not_an_integer", rule, value)
    return array


def bounded_integers(
    value: Any, field: str, *, low: int, high: int, way_out: str = ""
) -> NDArray[np.integer[Any]]:
    """Return integers, each checked to lie in low..high (inclusive).

    Raises:
        EngineError: a value is not an integer or lies outside low..high.
    """
    array = integer_array(value, field)
    check_range(array, field, low=low, high=high, way_out=way_out)
    return array


def check_range(
    array: NDArray[np.integer[Any]],
    field: str,
    *,
    low: int,
    high: int,
    way_out: str = "",
) -> None:
    """Check that every integer lies in low..high (inclusive).

    With low = 0 one pass is enough: read as unsigned, a negative number is huge.

    Raises:
        EngineError: an integer is out of range; names the first one and its index.
    """
    if array.size == 0:
        return
    if array.size == 1:
        in_range = low <= array.item() <= high
    elif low == 0:
        unsigned = f"{array.dtype.byteorder}u{array.itemsize}"
        in_range = int(array.view(unsigned).max()) <= high
    else:
        in_range = int(array.min()) >= low and int(array.max()) <= high
    if not in_range:
        index = int(np.flatnonzero((array < low) | (array > high))[0])
        name = field if array.ndim == 0 else f"{field}[{_subscript(array, index)}]"
        raise EngineError(
            name,
            "out_of_range",
            f"must lie in {low}..{high}",
            int(array.flat[index]),
            way_out,
        )


def _subscript(array: NDArray[Any], flat_index: int) -> str:
    return ", ".join(str(int(i)) for i in np.unravel_index(flat_index, array.shape))


def broadcast(**arrays: AnyArray) -> tuple[Any, ...]:
    """Broadcast arrays to their common shape.

    Args:
        arrays: the arrays, by the names of the arguments that they came from.

    Raises:
        EngineError: an array does not fit the shape of those before it.
    """
    shape: tuple[int, ...] = ()
    for field, array in arrays.items():
        try:
            shape = np.broadcast_shapes(shape, array.shape)
        except ValueError:
            rule = f"must fit the shape {list(shape)} of the others"
            received = list(array.shape)
            raise EngineError(field, "wrong_shape", rule, received) from None
    return np.broadcast_arrays(*arrays.values())


def repeat_blocks(values: NDArray[Item], width: int, length: int) -> NDArray[Item]:
    """Repeat a value of each block over the positions of the block.

    Args:
        values: (..., K), where K is the number of blocks.
        width: positions in a block; the last one may have fewer.
        length: L, positions in a row.

    Returns:
        (..., L).
    """
    return values.repeat(min(width, length), axis=-1)[..., :length]


def check_length(length: Any) -> int:
    """Return a sequence length as an int.

    Raises:
        EngineError: it is not an integer in 1..MAX_ELEMENTS.
    """
    array = bounded_integers(length, "length", low=1, high=MAX_ELEMENTS)
    if array.ndim:
        raise EngineError("length", "not_an_integer", "must be one integer", length)
    return int(array)


def check_elements(*shape: int, field: str) -> None:
    """Refuse a result larger than MAX_ELEMENTS before it is allocated.

    Raises:
        EngineError: the product of `shape` exceeds MAX_ELEMENTS.
    """
    elements = 1
    for size in shape:
        elements *= size
    if elements > MAX_ELEMENTS:
        raise EngineError(
            field,
            "too_large",
            f"must not make a result of more than {MAX_ELEMENTS} probabilities",
            elements,
            "split it over several calls",
        )


def read_only(array: FloatArray) -> FloatArray:
    """Make `array` read-only and return it."""
    array.setflags(write=False)
    return array
