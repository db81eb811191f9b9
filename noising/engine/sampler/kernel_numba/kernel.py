"""The compiled kernel, with the interface of the NumPy kernel.

Compilation takes half a minute. It happens before any call that noises, and its results
are kept in numba's cache. Only `backends` imports this module, and only if the compiled
kernel is used.
"""

import functools
from typing import Any, ClassVar, Final

import numba
import numpy as np
from numba.core import types

from noising.engine.arrays import BoolArray, IntArray, TokenArray, WordArray, quiet
from noising.engine.replacements import Constant
from noising.engine.sampler.blocks import UNSIGNED, EventBlock, Outcome
from noising.engine.sampler.grids import Grid
from noising.engine.sampler.kernel_numba.arguments import (
    Draw,
    Where,
    describe_block,
    describe_outcome,
    make_plain,
)
from noising.engine.sampler.kernel_numba.compiled import fill_keys, noise_rows
from noising.engine.sampler.kernel_numpy import NumpyKernel

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
    """Return the argument types of `noise_rows` for tokens of `itemsize` bytes."""
    array = types.Array(_TOKEN[itemsize], 2, "C")
    return (array, array, _WHERE, _DRAW)


_WORDS: Final = types.Array(types.uint64, 1, "C")
_KEYS: Final = (types.uint64, _WORDS, types.uint64, _WORDS, _WORDS)

_FLAG: Final = describe_outcome(Outcome(replacement=Constant(token=1), mask_id=1))
"""Replaces zeros with ones, which gives the flags of resampled tokens."""


def _is_disabled() -> bool:
    """Return whether NUMBA_DISABLE_JIT makes Python run the functions."""
    return bool(
        numba.config.DISABLE_JIT  # type: ignore[attr-defined]  # set at run time
    )


def _compile(function: Any, signature: tuple[Any, ...]) -> Any:
    """Return a function compiled for one signature, from numba's cache if possible."""
    if _is_disabled():
        return quiet(function)  # NumPy scalars, unlike arrays, warn about overflow
    dispatcher = numba.njit(nogil=True, cache=True)(function.py_func)
    dispatcher.compile(signature)
    dispatcher.disable_compile()  # no call may compile anything
    return dispatcher


@functools.cache
def noise_kernel(itemsize: int) -> Any:
    """Return `noise_rows` for tokens of `itemsize` bytes, compiled unless disabled."""
    return _compile(noise_rows, _signature(itemsize))


@functools.cache
def keys_kernel() -> Any:
    """Return `fill_keys`, compiled unless disabled."""
    return _compile(fill_keys, _KEYS)


def compile_all() -> None:
    """Compile everything into numba's cache, which takes a minute the first time."""
    keys_kernel()
    for itemsize in _TOKEN:
        noise_kernel(itemsize)


class NumbaKernel:
    """Noises blocks with compiled functions; same tokens as the NumPy kernel.

    Args:
        capacity: largest number of tokens of a block.
        outcome: what a resampled token becomes.
    """

    BLOCK_TOKENS: ClassVar[int] = 1 << 19
    PARALLEL: ClassVar[bool] = True

    def __init__(self, capacity: int, outcome: Outcome) -> None:
        self._capacity = capacity
        self._outcome = outcome
        self._draw = describe_outcome(outcome)

    @staticmethod
    def make_keys(
        seed: int, sequence_ids: IntArray, draw: int, step: int
    ) -> tuple[WordArray, WordArray]:
        """Return the result of `sequence_keys` in a tenth of the time."""
        ids = make_plain(sequence_ids.view(np.uint64))
        keys, gammas = np.empty_like(ids), np.empty_like(ids)
        last = np.uint64(step << 32 | draw)
        keys_kernel()(np.uint64(seed), ids, last, keys, gammas)
        return keys, gammas

    @functools.cached_property
    def _numpy_kernel(self) -> NumpyKernel:
        """The kernel for blocks that the compiled functions do not support.

        They have tokens at positions of their own, or thresholds that are costly and
        needed at few positions.
        """
        return NumpyKernel(self._capacity, self._outcome)

    def noise(self, block: EventBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        grid = block.grid
        if block.level.refine is not None or not isinstance(grid, Grid):
            return self._numpy_kernel.noise(block, out)
        unsigned = UNSIGNED[out.itemsize]
        tokens, target = make_plain(block.tokens.view(unsigned)), out.view(unsigned)
        kernel = noise_kernel(out.itemsize)
        return int(kernel(tokens, target, describe_block(block, grid), self._draw))

    def mark_resampled(self, block: EventBlock, out: BoolArray) -> None:
        """Write to `out`, (R, C), which tokens are resampled."""
        grid = block.grid
        if block.level.refine is not None or not isinstance(grid, Grid):
            self._numpy_kernel.mark_resampled(block, out)
        else:
            flags = out.view(np.uint8)
            where = describe_block(block, grid)
            noise_kernel(1)(np.zeros_like(flags), flags, where, _FLAG)
