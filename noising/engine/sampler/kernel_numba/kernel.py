"""The compiled kernel behind the interface of the one in NumPy.

Compiling takes half a minute, so it happens before a call that noises, never in one,
and what is compiled goes to numba's cache. Only `backends` imports this module, where
the compiled kernel is asked for.
"""

import functools
from typing import Any, ClassVar, Final

import numba
import numpy as np
from numba.core import caching, types

from noising.engine.arrays import BoolArray, TokenArray, quiet
from noising.engine.replacements import Constant
from noising.engine.sampler.blocks import LimitedBlock, Outcome
from noising.engine.sampler.kernel_numba.arguments import (
    Draw,
    Where,
    draw_of,
    plain,
    where_of,
)
from noising.engine.sampler.kernel_numba.compiled import noise_rows
from noising.engine.sampler.kernel_numpy import Worker

_WHERE: Final = types.NamedTuple(
    (
        types.Array(types.uint64, 2, "C"),
        types.Array(types.uint64, 2, "C"),
        types.uint64,
        types.Array(types.uint64, 2, "C"),
        types.Array(types.uint8, 2, "C"),
        types.Array(types.uint64, 2, "C"),
        types.Array(types.int64, 2, "C"),
        types.Array(types.boolean, 2, "C"),
        types.int64,
    ),
    Where,
)
_DRAW: Final = types.NamedTuple(
    (
        types.int64,
        types.uint64,
        types.uint64,
        types.Array(types.int64, 1, "C"),
        types.Array(types.uint64, 1, "C"),
        types.Array(types.int32, 1, "C"),
        types.uint64,
    ),
    Draw,
)
_TOKEN: Final[dict[int, Any]] = {
    1: types.uint8,
    2: types.uint16,
    4: types.uint32,
    8: types.uint64,
}


def _signature(itemsize: int) -> tuple[Any, ...]:
    """Return the types of `noise_rows` for unsigned tokens of some bytes."""
    array = types.Array(_TOKEN[itemsize], 2, "C")
    return (array, array, _WHERE, _DRAW)


_FLAG: Final = draw_of(Outcome(replacement=Constant(token=1), mask_id=1))
"""What turns zeros into flags of where noise strikes."""


def _uncompiled() -> bool:
    """Tell whether NUMBA_DISABLE_JIT leaves the functions to Python."""
    return bool(
        numba.config.DISABLE_JIT  # type: ignore[attr-defined]  # set at run time
    )


def _compiled(function: Any, signature: tuple[Any, ...]) -> Any:
    """Return a function compiled for one signature, from the cache if it is there."""
    if _uncompiled():
        return function
    dispatcher = numba.njit(nogil=True, cache=True)(function.py_func)
    dispatcher.compile(signature)
    dispatcher.disable_compile()  # nothing else may be compiled in a call
    return dispatcher


@functools.cache
def noise_kernel(itemsize: int) -> Any:
    """Return `noise_rows` for tokens of some bytes, compiled unless numba may not."""
    return _compiled(noise_rows, _signature(itemsize))


def compile_all() -> None:
    """Compile everything into numba's cache, about a minute the first time."""
    for itemsize in _TOKEN:
        noise_kernel(itemsize)


@functools.cache
def is_cached(itemsize: int) -> bool:
    """Tell whether nothing remains to be compiled for tokens of some bytes."""
    if _uncompiled():
        return True
    try:
        cache = caching.FunctionCache(noise_rows.py_func)
        return all(
            cache.load_overload(_signature(size), noise_rows.targetctx) is not None
            for size in (itemsize, 1)
        )
    except RuntimeError:  # numba found no folder that it may write to
        return False


class NumbaWorker:
    """Noises blocks by the compiled kernel: the same words, the same tokens.

    Args:
        capacity: most tokens of a block.
        outcome: what becomes of a token that is struck.
    """

    BLOCK_TOKENS: ClassVar[int] = 1 << 19
    PARALLEL: ClassVar[bool] = True

    def __init__(self, capacity: int, outcome: Outcome) -> None:
        self._capacity = capacity
        self._outcome = outcome
        self._draw = draw_of(outcome)

    @functools.cached_property
    def _refining(self) -> Worker:
        """What works on thresholds that are costly, and needed in few places."""
        return Worker(self._capacity, self._outcome)

    @quiet
    def noise(self, block: LimitedBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        if block.level.refine is not None:
            return self._refining.noise(block, out)
        unsigned = np.dtype(f"u{out.itemsize}")
        tokens, target = block.tokens.view(unsigned), out.view(unsigned)
        kernel = noise_kernel(out.itemsize)
        return int(kernel(plain(tokens), target, where_of(block), self._draw))

    @quiet
    def struck(self, block: LimitedBlock, out: BoolArray) -> None:
        """Write where noise strikes to `out`, (R, C)."""
        if block.level.refine is not None:
            self._refining.struck(block, out)
        else:
            flags = out.view(np.uint8)
            noise_kernel(1)(np.zeros_like(flags), flags, where_of(block), _FLAG)
