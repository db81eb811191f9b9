"""How serializers and fields of our own describe themselves in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    Direction,
)


class StrictSerializerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a strict serializer what it refuses: other keys, and too many of some."""

    target_class = "noising.api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the body."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # untyped
            self.target, direction, bypass_extensions=True
        )
        excluded = [each for rule in self.target.one_of for each in rule.excluded()]
        if excluded:
            # Under `not`, since programs that generate clients take `oneOf` or `allOf`
            # at this place for another body.
            schema = schema | {"not": {"anyOf": excluded}}
        return schema | {"additionalProperties": False}


def whole(most: int, *, least: int = 0) -> dict[str, Any]:
    """Return the schema of an integer in least..most."""
    return {"type": "integer", "minimum": least, "maximum": most}


class WholeNumberExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a whole number its range with this configuration."""

    target_class = "noising.api.fields.WholeNumberField"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the number."""
        return whole(self.target.greatest(), least=self.target.least)


class WholeNumbersExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a list of whole numbers their range, and whether it may be empty."""

    target_class = "noising.api.fields.WholeNumbersField"
    match_subclasses = True

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the list."""
        schema = {"type": "array", "items": whole(self.target.most())}
        return schema if self.target.allow_empty else schema | {"minItems": 1}
