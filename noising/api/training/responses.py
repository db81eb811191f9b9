"""The responses with training times and weights, and their descriptions.

The renderer writes null for a value that is not finite.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.array_fields import one_of_schema
from noising.api.processes import convert_process_error
from noising.api.training.requests import AtTimesRequest, TrainingTimesRequest
from noising.budget import API_WORK
from noising.engine import EngineError, fresh_seed


def draw_times(request: TrainingTimesRequest) -> dict[str, Any]:
    """Return training times and their weights.

    Raises:
        ValidationError: arguments that do not fit together or the process.
        BusyError: other requests do all the costly work that is allowed.
    """
    process = request.selection.process
    seed = fresh_seed() if request.seed is None else request.seed
    try:
        with API_WORK.permit(request.seconds):
            times, weights = process.sample_times(
                request.shape, seed=seed, **request.arguments
            )
    except EngineError as error:
        names = {name: name for name in ("n", *request.arguments)}
        raise convert_process_error(error, "schedule", names) from None
    return {
        "times": times,
        "weights": weights,
        "seed": seed,
        "fingerprint": process.fingerprint,
    }


def compute_at_times(request: AtTimesRequest, quantity: str) -> dict[str, Any]:
    """Return a quantity at times.

    Args:
        request: the times and the process.
        quantity: the engine's method: loss_weight or loo_shift.

    Raises:
        ValidationError: the process has no such quantity, or arguments do not fit.
        BusyError: other requests do all the costly work that is allowed.
    """
    process = request.selection.process
    try:
        with API_WORK.permit(request.seconds):
            values = getattr(process, quantity)(request.t, **request.arguments)
    except EngineError as error:
        names = {name: name for name in request.arguments} | {"t": request.field}
        raise convert_process_error(error, "schedule", names) from None
    return {quantity: values, "fingerprint": process.fingerprint}


NUMBER = {"type": "number"}
VALUE = {"type": ["number", "null"]}


def _arrays_schema(value: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of lists of values, or of rows of them."""
    row = {"type": "array", "items": value}
    return one_of_schema(*others, row, {"type": "array", "items": row, "minItems": 1})


@extend_schema_field(_arrays_schema(NUMBER))
class _TimesField(serializers.Field[Any, Any, Any, Any]):
    """Numbers in the shape of `n`."""


@extend_schema_field(_arrays_schema(VALUE, VALUE))
class _ValuesField(serializers.Field[Any, Any, Any, Any]):
    """Numbers in the shape of the times and counts; null for an infinite one."""


class TrainingTimesSerializer(serializers.Serializer[Any]):
    """The response of POST times."""

    times = _TimesField(help_text="Times in (low, high].")
    weights = _TimesField(
        help_text="1/density of each time: a mean of weight times loss estimates the "
        "integral of the loss from `low` to `high`."
    )
    seed = serializers.IntegerField(min_value=0)
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


class LossWeightSerializer(serializers.Serializer[Any]):
    """The response of POST loss-weight."""

    loss_weight = _ValuesField(help_text="In the shape of the times and counts.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


class LooShiftSerializer(serializers.Serializer[Any]):
    """The response of POST loo-shift."""

    loo_shift = _ValuesField(help_text="In the shape of the times.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")
