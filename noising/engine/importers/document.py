"""Parses a configuration: JSON, or YAML if PyYAML is installed."""

import json
from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.parameters import mapping

MAX_TEXT: Final = 1 << 16
MAX_DEPTH: Final = 100
MAX_ALIASES: Final = 1_000
MAX_KEYS: Final = 4_096
"""Most keys of a YAML mapping, including those that it merges from others."""
WANDB_RECORDS: Final = ("wandb_version", "_wandb")
"""Keys that Weights & Biases adds to those of a run."""
WANDB_FORM: Final = frozenset({"desc", "value"})


def document(config: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration as an object.

    From the form of Weights & Biases, {key: {desc, value}}, it returns {key: value}.

    Args:
        config: an object, or JSON or YAML text of at most 64 KiB.

    Raises:
        EngineError: the text is too long, is neither JSON nor YAML, or is not an
            object.
    """
    if not isinstance(config, str):
        return _unwrap(mapping(config, "config"))
    if len(config) > MAX_TEXT:
        raise EngineError(
            "config",
            "too_large",
            f"must have at most {MAX_TEXT} characters",
            len(config),
            "remove the sections that do not affect the noise",
        )
    return _unwrap(mapping(_parse(config), "config"))


def _unwrap(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of the form of Weights & Biases, else the configuration."""
    wrapped = {key: entry for key, entry in config.items() if key != "wandb_version"}
    is_wrapped = wrapped and all(
        isinstance(entry, Mapping) and "value" in entry and set(entry) <= WANDB_FORM
        for entry in wrapped.values()
    )
    if not is_wrapped:
        return config
    return {**config, **{key: entry["value"] for key, entry in wrapped.items()}}


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _parse_yaml(text)


def _parse_yaml(text: str) -> Any:
    try:
        import yaml  # optional: the engine itself needs NumPy only
    except ImportError:
        raise EngineError(
            "config",
            "yaml_missing",
            "must be JSON, since PyYAML is not installed",
            text,
            "install PyYAML, or pass the configuration as JSON or as an object",
        ) from None

    class Loader(yaml.SafeLoader):
        """SafeLoader with limits, since a short text can take much time and memory."""

        aliases = 0
        depth = 0

        def fetch_flow_collection_start(self, token: Any) -> None:
            # The scanner reads ahead before nodes are composed, and its time grows
            # with the square of the depth.
            self.check_depth(self.flow_level)
            super().fetch_flow_collection_start(token)

        def check_depth(self, depth: int) -> None:
            if depth >= MAX_DEPTH:
                raise yaml.YAMLError(f"nesting deeper than {MAX_DEPTH}")

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                self.aliases += 1
                if self.aliases > MAX_ALIASES:
                    raise yaml.YAMLError(f"more than {MAX_ALIASES} aliases")
            self.check_depth(self.depth)
            self.depth += 1
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1

        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            if len(node.value) > MAX_KEYS:
                raise yaml.YAMLError(f"a mapping of more than {MAX_KEYS} keys")

    try:
        return yaml.load(text, Loader)  # noqa: S506 - it is a SafeLoader
    # PyYAML's constructors raise ValueError for invalid dates and huge integers.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise EngineError(
            "config", "not_readable", "must be JSON or YAML", text, reason
        ) from None
