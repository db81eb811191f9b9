"""The two ways to noise tensors, which give the same tokens.

The engine's kernel works on CPU tensors, in their own memory. The torch kernel works on
any device: the float64 work, which is one threshold for each noise level, is done on
the CPU by the engine, so that only integers cross over.
"""

import functools
import math
import types
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import torch

from noising.engine import EngineError, Noised
from noising.engine.arrays import WordArray, check_range
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.absorbing import Absorbing
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import nearest
from noising.engine.process import ForwardProcess
from noising.engine.randomness import sequence_keys
from noising.engine.replacements import Constant, Even, EvenWithout, Table
from noising.engine.sampler.batch import Batch, check_batch
from noising.engine.sampler.noise_levels import (
    NoiseLevels,
    PositionNoise,
    find_position_noise,
)
from noising.engine.sampler.quotas import check_order, check_quota, require_one_event
from noising.torch.call import NoiseCall, as_array
from noising.torch.recipe import (
    TorchOutcome,
    TorchQuota,
    noise_tokens,
    put_replacements,
)

KERNELS: Final = ("auto", "engine", "torch")

Pair: TypeAlias = tuple[torch.Tensor, torch.Tensor]


def check_kernel(name: str) -> str:
    """Return the name of a kernel.

    Raises:
        EngineError: it is not one of `KERNELS`.
    """
    if not isinstance(name, str) or name not in KERNELS:
        rule = f"must be one of {', '.join(KERNELS)}"
        hint = nearest(name, KERNELS) if isinstance(name, str) else ""
        raise EngineError("kernel", "unknown_name", rule, name, hint)
    return name


class Draw(Protocol):
    """Noised tokens and what else the random words of a call say.

    Attributes:
        xt: (B, L) noised tokens, on the device and of the dtype of the clean ones.
    """

    xt: torch.Tensor

    def find_moved(self) -> torch.Tensor:
        """Return which tokens are resampled, (B, L) bool."""

    def complement(self) -> "Draw":
        """Return the draw in which the others of the eligible tokens move."""


class EngineDraw:
    """A draw of the engine's kernel.

    Args:
        call: the arguments.
        clean: (B, L) clean tokens.
        of_complement: whether this is the complement of the call's draw.
    """

    def __init__(
        self, call: NoiseCall, clean: torch.Tensor, *, of_complement: bool = False
    ) -> None:
        self._call = call
        self._clean = clean
        self._of_complement = of_complement
        self._noised: Noised | None = None
        self._moved: torch.Tensor | None = None
        self.xt = torch.from_numpy(self._noise().tokens).to(clean.device)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, without the functions in the engine's result."""
        return self.__dict__ | {"_noised": None, "_moved": self.find_moved()}

    def find_moved(self) -> torch.Tensor:
        """Return which tokens are resampled, (B, L) bool."""
        if self._moved is None:
            graph = self._call.process.graph
            if isinstance(graph, Absorbing) and not graph.mask_inside:
                moved = as_array(self.xt) == graph.mask_id  # clean tokens hold none
            else:
                moved = self._noise().resampled
            self._moved = torch.from_numpy(moved).to(self._clean.device)
        return self._moved

    def complement(self) -> "EngineDraw":
        """Return the draw in which the others of the eligible tokens move."""
        return EngineDraw(
            self._call, self._clean, of_complement=not self._of_complement
        )

    def _noise(self) -> Noised:
        if self._noised is None:
            call = self._call
            noised = call.process.noise(
                as_array(self._clean),
                **call.time,
                seed=call.seed,
                sequence_ids=call.ids,
                draw=call.draw,
                protect=as_array(call.fixed),
                **call.options,
            )
            self._noised = noised.complement() if self._of_complement else noised
        return self._noised


class TorchDraw:
    """A draw of the torch kernel.

    Args:
        kernel: the kernel.
        call: the arguments.
        clean: (B, L) clean tokens.
        xt: (B, L) noised tokens.
        moved: (B, L) which of them are resampled.
    """

    def __init__(
        self,
        kernel: "TorchKernel",
        call: NoiseCall,
        clean: torch.Tensor,
        xt: torch.Tensor,
        moved: torch.Tensor,
    ) -> None:
        self._kernel = kernel
        self._call = call
        self._clean = clean
        self._moved = moved
        self.xt = xt

    def find_moved(self) -> torch.Tensor:
        """Return which tokens are resampled, (B, L) bool."""
        return self._moved

    def complement(self) -> "TorchDraw":
        """Return the draw in which the others of the eligible tokens move."""
        call, clean = self._call, self._clean
        require_one_event(call.process.levels, "complement")
        fixed = call.find_fixed(clean.shape, clean.device)
        flags = ~(self._moved | fixed)
        xt = self._kernel.replace(call, clean, flags)
        return TorchDraw(self._kernel, call, clean, xt, flags)


class TorchKernel:
    """Noises tensors on their own device.

    Args:
        process: the noise process.
        compiled: whether to compile the operations with `torch.compile`.
        checks_ids: whether to check the ids, which waits for the device.
    """

    def __init__(
        self, process: ForwardProcess, *, compiled: bool, checks_ids: bool
    ) -> None:
        self._process = process
        self._checks_ids = checks_ids
        self._compiled = compiled
        self._outcomes: dict[torch.device, TorchOutcome] = {}
        self._function: Callable[..., Pair] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, without what is compiled or lies on a device."""
        return self.__dict__ | {"_outcomes": {}, "_function": None}

    def serves(self, call: NoiseCall) -> bool:
        """Return whether integers decide a call.

        Those on matrix graphs, and the order in which positions with their own noise
        move, need float64.
        """
        if isinstance(self._process.graph, MatrixGraph):
            return False
        has_quota = not {"count", "at_least"}.isdisjoint(call.options)
        return not has_quota or self._process.hyperschedule is None

    def noise(self, call: NoiseCall, tokens: torch.Tensor) -> TorchDraw:
        """Return the draw of a call."""
        if self._checks_ids:
            self._check_ids(tokens)
        if self._function is None:
            self._function = _compile() if self._compiled else noise_tokens
        plan = DevicePlan(call, tokens)
        xt, moved = self._function(
            tokens,
            plan.keys,
            plan.gammas,
            plan.positions,
            plan.move,
            plan.mask,
            plan.fixed,
            plan.quota,
            self._find_outcome(tokens.device),
            is_grouped=plan.is_grouped and not self._compiled,
        )
        return TorchDraw(self, call, tokens, xt, moved.view(torch.bool))

    def replace(
        self, call: NoiseCall, tokens: torch.Tensor, flags: torch.Tensor
    ) -> torch.Tensor:
        """Return the tokens with the replacement of each that is flagged."""
        plan = DevicePlan(call, tokens)
        outcome = self._find_outcome(tokens.device)
        return put_replacements(
            tokens, plan.keys, plan.gammas, plan.positions, flags, outcome
        )

    def _check_ids(self, tokens: torch.Tensor) -> None:
        highest = self._process.vocab_size - 1
        low, high = torch.stack(tokens.to(torch.int64).aminmax()).tolist()
        if low < 0 or high > highest:
            check_range(as_array(tokens), "tokens", low=0, high=highest)

    def _find_outcome(self, device: torch.device) -> TorchOutcome:
        """Return what a resampled token becomes, with its tables on the device."""
        if device not in self._outcomes:
            self._outcomes[device] = _make_outcome(self._process, device)
        return self._outcomes[device]


def _compile() -> Callable[..., Pair]:
    """Return `noise_tokens`, to be compiled at its first call.

    torch counts how often the code of a function is compiled for other arguments, and
    fails with `fullgraph` after a few times. So each kernel has a copy of the code.
    """
    code = noise_tokens.__code__.replace()
    own = types.FunctionType(code, noise_tokens.__globals__)
    function: Callable[..., Pair] = torch.compile(own, fullgraph=True)
    return function


class DevicePlan:
    """The integers that the recipe needs for a call, on the tokens' device.

    Attributes:
        keys: (B, 1) or (B, L) keys of the sequences.
        gammas: their gammas, in the same shape.
        positions: (1, L) or (B, L) positions.
        is_grouped: whether each row is one sequence at the positions 0..L-1.
        move: thresholds of u, broadcastable to (B, L).
        mask: thresholds of w, likewise, or None.
        fixed: True where a token never changes, (B, L), or None.
        quota: how many tokens move, or None.
    """

    def __init__(self, call: NoiseCall, tokens: torch.Tensor) -> None:
        device, levels = tokens.device, call.process.levels
        batch = _make_batch(call, tokens)
        time = levels.timeline.check_time(call.time.get("timestep"), call.time.get("t"))
        hyperschedule = call.process.hyperschedule
        noise = find_position_noise(levels.timeline, batch, hyperschedule)
        given = call.options.get
        quota = check_quota(given("count"), given("at_least"), given("block"), batch)
        if quota is not None:
            check_order(quota, levels, batch, time, noise)
        move, mask = _find_thresholds(levels, batch, time, noise)

        self.keys, self.gammas = _make_keys(batch, device)
        self.is_grouped = batch.positions is None
        if batch.positions is None:
            self.positions = _list_positions(batch.length, device)
        else:
            positions = batch.positions.astype(np.int64)
            self.positions = torch.from_numpy(positions).to(device, non_blocking=True)
        self.move = _send_words(move, device)
        self.mask = None if mask is None else _send_words(mask, device)
        self.quota: TorchQuota | None = None
        if quota is not None:
            numbers = torch.from_numpy(quota.numbers.reshape(-1, 1)).to(device)
            self.quota = TorchQuota(
                numbers=numbers, is_exact=quota.is_exact, width=quota.width
            )
        self.fixed = None
        if call.fixed is not None or "lengths" in call.options:
            self.fixed = call.find_fixed(tokens.shape, device)


def _send_words(words: WordArray, device: torch.device) -> torch.Tensor:
    """Return words on a device, as int64 with the same bits."""
    return torch.from_numpy(words.view(np.int64)).to(device, non_blocking=True)


def _make_keys(batch: Batch, device: torch.device) -> Pair:
    """Return keys and gammas, (B, 1) for ids by row, (B, L) for ids by token."""
    ids = batch.sequence_ids
    if ids.ndim == 1:
        keys, gammas = sequence_keys(batch.seed, ids, batch.draw)
        return _send_words(keys, device)[:, None], _send_words(gammas, device)[:, None]
    # Neighbours mostly belong to the same sequence, of which one key crosses over.
    flat = ids.reshape(-1)
    is_start = np.ones(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    starts = is_start.nonzero()[0]
    lengths = torch.from_numpy(np.diff(starts, append=flat.size)).to(device)

    def spread(words: WordArray) -> torch.Tensor:
        sent = _send_words(words, device)
        whole = sent.repeat_interleave(lengths, output_size=flat.size)
        return whole.reshape(ids.shape)

    keys, gammas = sequence_keys(batch.seed, flat[starts], batch.draw)
    return spread(keys), spread(gammas)


@functools.lru_cache(maxsize=16)
def _list_positions(length: int, device: torch.device) -> torch.Tensor:
    return torch.arange(length, device=device)[None]


def _make_batch(call: NoiseCall, tokens: torch.Tensor) -> Batch:
    """Return the call's checked arguments; tokens only where noise depends on them."""
    hyperschedule = call.process.hyperschedule
    if hyperschedule is not None and hyperschedule.BY_TOKENS:
        array = as_array(tokens)
    else:
        dtype = as_array(torch.empty(0, dtype=tokens.dtype)).dtype
        array = np.broadcast_to(np.zeros((1, 1), dtype), tokens.shape)
    return check_batch(
        array,
        call.process.graph,
        seed=call.seed,
        sequence_ids=call.ids,
        draw=call.draw,
        positions=call.options.get("positions"),
        protect=None,
        lengths=call.options.get("lengths"),
    )


def _find_thresholds(
    levels: NoiseLevels, batch: Batch, time: NoiseTime, noise: PositionNoise | None
) -> tuple[WordArray, WordArray | None]:
    """Return the thresholds of u and w, broadcastable to (B, L)."""
    source = levels.find_source(batch, time, noise)
    level = source.at(slice(0, batch.rows), slice(0, batch.length))
    if level.refine is not None:
        shape = batch.rows, batch.length
        return level.refine(np.arange(math.prod(shape))).reshape(shape), None
    if level.index is not None:
        level = level.select(level.index)
    return level.move.copy(), None if level.mask is None else level.mask.copy()


def _make_outcome(process: ForwardProcess, device: torch.device) -> TorchOutcome:
    graph, replacement = process.graph, process.graph.replacement
    second: dict[str, Any] = {
        "mask_id": 0 if graph.mask_id is None else graph.mask_id,
        "mask_needs_move": process.levels.table.mask_needs_move,
    }
    match replacement:
        case Constant():
            return TorchOutcome(constant=replacement.token, **second)
        case Even():
            return TorchOutcome(size=replacement.size, **second)
        case EvenWithout():
            return TorchOutcome(
                size=replacement.size, left_out=replacement.left_out, **second
            )
        case Table():
            edges = replacement.edges[:-1] ^ np.uint64(1 << 63)
            return TorchOutcome(
                present=torch.from_numpy(replacement.present).to(device),
                edges=torch.from_numpy(edges.view(np.int64)).to(device),
                **second,
            )
        case _:
            raise TypeError(f"no torch operations for {type(replacement).__name__}")
