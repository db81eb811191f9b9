"""Other projects' configurations as specifications.

``import_config("sedd", text)`` reads a configuration with the original's own key
names and returns a specification. Of every key it says whether it was used, or in a
note that the original ignores it, that it is known to say nothing about the noise,
that its meaning differs here, or that the importer does not understand it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from noising.engine.errors import EngineError
from noising.engine.importers import diffusers, gidd, hdlm, mdlm, sedd
from noising.engine.importers.document import WANDB_RECORDS, document
from noising.engine.importers.projects import check_project
from noising.engine.importers.reader import ASSUMED, NOTE_KINDS, Note, Reader
from noising.engine.parameters import nearest
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE, build_process

Importer: TypeAlias = Callable[[Reader], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A project whose configurations can be read.

    Attributes:
        read: returns the specification of a configuration.
        no_meaning: keys and sections that are known to say nothing about the noise.
    """

    read: Importer
    no_meaning: Collection[str]


SOURCES: Mapping[str, Source] = {
    "sedd": Source(read=sedd.specification, no_meaning=sedd.WITHOUT_MEANING),
    "mdlm": Source(read=mdlm.specification, no_meaning=mdlm.WITHOUT_MEANING),
    "hdlm": Source(read=hdlm.specification, no_meaning=hdlm.WITHOUT_MEANING),
    "gidd": Source(read=gidd.specification, no_meaning=gidd.WITHOUT_MEANING),
    "diffusers": Source(
        read=diffusers.specification, no_meaning=diffusers.WITHOUT_MEANING
    ),
}
"""Maps a project's name to what reads its configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A specification and what is to be known about where it came from.

    Attributes:
        spec: the canonical specification; `build_process` takes it.
        used: keys of the original that it was made from, in the order of reading.
        notes: what is to be known about keys, those that were not used among them.
    """

    spec: dict[str, Any]
    used: tuple[str, ...]
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
            64 KiB; YAML needs PyYAML. Weights & Biases' form, ``{key: {value: ...}}``,
            is read as what it holds.
        vocab_size: V where the configuration does not say it, or in its place.
        num_timesteps: T where the original has continuous time, or in its place.

    Raises:
        EngineError: a text that cannot be read, a key that is missing or wrong (with
            a path that begins with ``config``), another project's configuration, or a
            process that has no counterpart.
    """
    if not isinstance(source, str) or source not in SOURCES:
        hint = nearest(source, SOURCES) if isinstance(source, str) else ""
        rule = f"must be one of {', '.join(SOURCES)}"
        raise EngineError("source", "unknown_source", rule, source, hint)
    given = {"vocab_size": vocab_size, "num_timesteps": num_timesteps}
    reader = Reader(document(config), **given)
    check_project(reader, source)
    try:
        spec = _specification(reader, SOURCES[source].read, given)
    except EngineError as error:
        raise reader.restore_key(error) from None
    reader.note_the_rest((*SOURCES[source].no_meaning, *WANDB_RECORDS))
    return Imported(spec=spec, used=reader.used, notes=tuple(reader.notes))


def _specification(
    reader: Reader, read: Importer, given: Mapping[str, int | None]
) -> dict[str, Any]:
    """Return the canonical specification with the sizes that the caller gives.

    Raises:
        EngineError: there is none; the path may be one of the specification.
    """
    spec = read(reader)
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
    return build_process(spec).spec


__all__ = ["NOTE_KINDS", "SOURCES", "Imported", "Note", "Source", "import_config"]
