"""The responses with exact quantities, and their descriptions.

The renderer writes null for a value that is not finite.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.array_fields import one_of_schema
from noising.api.processes import convert_process_error
from noising.api.quantities.requests import QuantityRequest
from noising.budget import API_WORK
from noising.engine import EngineError

FIELDS: Mapping[str, str] = {"x0": "x0", "xt": "xt", "s": "earlier_times", "t": "times"}
"""Field of the request by the engine's argument."""


def compute_quantity(request: QuantityRequest, quantity: str) -> dict[str, Any]:
    """Return one of the three quantities.

    Args:
        request: the tokens, times and process.
        quantity: the engine's method: marginal, posterior or score_ratio.

    Raises:
        ValidationError: the process has no such quantity for these tokens.
        BusyError: other requests do all the costly work that is allowed.
    """
    process = request.selection.process
    try:
        with API_WORK.permit(request.seconds):
            values = getattr(process, quantity)(**request.arguments)
    except EngineError as error:
        raise convert_process_error(error, "schedule", FIELDS) from None
    if request.candidates is not None:
        values = np.ascontiguousarray(values[..., request.candidates])
    return {
        quantity: values,
        "candidates": request.candidates,
        "num_states": process.num_states,
        "fingerprint": process.fingerprint,
    }


VALUE = {"type": ["number", "null"]}
ROW = {"type": "array", "items": VALUE}
VALUES_HELP = (
    "A value for each state or candidate, in a row for each row of the request."
)


@extend_schema_field(one_of_schema(ROW, {"type": "array", "items": ROW}))
class _ValuesField(serializers.Field[Any, Any, Any, Any]):
    """Values by state; null if it is not finite."""


class _QuantitySerializer(serializers.Serializer[Any]):
    candidates = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="The states that the values belong to; null for all, in order.",
    )
    num_states = serializers.IntegerField(help_text="Number of states.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


class MarginalSerializer(_QuantitySerializer):
    """The response of POST marginal."""

    marginal = _ValuesField(help_text=VALUES_HELP)


class PosteriorSerializer(_QuantitySerializer):
    """The response of POST posterior."""

    posterior = _ValuesField(help_text=VALUES_HELP)


class ScoreRatioSerializer(_QuantitySerializer):
    """The response of POST score-ratio."""

    score_ratio = _ValuesField(help_text=VALUES_HELP)
