"""A configuration's text as an object: JSON, or YAML where PyYAML is installed."""

import json
from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.parameters import mapping

MAX_TEXT: Final = 1 << 16
MAX_DEPTH: Final = 100
MAX_ALIASES: Final = 1_000
MAX_KEYS: Final = 4_096
"""Keys of one YAML mapping, those that it merges from others included."""
WANDB_RECORDS: Final = ("wandb_version", "_wandb")
"""What Weights & Biases writes beside the keys of a run."""
WANDB_FORM: Final = frozenset({"desc", "value"})


def document(config: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration as an object.

    Weights & Biases keeps a run's configuration as {key: {desc, value}}; the keys are
    returned with their values.

    Args:
        config: an object already, or JSON or YAML text of at most 64 KiB.

    Raises:
        EngineError: the text is too long, is neither, or holds no object.
    """
    if not isinstance(config, str):
        return _unwrapped(mapping(config, "config"))
    if len(config) > MAX_TEXT:
        raise EngineError(
            "config",
            "too_large",
            f"must have at most {MAX_TEXT} characters",
            len(config),
            "leave the sections out that say nothing about the noise",
        )
    return _unwrapped(mapping(_parsed(config), "config"))


def _unwrapped(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what Weights & Biases wrapped, or the configuration as it is."""
    wrapped = {key: entry for key, entry in config.items() if key != "wandb_version"}
    is_wrapped = wrapped and all(
        isinstance(entry, Mapping) and "value" in entry and set(entry) <= WANDB_FORM
        for entry in wrapped.values()
    )
    if not is_wrapped:
        return config
    return {**config, **{key: entry["value"] for key, entry in wrapped.items()}}


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

    class Loader(yaml.SafeLoader):
        """SafeLoader, with bounds on what a short text may cost."""

        aliases = 0
        depth = 0

        def fetch_flow_collection_start(self, token: Any) -> None:
            # The scanner reads on before anything is composed, at a cost that grows
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
    # PyYAML's constructors let ValueError through, for dates and huge integers.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise EngineError(
            "config", "not_readable", "must be JSON or YAML", text, reason
        ) from None
