"""A noised batch, and what of it each form of answer carries."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.core.responses import metrics
from noising.api.noise.orders import NoiseOrder, Protected
from noising.api.process_requests import engine_misfit
from noising.api.processes import check_seconds
from noising.budget import API_WORK
from noising.engine import EngineError, Noised

FIELDS = {
    "tokens": "tokens",
    "timestep": "timesteps",
    "t": "times",
    "weights": "weights",
    "sequence_ids": "sequence_ids",
    "lengths": "lengths",
    "protect": "protect",
}
"""Field of the request by the engine's argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisedBatch:
    """A noised batch.

    Attributes:
        order: what was asked for.
        clean: the tokens, padded.
        noised: what became of them.
        alphas: alpha by position, padded, or None where nobody asked.
    """

    order: NoiseOrder
    clean: NDArray[Any]
    noised: Noised
    alphas: NDArray[np.float64] | None

    @property
    def headers(self) -> dict[str, str]:
        """What every form of answer says in its headers."""
        return {
            "Noise-Seed": str(self.noised.seed),
            "Noise-Fingerprint": self.order.process.fingerprint,
        }

    @property
    def metrics(self) -> dict[str, Any]:
        """How many of the batch's real tokens kept their id."""
        padding = 0
        total = self.clean.size
        if self.order.row_lengths is not None:
            total = int(self.order.row_lengths.sum())
            padding = self.clean.size - total
        same = int(np.count_nonzero(self.noised.tokens == self.clean))
        return metrics(same - padding, total)


def noise_batch(
    order: NoiseOrder, *, holds: frozenset[str], always: frozenset[str]
) -> NoisedBatch:
    """Noise a batch.

    Args:
        order: the batch and how to noise it.
        holds: the extras that the form of the answer can hold.
        always: those among them that it holds without being asked.

    Raises:
        ValidationError: a hyperschedule or weights that the engine cannot use for
            these rows, work that takes too long, or extras that the answer cannot
            hold.
        BusyError: other requests do all the costly work that is allowed.
    """
    if not order.extras <= holds:
        text = (
            f"`return` may have {', '.join(sorted(holds))} in a response of this "
            f"format, got {', '.join(sorted(order.extras))}: choose another format "
            "with Accept."
        )
        raise ValidationError({"return": [ErrorDetail(text, "not_in_this_form")]})
    wanted = order.extras | always
    seconds = order.seconds(wanted)
    check_seconds(seconds, "beside its tokens")
    clean = order.rows.padded(0)
    try:
        with API_WORK.permit(seconds):
            return _noised(order, clean, wanted)
    except EngineError as error:
        raise engine_misfit(error, order.overlay, FIELDS) from None


def _noised(
    order: NoiseOrder, clean: NDArray[Any], wanted: frozenset[str]
) -> NoisedBatch:
    weights = None if order.weights is None else order.weights.padded(1.0)
    noised = order.process.noise(
        clean,
        _plain(order.timesteps),
        t=_plain(order.times),
        seed=order.seed,
        sequence_ids=order.sequence_ids,
        draw=order.draw,
        weights=weights,
        protect=_mask(order, clean),
        lengths=order.row_lengths,
    )
    if "masks" in wanted:
        noised.resampled  # noqa: B018 - made on first use, which should be here
    alphas = None
    if "alphas" in wanted:
        times = order.times
        if order.timesteps is not None:
            times = order.process.time(order.timesteps)
        sigma = order.process.position_sigma(
            times,
            clean.shape[-1],
            weights=weights,
            tokens=clean,
            lengths=order.row_lengths,
        )
        alphas = np.exp(-sigma)
    return NoisedBatch(order=order, clean=clean, noised=noised, alphas=alphas)


def _plain(given: NDArray[Any] | None) -> Any:
    """Return one number as Python's, which the engine is quickest with."""
    return given if given is None or given.ndim else given.item()


def _mask(order: NoiseOrder, clean: NDArray[Any]) -> NDArray[np.bool_] | None:
    match order.protect:
        case None:
            return None
        case Protected():
            return order.protect.mask(clean)
        case _:
            return order.protect.padded(fill=False)
