"""The result of a `Noiser`: tensors on the device of the clean tokens."""

from typing import Any, Final

import numpy as np
import torch

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import FloatArray, quiet
from noising.replay.weights import BY_COUNTS, weigh_by_counts
from noising.torch.call import NoiseCall
from noising.torch.kernels import Draw

_BISECTIONS: Final = 100
_TOLERANCE: Final = 1e-9


class NoisedTensors:
    """Noised tokens with what a loss needs, on the device of the clean tokens.

    All but `xt` is computed on first use, from the arguments of the call: do not change
    these before. It can be pickled, so that a collator can return it.

    Args:
        call: the arguments.
        clean: (B, L) clean tokens.
        draw: the noised tokens.
        form: form of the weight.
        is_complement: whether the draw is a complement of that of the call.
    """

    def __init__(
        self,
        call: NoiseCall,
        clean: torch.Tensor,
        draw: Draw,
        *,
        form: str,
        is_complement: bool = False,
    ) -> None:
        self._call = call
        self._clean = clean
        self._draw = draw
        self._form = form
        self._is_complement = is_complement
        self._own_times: FloatArray | None = None
        self._own_weight: torch.Tensor | None = None

    @property
    def xt(self) -> torch.Tensor:
        """(B, L) noised tokens, of the dtype of the clean ones."""
        return self._draw.xt

    @property
    def moved(self) -> torch.Tensor:
        """(B, L) bool, True where a token was resampled, even if it got the same id.

        For matrix graphs, True where it changed.
        """
        return self._draw.find_moved()

    @property
    def ids(self) -> Any:
        """(B,) or (B, L) sequence ids, an array on the CPU."""
        return self._call.ids

    @property
    def t(self) -> torch.Tensor:
        """(B,) or (B, L) float32 times in [0, 1]."""
        return self._send(self._times())

    @property
    def alpha(self) -> torch.Tensor:
        """(B,) or (B, L) float32 alpha of the schedule at `t`."""
        if self._is_complement:
            return self._send(_find_complement_alpha(self._call))
        return self._send(self._call.find_alpha())

    @property
    def weight(self) -> torch.Tensor:
        """(B,) or (B, L) float32 weights of the losses of the tokens that moved.

        `ForwardProcess.loss_weight` defines them. Times of the method "importance" are
        not uniform: their weights are divided by their density. The forms "realised"
        and "count" weigh each block of a call with `block` by itself. Weights of shape
        (B, L) are 0 where a token never changes.
        """
        if self._own_weight is None:
            self._own_weight = self._find_weight()
        return self._own_weight

    def as_dict(self) -> dict[str, torch.Tensor]:
        """Return `xt`, `moved`, `t`, `alpha` and `weight` by name.

        A collator should return them like this: a `DataLoader` can pin such tensors,
        and does not send the arguments of the call to the training process.
        """
        names = ("xt", "moved", "t", "alpha", "weight")
        return {name: getattr(self, name) for name in names}

    def complement(self) -> "NoisedTensors":
        """Return the draw in which the others of the eligible tokens move.

        `Noised.complement` describes it. Its `t` is the time at which alpha is
        1 - alpha(t).

        Raises:
            EngineError: the graph has other events than one move.
        """
        return NoisedTensors(
            self._call,
            self._clean,
            self._draw.complement(),
            form=self._form,
            is_complement=not self._is_complement,
        )

    def _times(self) -> FloatArray:
        if self._own_times is None:
            times = self._call.find_times()
            if self._is_complement:
                alpha = _find_complement_alpha(self._call)
                times = find_times_of_alpha(self._call.process, alpha)
            self._own_times = times
        return self._own_times

    def _send(self, values: FloatArray) -> torch.Tensor:
        """Return float32 values on the device, (B,) or (B, L)."""
        rows, length = self._clean.shape
        shape = (rows,) if values.ndim < 2 else (rows, length)
        whole = np.broadcast_to(np.asarray(values, np.float32), shape)
        return torch.from_numpy(whole.copy()).to(self._clean.device)

    def _find_weight(self) -> torch.Tensor:
        call = self._call
        if self._form in BY_COUNTS:
            weight = self._weigh_by_counts()
        else:
            weight = np.asarray(call.process.loss_weight(self._times(), self._form))
        if call.time_weight is not None:
            weight = weight * call.time_weight
        sent = self._send(weight)
        if sent.ndim == 2 and (call.fixed is not None or "lengths" in call.options):
            fixed = call.find_fixed(self._clean.shape, self._clean.device)
            sent = sent.masked_fill(fixed, 0.0)
        return sent

    def _weigh_by_counts(self) -> FloatArray:
        """Return weights by how many tokens of each row, or of each block, moved."""
        call, length = self._call, self._clean.shape[1]
        width = min(call.options.get("block", length), length)
        fixed = call.find_fixed(self._clean.shape, self._clean.device)
        moved, eligible = (
            _count_by_block(flags, width).cpu().numpy()
            for flags in (self.moved, ~fixed)
        )
        return weigh_by_counts(
            call.process,
            self._form,
            moved,
            eligible,
            block=call.options.get("block"),
            length=length,
            by_token=call.find_times().ndim == 2,
        )


def _count_by_block(flags: torch.Tensor, width: int) -> torch.Tensor:
    """Return the number of flags in each block of `width` columns, (B, K)."""
    rows, length = flags.shape
    padding = (0, -length % width)
    whole = torch.nn.functional.pad(flags, padding)
    return whole.reshape(rows, -1, width).sum(dim=2)


def _find_complement_alpha(call: NoiseCall) -> FloatArray:
    """Return 1 - alpha at the call's times, exact where it is small."""
    return np.asarray(call.process.move_chance(call.find_times()))


@quiet
def find_times_of_alpha(process: ForwardProcess, alpha: FloatArray) -> FloatArray:
    """Return the times at which a schedule's alpha has given values.

    Args:
        process: the process.
        alpha: values in [0, 1], any shape.

    Raises:
        EngineError: a value that alpha does not take from t = 0 to 1.
    """
    low, high = np.zeros(alpha.shape), np.ones(alpha.shape)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        is_before = np.asarray(process.alpha(middle)) > alpha
        low, high = np.where(is_before, middle, low), np.where(is_before, high, middle)
    miss = np.abs(np.asarray(process.alpha(high)) - alpha)
    if not (miss <= _TOLERANCE).all():
        raise EngineError(
            "schedule",
            "no_such_alpha",
            "must take alpha = 1 - alpha(t) at some time, for the time of a complement",
            float(alpha.flat[int(miss.argmax())]),
            "use `alpha`, and a form of the weight other than `elbo`",
        )
    return high
