"""The arguments of one call of a `Noiser`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseCall:
    """What a call noises at; its arrays are on the CPU.

    Attributes:
        process: the noise process.
        seed: 0..2^64-1.
        draw: which of several independent draws.
        ids: (B,) or (B, L) sequence ids.
        time: {"t": times} or {"timestep": steps}, as `ForwardProcess.noise` takes it.
        time_weight: (B,) or (B, L) factors of the weights that make up for times that
            are not uniform, or None.
        options: further arguments of `ForwardProcess.noise`, without those that are
            None.
        fixed: True where a token never changes, (L,) or (B, L) on the tokens' device,
            or None. Padding by `lengths` is not part of it.
    """

    process: ForwardProcess
    seed: int
    draw: int
    ids: Any
    time: Mapping[str, Any]
    time_weight: FloatArray | None
    options: Mapping[str, Any]
    fixed: torch.Tensor | None

    def find_times(self) -> FloatArray:
        """Return the times in [0, 1], in the shape in which they were given."""
        if "timestep" in self.time:
            return np.asarray(self.process.time(self.time["timestep"]))
        return np.asarray(self.time["t"], np.float64)

    def find_alpha(self) -> FloatArray:
        """Return alpha at the times."""
        if "timestep" in self.time:
            return np.asarray(self.process.timeline.alphas[self.time["timestep"]])
        return np.asarray(self.process.alpha(self.time["t"]))

    def find_fixed(self, shape: torch.Size, device: torch.device) -> torch.Tensor:
        """Return where tokens are protected or padding, (B, L)."""
        fixed = torch.zeros(shape, dtype=torch.bool, device=device)
        if self.fixed is not None:
            fixed = fixed | self.fixed
        if "lengths" in self.options:
            ends = torch.as_tensor(np.asarray(self.options["lengths"])).to(device)
            places = torch.arange(shape[1], device=device)
            fixed = fixed | (places >= ends.reshape(-1, 1))
        return fixed


def as_array(value: Any) -> Any:
    """Return a tensor's numbers as an array on the CPU; other values as they are."""
    if not isinstance(value, torch.Tensor):
        return value
    if value.dtype == torch.bfloat16:  # NumPy has no such type
        value = value.to(torch.float32)
    return value.detach().cpu().numpy()


def check_tokens(tokens: Any) -> torch.Tensor:
    """Return tokens.

    Raises:
        EngineError: they are not a (B, L) tensor of integers.
    """
    if not isinstance(tokens, torch.Tensor):
        rule, way_out = "must be a tensor", "for arrays use `ForwardProcess.noise`"
        received = type(tokens).__name__
        raise EngineError("x0", "not_a_tensor", rule, received, way_out)
    dtype = tokens.dtype
    if dtype.is_floating_point or dtype.is_complex or dtype == torch.bool:
        raise EngineError("x0", "not_an_integer", "must hold integers", str(dtype))
    if tokens.ndim != 2 or not tokens.numel():
        raise EngineError(
            "x0",
            "wrong_shape",
            "must be (B, L) with at least one token",
            list(tokens.shape),
            "pass one sequence as (1, L)",
        )
    return tokens


def check_fixed(
    tokens: torch.Tensor, protect: Any, labels: Any, ignore_index: int
) -> torch.Tensor | None:
    """Return where tokens never change, on their device, or None.

    Raises:
        EngineError: `protect` is not a mask, or an argument does not fit the tokens.
    """
    fixed = None
    allowed = (tokens.shape, tokens.shape[1:])
    if protect is not None:
        fixed = torch.as_tensor(protect, device=tokens.device)
        if fixed.dtype != torch.bool:
            rule = "must hold bool"
            raise EngineError("protect", "not_a_mask", rule, str(fixed.dtype))
        if fixed.shape not in allowed:
            rule = f"must have the tokens' shape {list(tokens.shape)}"
            raise EngineError("protect", "wrong_shape", rule, list(fixed.shape))
    if labels is not None:
        given = torch.as_tensor(labels, device=tokens.device)
        if given.shape != tokens.shape:
            rule = f"must have the tokens' shape {list(tokens.shape)}"
            raise EngineError("labels", "wrong_shape", rule, list(given.shape))
        ignored = given == ignore_index
        fixed = ignored if fixed is None else fixed | ignored
    return fixed
