"""Descriptions of specifications for the OpenAPI document, from the engine's tables.

They are components of the document: every request and response with a specification
refers to the same description.
"""

import json
from collections.abc import Mapping
from typing import Any

from noising.engine import GRAPH_TYPES, HYPERSCHEDULE_TYPES, SCHEDULE_TYPES
from noising.engine.parameters import REQUIRED, Parameter
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE

COMPONENTS = "#/components/schemas"
SPECIFICATION = {"$ref": f"{COMPONENTS}/Specification"}
HYPERSCHEDULE = {"$ref": f"{COMPONENTS}/HyperscheduleSpecification"}


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.schema() | {"description": parameter.help}
    default = parameter.default
    if isinstance(default, Mapping) and "oneOf" in schema:
        # Programs that generate clients take no default for one of several objects.
        schema["description"] += f"; by default {json.dumps(default)}"
    elif default is not REQUIRED:
        schema["default"] = default
    return schema


def _describe_type(name: str, kind: Any) -> dict[str, Any]:
    """Return the schema of one type of a part, with its parameters."""
    table: Mapping[str, Parameter] = kind.PARAMETERS
    required = [key for key, each in table.items() if each.default is REQUIRED]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").partition("\n")[0],
        "properties": {"type": {"type": "string", "const": name}}
        | {key: _describe_parameter(parameter) for key, parameter in table.items()},
        "required": ["type", *required],
        "additionalProperties": False,
    }


def _describe_part(part: str, types: Mapping[str, Any]) -> dict[str, Any]:
    """Return the components of a part: each type, and the choice between them."""
    names = {name: f"{name}_{part}".title().replace("_", "") for name in types}
    references = {name: f"{COMPONENTS}/{names[name]}" for name in types}
    choice = {
        "description": f"A {part}: a type and its parameters.",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "type", "mapping": references},
    }
    components = {
        names[name]: _describe_type(name, kind) for name, kind in types.items()
    }
    return components | {f"{part.title()}Specification": choice}


def specification_schemas() -> dict[str, Any]:
    """Return the components by name."""
    properties = {
        "vocab_size": _describe_parameter(VOCAB_SIZE),
        "num_timesteps": _describe_parameter(NUM_TIMESTEPS),
        "schedule": {"$ref": f"{COMPONENTS}/ScheduleSpecification"},
        "graph": {"$ref": f"{COMPONENTS}/GraphSpecification"},
        "hyperschedule": {"oneOf": [HYPERSCHEDULE, {"type": "null"}]},
    }
    specification = {
        "type": "object",
        "description": "A noise process. Missing keys have the engine's defaults.",
        "properties": properties,
        "additionalProperties": False,
    }
    return {
        "Specification": specification,
        **_describe_part("schedule", SCHEDULE_TYPES),
        **_describe_part("graph", GRAPH_TYPES),
        **_describe_part("hyperschedule", HYPERSCHEDULE_TYPES),
    }


def add_specifications(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add the components; drf-spectacular calls it with the document."""
    result["components"]["schemas"] |= specification_schemas()
    return result
