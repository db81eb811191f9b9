"""Fields of bodies and queries about schedules."""

from collections.abc import Mapping
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field

from noising.api.fields import StrictField, format_value
from noising.api.openapi.specifications import SPECIFICATION
from noising.api.text_fields import ChoiceField
from noising.engine.importers.document import MAX_TEXT


@extend_schema_field(SPECIFICATION)
class SpecificationField(StrictField):
    """A specification as a JSON object; what it says is for the engine to judge."""

    default_error_messages = {
        "not_an_object": "`{name}` must be an object, got {received}.",
    }

    def to_internal_value(self, data: Any) -> Mapping[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=format_value(data))
        return data


class ChoicesField(ChoiceField):
    """Some of a few names, each once, in the order given."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list of names, got {received}.",
        "empty": "`{name}` must not be empty.",
        "twice": "`{name}` must hold each name once, got {received} twice.",
    }

    def schema(self) -> dict[str, Any]:
        """Return the schema of the value."""
        items = super().schema()
        return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}

    def to_internal_value(self, data: Any) -> Any:
        """Return the names."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        if not data:
            self.fail("empty")
        names: dict[str, None] = {}
        for item in data:
            if self.check_name(item) in names:
                self.fail("twice", received=format_value(item))
            names[item] = None
        return list(names)


@extend_schema_field(
    {"oneOf": [{"type": "object"}, {"type": "string", "maxLength": MAX_TEXT}]}
)
class ConfigField(StrictField):
    """A configuration as an object or as text; the engine reads it."""

    default_error_messages = {
        "not_a_config": "`{name}` must be an object, or JSON or YAML text, "
        "got {received}.",
        "too_large": "`{name}` must have at most {most} bytes as JSON, got {size}.",
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the object or the text."""
        if not isinstance(data, (dict, str)):
            self.fail("not_a_config", received=format_value(data))
        size = len(orjson.dumps(data)) if isinstance(data, dict) else 0
        if size > MAX_TEXT:
            self.fail("too_large", most=MAX_TEXT, size=size)
        return data
