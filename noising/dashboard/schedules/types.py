"""The types that a specification may name, and their parameters, for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from noising.engine import GRAPH_TYPES, HYPERSCHEDULE_TYPES, SCHEDULE_TYPES
from noising.engine.parameters import REQUIRED, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownParameter:
    """A parameter as a page describes it."""

    name: str
    default: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownType:
    """A type with its parameters."""

    name: str
    parameters: list[KnownParameter]


def known_types() -> dict[str, list[KnownType]]:
    """Return the types of schedules, graphs and hyperschedules."""
    tables: Mapping[str, Mapping[str, Any]] = {
        "schedule": SCHEDULE_TYPES,
        "graph": GRAPH_TYPES,
        "hyperschedule": HYPERSCHEDULE_TYPES,
    }
    return {
        part: [
            KnownType(
                name=name,
                parameters=[
                    _described(key, parameter)
                    for key, parameter in kind.PARAMETERS.items()
                ],
            )
            for name, kind in table.items()
        ]
        for part, table in tables.items()
    }


def _described(name: str, parameter: Parameter) -> KnownParameter:
    default = parameter.default
    if default is REQUIRED:
        shown = "required"
    elif default is None:
        shown = "null"
    else:
        shown = str(default)
    return KnownParameter(name=name, default=shown, help=parameter.help)
