"""The response of POST noise: the noised batch, and its description."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.array_fields import Rows, one_of_schema, rows_schema
from noising.api.core.responses import MetricsSerializer, count_unchanged
from noising.api.noise.requests import NoiseBatchRequest, Protected
from noising.api.processes import check_seconds, convert_process_error
from noising.budget import API_WORK
from noising.engine import EngineError, Noised
from noising.metrics import TALLY

FIELDS = {
    "tokens": "tokens",
    "timestep": "timesteps",
    "t": "times",
    "weights": "weights",
    "sequence_ids": "sequence_ids",
    "positions": "positions",
    "lengths": "lengths",
    "protect": "protect",
    "count": "count",
    "at_least": "at_least",
    "block": "block",
}
"""Field of the request by the engine's argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """A noised batch.

    Attributes:
        request: the batch and how to noise it.
        clean: the tokens, padded.
        noised: the result.
        complement: the tokens of the complementary batch, padded, or None unless
            requested.
        alphas: alpha by position, padded, or None unless requested.
    """

    request: NoiseBatchRequest
    clean: NDArray[Any]
    noised: Noised
    complement: NDArray[Any] | None
    alphas: NDArray[np.float64] | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response in every format."""
        return {
            "Noise-Seed": str(self.noised.seed),
            "Noise-Fingerprint": self.request.selection.process.fingerprint,
        }

    @property
    def metrics(self) -> dict[str, Any]:
        """How many of the batch's real tokens are unchanged."""
        padding = 0
        total = self.clean.size
        if self.request.row_lengths is not None:
            total = int(self.request.row_lengths.sum())
            padding = self.clean.size - total
        unchanged = int(np.count_nonzero(self.noised.tokens == self.clean))
        return count_unchanged(unchanged - padding, total)


def noise_batch(
    request: NoiseBatchRequest, *, allowed: frozenset[str], always: frozenset[str]
) -> BatchResult:
    """Noise a batch.

    Args:
        request: the batch and how to noise it.
        allowed: the extras that the format of the response can hold.
        always: those among them that it always holds.

    Raises:
        ValidationError: arguments that the engine cannot use together or for these
            rows, work that takes too long, or extras that the format of the
            response cannot hold.
        BusyError: other requests do all the costly work that is allowed.
    """
    if not request.extras <= allowed:
        text = (
            f"`return` may have {', '.join(sorted(allowed))} in a response of this "
            f"format, got {', '.join(sorted(request.extras))}: choose another format "
            "with Accept."
        )
        raise ValidationError({"return": [ErrorDetail(text, "not_in_this_form")]})
    extras = request.extras | always
    seconds = request.estimate_seconds(extras)
    check_seconds(seconds, "in addition to noising its tokens")
    clean = request.rows.pad(0)
    try:
        with API_WORK.permit(seconds + request.estimate_position_seconds(extras)):
            return _noise(request, clean, extras)
    except EngineError as error:
        raise convert_process_error(error, request.selection.overlay, FIELDS) from None


def _noise(
    request: NoiseBatchRequest, clean: NDArray[Any], extras: frozenset[str]
) -> BatchResult:
    process = request.selection.process
    weights = None if request.weights is None else request.weights.pad(1.0)
    timesteps, times = _unwrap(request.timesteps), _unwrap(request.times)
    mask = _make_mask(request, clean)
    started = perf_counter()
    noised = process.noise(
        clean,
        timesteps,
        t=times,
        seed=request.seed,
        sequence_ids=_unwrap(request.sequence_ids),
        draw=request.draw,
        positions=None if request.positions is None else request.positions.pad(0),
        weights=weights,
        protect=mask,
        lengths=request.row_lengths,
        count=request.count,
        at_least=request.at_least,
        block=request.block,
    )
    TALLY.add_noise(noised.tokens.size, perf_counter() - started)
    if "masks" in extras:
        noised.resampled  # noqa: B018 - made on first use, which must be within the permit
    complement = _find_complement(noised) if "complement" in extras else None
    alphas = None
    if "alphas" in extras and request.has_time_by_token:
        alphas = np.asarray(noised.alpha)
    elif "alphas" in extras:
        sigma = process.position_sigma(
            times if request.timesteps is None else process.time(timesteps),
            clean.shape[-1],
            weights=weights,
            tokens=clean,
            lengths=request.row_lengths,
        )
        alphas = np.exp(-sigma)
    return BatchResult(
        request=request,
        clean=clean,
        noised=noised,
        complement=complement,
        alphas=alphas,
    )


def _find_complement(noised: Noised) -> NDArray[Any]:
    """Return the tokens of the complementary batch.

    Raises:
        ValidationError: the graph has none.
    """
    try:
        return noised.complement().tokens
    except EngineError as error:
        detail = ErrorDetail(error.sentence, error.code)
        raise ValidationError({"return": [detail]}) from None


def _unwrap(given: Rows | None) -> Any:
    """Return a single number as a Python number, with which the engine is fastest."""
    if given is None:
        return None
    return given.pad(0) if given.shape else given.values.item()


def _make_mask(
    request: NoiseBatchRequest, clean: NDArray[Any]
) -> NDArray[np.bool_] | None:
    match request.protect:
        case None:
            return None
        case Protected():
            return request.protect.make_mask(clean)
        case _:
            return request.protect.pad(fill=False)


NUMBER = {"type": "number"}


@extend_schema_field(rows_schema({"type": "integer"}))
class _TokensField(serializers.Field[Any, Any, Any, Any]):
    """Ids in the shape of the request's tokens."""


@extend_schema_field(rows_schema(NUMBER))
class _AlphasField(serializers.Field[Any, Any, Any, Any]):
    """Numbers in the shape of the request's tokens."""


@extend_schema_field(one_of_schema(NUMBER, *rows_schema(NUMBER)["oneOf"]))
class _AlphaField(serializers.Field[Any, Any, Any, Any]):
    """One number, one for each row, or one for each token."""


@extend_schema_field(rows_schema({"type": "boolean"}))
class _MaskField(serializers.Field[Any, Any, Any, Any]):
    """Truth values in the shape of the request's tokens."""


class BatchMasksSerializer(serializers.Serializer[Any]):
    """A boolean for each token."""

    resampled = _MaskField(help_text="Resampled, possibly to the same id.")
    changed = _MaskField(help_text="The id differs from the clean one.")


class NoisedBatchSerializer(serializers.Serializer[Any]):
    """The response of POST noise as JSON; the last three keys only on request."""

    noised_tokens = _TokensField(help_text="In the shape of the request's tokens.")
    alpha = _AlphaField(help_text="In the shape of the times, without a hyperschedule.")
    seed = serializers.IntegerField(min_value=0)
    metrics = MetricsSerializer(help_text="For the whole batch.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")
    alphas = _AlphasField(required=False, help_text="By position.")
    masks = BatchMasksSerializer(required=False)
    complement = _TokensField(
        required=False,
        help_text="The tokens of the complementary batch, in which exactly the other "
        "positions moved, except protected ones. Its alpha is 1 - `alpha`.",
    )
