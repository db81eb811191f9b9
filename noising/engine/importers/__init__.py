"""Other projects' configurations as specifications.

``import_config("sedd", text)`` reads a configuration with the original's own key
names and returns a specification, with a note on every key that the original
ignores, that says nothing about the noise, or whose meaning differs here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from noising.engine.errors import EngineError
from noising.engine.importers import diffusers, gidd, hdlm, mdlm, sedd
from noising.engine.importers.document import document
from noising.engine.importers.reader import ASSUMED, Note, Reader
from noising.engine.parameters import nearest
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE, build_process

Importer: TypeAlias = Callable[[Reader], dict[str, Any]]

SOURCES: Mapping[str, Importer] = {
    "sedd": sedd.specification,
    "mdlm": mdlm.specification,
    "hdlm": hdlm.specification,
    "gidd": gidd.specification,
    "diffusers": diffusers.specification,
}
"""The one table from a project's name to what reads its configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A specification and what is to be known about where it came from.

    Attributes:
        spec: the canonical specification; `build_process` takes it.
        notes: what was ignored, assumed or differs, in the order it was met.
    """

    spec: dict[str, Any]
    notes: tuple[Note, ...]


def import_config(
    source: str,
    config: str | Mapping[str, Any],
    *,
    vocab_size: int | None = None,
    num_timesteps: int | None = None,
) -> Imported:
    """Return the specification that another project's configuration describes.

    Args:
        source: a key of `SOURCES`: sedd, mdlm, hdlm, gidd or diffusers.
        config: the configuration as an object, or as JSON or YAML text of at most
            64 KiB; YAML needs PyYAML.
        vocab_size: V where the configuration does not say it, or in its place.
        num_timesteps: T where the original has continuous time, or in its place.

    Raises:
        EngineError: a text that cannot be read, a key that is missing or wrong (with
            a path that begins with ``config``), or a process that has no counterpart.
    """
    if not isinstance(source, str) or source not in SOURCES:
        hint = nearest(source, SOURCES) if isinstance(source, str) else ""
        rule = f"must be one of {', '.join(SOURCES)}"
        raise EngineError("source", "unknown_source", rule, source, hint)
    reader = Reader(document(config))
    spec = SOURCES[source](reader)
    given = {"vocab_size": vocab_size, "num_timesteps": num_timesteps}
    defaults = {
        "vocab_size": VOCAB_SIZE.default,
        "num_timesteps": NUM_TIMESTEPS.default,
    }
    for name, value in given.items():
        if value is not None:
            spec[name] = value
        elif name not in spec:
            reader.note(
                ASSUMED, name, f"The configuration does not say it: {defaults[name]}."
            )
    reader.note_the_rest()
    return Imported(spec=build_process(spec).spec, notes=tuple(reader.notes))


__all__ = ["SOURCES", "Imported", "Note", "import_config"]
