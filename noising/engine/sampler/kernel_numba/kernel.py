"""The compiled kernel behind the interface of the one in NumPy.

Compiling takes half a minute, so it happens before a call that noises, never in one,
and what is compiled goes to numba's cache. Only `backends` imports this module, where
the compiled kernel is asked for.
"""

import functools
from typing import Any, ClassVar, Final

import numba
import numpy as np
from numba.core import types

from noising.engine.arrays import BoolArray, IntArray, TokenArray, WordArray, quiet
from noising.engine.replacements import Constant
from noising.engine.sampler.blocks import UNSIGNED, EventBlock, Outcome
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


_WORDS: Final = types.Array(types.uint64, 1, "C")
_KEYS: Final = (types.uint64, _WORDS, types.uint64, _WORDS, _WORDS)

_FLAG: Final = describe_outcome(Outcome(replacement=Constant(token=1), mask_id=1))
"""What turns zeros into flags of what is drawn again."""


def _is_disabled() -> bool:
    """Return whether NUMBA_DISABLE_JIT leaves the functions to Python."""
    return bool(
        numba.config.DISABLE_JIT  # type: ignore[attr-defined]  # set at run time
    )


def _compile(function: Any, signature: tuple[Any, ...]) -> Any:
    """Return a function compiled for one signature, from the cache if it is there."""
    if _is_disabled():
        return quiet(function)  # NumPy's scalars, unlike its arrays, warn of overflow
    dispatcher = numba.njit(nogil=True, cache=True)(function.py_func)
    dispatcher.compile(signature)
    dispatcher.disable_compile()  # nothing else may be compiled in a call
    return dispatcher


@functools.cache
def noise_kernel(itemsize: int) -> Any:
    """Return `noise_rows` for tokens of some bytes, compiled unless numba may not."""
    return _compile(noise_rows, _signature(itemsize))


@functools.cache
def keys_kernel() -> Any:
    """Return `fill_keys`, compiled unless numba may not."""
    return _compile(fill_keys, _KEYS)


def compile_all() -> None:
    """Compile everything into numba's cache, about a minute the first time."""
    keys_kernel()
    for itemsize in _TOKEN:
        noise_kernel(itemsize)


class NumbaKernel:
    """Noises blocks by the compiled kernel: the same words, the same tokens.

    Args:
        capacity: most tokens of a block.
        outcome: what becomes of a token that is resampled.
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
        """Return what `sequence_keys` returns, in a tenth of the time."""
        ids = make_plain(sequence_ids.view(np.uint64))
        keys, gammas = np.empty_like(ids), np.empty_like(ids)
        last = np.uint64(step << 32 | draw)
        keys_kernel()(np.uint64(seed), ids, last, keys, gammas)
        return keys, gammas

    @functools.cached_property
    def _refining(self) -> NumpyKernel:
        """What works on thresholds that are costly, and needed in few places."""
        return NumpyKernel(self._capacity, self._outcome)

    def noise(self, block: EventBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        if block.level.refine is not None:
            return self._refining.noise(block, out)
        unsigned = UNSIGNED[out.itemsize]
        tokens, target = make_plain(block.tokens.view(unsigned)), out.view(unsigned)
        kernel = noise_kernel(out.itemsize)
        return int(kernel(tokens, target, describe_block(block), self._draw))

    def mark_resampled(self, block: EventBlock, out: BoolArray) -> None:
        """Write which tokens are drawn again to `out`, (R, C)."""
        if block.level.refine is not None:
            self._refining.mark_resampled(block, out)
        else:
            flags = out.view(np.uint8)
            noise_kernel(1)(np.zeros_like(flags), flags, describe_block(block), _FLAG)
