"""The request of POST noise, whichever form it came in, as an order."""

from typing import Any

import numpy as np
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from noising.api.array_fields import (
    WHOLE,
    MaskRowsField,
    TimesField,
    TokensField,
    WeightRowsField,
    WholeField,
    either,
    nested,
)
from noising.api.arrays import Rows
from noising.api.fields import ExtrasField, format_value
from noising.api.noise.orders import NoiseOrder, Protected, misfits
from noising.api.process_requests import DrawnSerializer
from noising.api.serializers import OneOf

PROTECT_KEYS = ("ids", "positions")
PROTECTED = {
    "type": "object",
    "properties": {key: {"type": "array", "items": WHOLE} for key in PROTECT_KEYS},
    "additionalProperties": False,
    "minProperties": 1,
}


@extend_schema_field(either(*nested({"type": "boolean"})["oneOf"], PROTECTED))
class ProtectField(MaskRowsField):
    """What never changes: a mask, or token ids and positions."""

    default_error_messages = {
        "unknown_key": "`{name}` may have the keys ids and positions, got {received}.",
        "empty_object": "`{name}` must have ids or positions, got neither.",
    }
    form = "a list of booleans, rows of them, or an object of ids and positions"

    def to_internal_value(self, data: Any) -> Rows | Protected:  # type: ignore[override]  # a mask is one of two forms
        """Return the mask, or what makes it."""
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        strangers = [key for key in data if key not in PROTECT_KEYS]
        if strangers:
            self.fail("unknown_key", received=format_value(strangers[0]))
        if not data:
            self.fail("empty_object")
        return Protected(**{key: self._numbers(data, key) for key in PROTECT_KEYS})

    def _numbers(self, data: dict[str, Any], key: str) -> Any:
        given = data.get(key, [])
        if given == []:
            return np.empty(0, np.int64)
        field = WholeField()
        field.field_name = f"{self.name}.{key}"
        try:
            return field.to_internal_value(given).reshape(-1)
        except ValidationError as error:
            raise ValidationError({key: error.detail}) from None


class NoiseBatchRequestSerializer(DrawnSerializer):
    """A batch of token sequences and how to noise it."""

    one_of = (
        OneOf(names=("timesteps", "times"), least=1, elsewhere=True),
        OneOf(names=("weights", "token_types", "hyperschedule")),
    )

    tokens = TokensField(
        help_text="Token ids of one sequence, or of rows, which may differ in length."
    )
    timesteps = WholeField(
        default=None,
        allow_null=True,
        help_text="Timestep in 0..num_timesteps-1, one for all rows or one for each.",
    )
    times = TimesField(
        default=None,
        allow_null=True,
        help_text="Real times in [0, 1] instead of timesteps.",
    )
    sequence_ids = WholeField(
        default=None,
        allow_null=True,
        help_text="Id of each row; a row's random numbers depend on the seed and its "
        "id. By default the row's index.",
    )
    lengths = WholeField(
        default=None,
        allow_null=True,
        help_text="Number of real tokens in each row, if rows are padded. Padding does "
        "not change.",
    )
    protect = ProtectField(
        default=None,
        allow_null=True,
        help_text="Tokens that never change.",
    )
    weights = WeightRowsField(
        default=None,
        allow_null=True,
        help_text="Weights above 0, by token or by position; higher means less noise.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a keyword of Python."""
        extras = ExtrasField(
            default=frozenset, help_text="Further keys of the response."
        )
        return {**super().get_fields(), "return": extras}

    def parse(self, draft: Any) -> NoiseOrder:
        """Return what the draft asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(draft)
        chosen = self.chosen(values)
        order = NoiseOrder(
            rows=values["tokens"],
            process=chosen.process,
            served=chosen.served,
            overlay=chosen.overlay,
            timesteps=values["timesteps"],
            times=values["times"],
            weights=values["weights"],
            protect=values["protect"],
            lengths=_one_a_row(values["lengths"], values["tokens"]),
            seed=values["seed"],
            sequence_ids=_one_a_row(values["sequence_ids"], values["tokens"]),
            draw=values["draw"],
            extras=values["return"],
        )
        details = misfits(order)
        if details:
            raise ValidationError(details)
        return order


def _one_a_row(given: Any, tokens: Rows) -> Any:
    """Return numbers, one alone as a list where there is one row."""
    if given is None or given.ndim or tokens.shape[:-1] != (1,):
        return given
    return given.reshape(1)


NOISE_BATCH = NoiseBatchRequestSerializer()
"""It keeps no state: one instance serves every call."""
