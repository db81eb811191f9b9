"""Finds the project that a configuration is from."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers import (
    SOURCES,
    Imported,
    import_config,
    read_config,
)
from noising.engine.importers.document import document
from noising.engine.importers.reader import NOT_UNDERSTOOD, Reader

AUTO: Final = "auto"
"""The source of a configuration whose project is to be found."""

_USED: Final = 4
"""How many keys that are not understood a key that is used outweighs."""

_LIKELY: Final = 2
"""How many keys a project uses before it refuses a configuration that may be its own.

Names such as `noise.type` are in several projects' configurations.
"""


def import_from(
    source: str,
    config: str | Mapping[str, Any],
    *,
    vocab_size: int | None = None,
    num_timesteps: int | None = None,
) -> tuple[str, Imported]:
    """Return the project and what it reads; for ``auto``, see `detect_source`.

    Args and errors are those of `import_config`.
    """
    sizes = {"vocab_size": vocab_size, "num_timesteps": num_timesteps}
    if source == AUTO:
        return detect_source(config, **sizes)
    return source, import_config(source, config, **sizes)


def detect_source(
    config: str | Mapping[str, Any],
    *,
    vocab_size: int | None = None,
    num_timesteps: int | None = None,
) -> tuple[str, Imported]:
    """Return the project that reads a configuration best, and what it reads.

    Every reader is tried. Keys of other projects make most of them refuse; of those
    left, the one that uses most keys and leaves fewest is taken.

    Args:
        config: as for `import_config`.
        vocab_size: V, which overrides the configuration.
        num_timesteps: T, which overrides the configuration.

    Raises:
        EngineError: the text cannot be parsed, or no project reads it. If a project
            would, but for a value, the error is about that value: of several, the
            one that used most keys before.
    """
    parsed = document(config)
    found: list[tuple[int, str, Imported]] = []
    refusals: list[tuple[int, EngineError]] = []
    for source in SOURCES:
        reader = Reader(parsed, vocab_size=vocab_size, num_timesteps=num_timesteps)
        try:
            imported = read_config(source, reader)
        except EngineError as error:
            if error.code != "other_project":
                refusals.append((len(reader.used), error))
            continue
        found.append((_rate(imported), source, imported))
    if found:
        _, source, imported = max(found, key=lambda each: each[0])
        return source, imported
    unknown = EngineError(
        "config",
        "unknown_source",
        f"must be a configuration of {', '.join(SOURCES)}",
        ", ".join(sorted(str(key) for key in parsed)[:8]),
        "name the project, or give the section that sets the noise with its key",
    )
    used, likeliest = max(refusals, key=lambda each: each[0], default=(0, unknown))
    raise likeliest if used >= _LIKELY or len(refusals) == 1 else unknown


def _rate(imported: Imported) -> int:
    strange = sum(note.kind == NOT_UNDERSTOOD for note in imported.notes)
    return _USED * len(imported.used) - strange
