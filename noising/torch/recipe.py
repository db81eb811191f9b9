"""The sampler's recipe in integer operations of torch, for tensors on any device.

`noising/engine/sampler/recipe.py` specifies what these functions compute. torch has few
operations on unsigned integers, so that a 64-bit word is an int64 with the same bits:
sums and products wrap, a logical shift masks what an arithmetic one shifts in, and
numbers below 2^63, which all uniforms and thresholds are, compare as they are. There is
no floating-point arithmetic, so that every device gives the same tokens.

Flags are masks of 64 bits, all ones or all zeros, which the sign of a difference makes:
`torch.compile` turns comparisons and `where` of int64 into code for CPUs that takes
five times as long. No branch depends on a value of a tensor, so that it makes a single
graph of a function.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch

from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    MIX_FIRST,
    MIX_SECOND,
    UNIFORM_BITS,
    Stream,
)
from noising.engine.sampler.thresholds import LEADING_SHIFT

_EIGHT: Final = 8  # positions that share a word of leading bytes


def to_signed(word: int) -> int:
    """Return the int64 with the bits of an unsigned 64-bit word."""
    return word - (1 << 64) if word >> 63 else word


_FIRST: Final = to_signed(MIX_FIRST)
_SECOND: Final = to_signed(MIX_SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchOutcome:
    """What a resampled token becomes.

    Attributes:
        constant: the id of every token that moves, or None if ids are drawn.
        size: number of ids that are drawn evenly, or 0.
        left_out: the id among 0..size that is never drawn, or None.
        present: (N,) ids of a table of a distribution, or None.
        edges: (N-1,) its cumulative probabilities in units of 2^-64, minus 2^63, so
            that int64 has their order; or None.
        mask_id: the id of a token that a second event masks.
        mask_needs_move: whether only a token that moves can be masked.
    """

    constant: int | None = None
    size: int = 0
    left_out: int | None = None
    present: torch.Tensor | None = None
    edges: torch.Tensor | None = None
    mask_id: int = 0
    mask_needs_move: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchQuota:
    """How many tokens of each block of a row move.

    Attributes:
        numbers: (B, 1) or (1, 1) numbers of tokens.
        is_exact: whether exactly so many move, else at least so many.
        width: columns of a block; the last block of a row may be shorter.
    """

    numbers: torch.Tensor
    is_exact: bool
    width: int


def noise_tokens(
    tokens: torch.Tensor,
    keys: torch.Tensor,
    gammas: torch.Tensor,
    positions: torch.Tensor,
    move: torch.Tensor,
    mask: torch.Tensor | None,
    fixed: torch.Tensor | None,
    quota: TorchQuota | None,
    outcome: TorchOutcome,
    *,
    is_grouped: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return noised tokens, and 1 as uint8 for those resampled or masked, each (B, L).

    Args:
        tokens: (B, L) clean ids of any integer dtype.
        keys: (B, 1) or (B, L) keys of the tokens' sequences.
        gammas: their gammas, in the same shape.
        positions: (1, L) or (B, L) positions.
        is_grouped: whether each row is one sequence at the positions 0..L-1, so that
            eight positions share a word. Compiled, index arithmetic costs more than
            the words that this saves.
        move: thresholds of u, broadcastable to (B, L).
        mask: thresholds of w, likewise, or None without a second event.
        fixed: True where a token never changes, likewise, or None.
        quota: how many tokens move, or None; only with noise that depends on time.
        outcome: what a resampled token becomes.
    """
    ids = tokens.to(torch.int64)
    u = draw_uniforms(keys, gammas, positions, is_grouped=is_grouped)
    moved = _mark_below(u, move)
    if quota is not None:
        first = _mark_first(u, fixed, quota)
        moved = first if quota.is_exact else moved | first
    if fixed is not None:
        moved = moved & (fixed.to(torch.int64) - 1)
    masked = None
    if mask is not None:
        w = _draw(keys, gammas, positions, Stream.SECOND)
        w = _shift_right(w, 64 - UNIFORM_BITS)
        masked = _mark_below(w, mask)
        if outcome.mask_needs_move:
            masked = masked & moved
        elif fixed is not None:
            masked = masked & (fixed.to(torch.int64) - 1)
    noised = _replace(ids, keys, gammas, positions, moved, outcome)
    if masked is not None:
        noised = _put(noised, masked, outcome.mask_id)
        moved = moved | masked
    return noised.to(tokens.dtype), (moved & 1).to(torch.uint8)


def put_replacements(
    tokens: torch.Tensor,
    keys: torch.Tensor,
    gammas: torch.Tensor,
    positions: torch.Tensor,
    flags: torch.Tensor,
    outcome: TorchOutcome,
) -> torch.Tensor:
    """Return the tokens with a replacement of each that is flagged, (B, L)."""
    ids = tokens.to(torch.int64)
    mask = -flags.to(torch.int64)
    return _replace(ids, keys, gammas, positions, mask, outcome).to(tokens.dtype)


def _replace(
    ids: torch.Tensor,
    keys: torch.Tensor,
    gammas: torch.Tensor,
    positions: torch.Tensor,
    mask: torch.Tensor,
    outcome: TorchOutcome,
) -> torch.Tensor:
    if outcome.constant is not None:
        return _put(ids, mask, outcome.constant)
    v = _draw(keys, gammas, positions, Stream.REPLACE)
    if outcome.present is not None and outcome.edges is not None:
        # Flips the highest bit, so that the order of int64 is that of the words.
        place = torch.searchsorted(outcome.edges, v ^ to_signed(1 << 63), right=True)
        drawn = outcome.present[place]
    else:
        drawn = _shift_right(_shift_right(v, 24) * outcome.size, 40)
        if outcome.left_out is not None:  # 1 more from there on
            drawn = drawn - _mark_below(outcome.left_out - 1, drawn)
    return _put(ids, mask, drawn)


def draw_uniforms(
    keys: torch.Tensor,
    gammas: torch.Tensor,
    positions: torch.Tensor,
    *,
    is_grouped: bool,
) -> torch.Tensor:
    """Return u of every position as integers below 2^53, (B, L)."""
    if is_grouped:
        words = _draw(keys, gammas, positions[:, ::_EIGHT] >> 3, Stream.KEEP)
        places = torch.arange(0, 64, 8, device=keys.device)
        spread = (words[:, :, None] >> places).reshape(keys.shape[0], -1)
        leading = spread[:, : positions.shape[1]]
    else:
        words = _draw(keys, gammas, positions >> 3, Stream.KEEP)
        leading = words >> ((positions & 7) << 3)
    leading = (leading & 0xFF) << LEADING_SHIFT
    rest = _draw(keys, gammas, positions, Stream.REFINE)
    return leading | _shift_right(rest, 64 - LEADING_SHIFT)


def _draw(
    keys: torch.Tensor, gammas: torch.Tensor, positions: torch.Tensor, stream: Stream
) -> torch.Tensor:
    """Return the words of positions, or of groups of eight for `Stream.KEEP`."""
    counters = positions * COUNTERS_PER_POSITION + (int(stream) + 1)
    return _mix64(keys + counters * gammas)


def _mix64(words: torch.Tensor) -> torch.Tensor:
    words = (words ^ _shift_right(words, 30)) * _FIRST
    words = (words ^ _shift_right(words, 27)) * _SECOND
    return words ^ _shift_right(words, 31)


def _shift_right(words: torch.Tensor, bits: int) -> torch.Tensor:
    """Return the words, read as unsigned, shifted to the right."""
    return (words >> bits) & ((1 << (64 - bits)) - 1)


def _mark_first(
    u: torch.Tensor, fixed: torch.Tensor | None, quota: TorchQuota
) -> torch.Tensor:
    """Return -1 where a token has one of the smallest u of its block, else 0, (B, L).

    Equal u have the order of their columns. Tokens that never change come last.
    """
    rows, length = u.shape
    last = 1 << UNIFORM_BITS
    if fixed is not None:
        u = torch.where(fixed, last, u)
    blocks = (length + quota.width - 1) // quota.width
    padding = (0, blocks * quota.width - length)
    keys = torch.nn.functional.pad(u, padding, value=last)
    order = keys.reshape(rows, blocks, quota.width).argsort(dim=2, stable=True)
    places = torch.arange(quota.width, device=u.device).expand_as(order)
    ranks = torch.empty_like(order).scatter_(2, order, places)
    first = _mark_below(ranks, quota.numbers[:, :, None])
    return first.reshape(rows, -1)[:, :length]


def _mark_below(numbers: Any, limits: torch.Tensor) -> torch.Tensor:
    """Return -1 where a number lies below its limit, else 0; both are below 2^62."""
    return (numbers - limits) >> 63


def _put(ids: torch.Tensor, mask: torch.Tensor, others: Any) -> torch.Tensor:
    """Return other ids where the mask is all ones."""
    return ids ^ ((ids ^ others) & mask)
