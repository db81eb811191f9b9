"""Specifications as pages show them."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST_LIST = 8


def readable(specification: Mapping[str, Any]) -> str:
    """Return a specification as indented JSON, of long lists only the beginning.

    A `custom` schedule may hold 100,000 numbers, which no page needs to carry.
    """
    return json.dumps(_shortened(specification), indent=2)


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shortened(part) for name, part in value.items()}
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return [*value[:LONGEST_LIST], f"... {len(value) - LONGEST_LIST:,} more"]
    return value
