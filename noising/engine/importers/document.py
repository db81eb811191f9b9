"""A configuration's text as an object: JSON, or YAML where PyYAML is installed."""

import json
from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.parameters import mapping

MAX_TEXT: Final = 1 << 16


def document(config: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration as an object.

    Args:
        config: an object already, or JSON or YAML text of at most 64 KiB.

    Raises:
        EngineError: the text is too long, is neither, or holds no object.
    """
    if not isinstance(config, str):
        return mapping(config, "config")
    if len(config) > MAX_TEXT:
        raise EngineError(
            "config",
            "too_large",
            f"must have at most {MAX_TEXT} characters",
            len(config),
            "leave the sections out that say nothing about the noise",
        )
    return mapping(_parsed(config), "config")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _parsed_yaml(text)


def _parsed_yaml(text: str) -> Any:
    try:
        import yaml  # an optional guest: the engine itself needs NumPy alone
    except ImportError:
        raise EngineError(
            "config",
            "yaml_missing",
            "must be JSON, since PyYAML is not installed",
            text,
            "install PyYAML, or give the configuration as JSON or as an object",
        ) from None
    try:
        return yaml.safe_load(text)
    # PyYAML's constructors let ValueError through, for dates and huge integers.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise EngineError(
            "config", "not_readable", "must be JSON or YAML", text, reason
        ) from None
