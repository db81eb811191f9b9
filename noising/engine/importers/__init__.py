"""Import of other projects' configurations.

``import_config("sedd", text)`` reads a configuration with the original's key names and
returns a specification. It reports every key: it was used, or a note says that the
original ignores it, that it does not affect the noise, that its meaning differs here,
or that the importer does not know it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from noising.engine.errors import EngineError
from noising.engine.importers import (
    bd3lm,
    diffusers,
    dllm,
    dream,
    duo,
    flow_matching,
    gidd,
    hdlm,
    llada,
    mdlm,
    sedd,
    udlm,
)
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
        no_meaning: keys and sections that are known not to affect the noise.
    """

    read: Importer
    no_meaning: Collection[str]


SOURCES: Mapping[str, Source] = {
    "sedd": Source(read=sedd.specification, no_meaning=sedd.WITHOUT_MEANING),
    "mdlm": Source(read=mdlm.specification, no_meaning=mdlm.WITHOUT_MEANING),
    "udlm": Source(read=udlm.specification, no_meaning=udlm.WITHOUT_MEANING),
    "bd3lm": Source(read=bd3lm.specification, no_meaning=bd3lm.WITHOUT_MEANING),
    "duo": Source(read=duo.specification, no_meaning=duo.WITHOUT_MEANING),
    "hdlm": Source(read=hdlm.specification, no_meaning=hdlm.WITHOUT_MEANING),
    "gidd": Source(read=gidd.specification, no_meaning=gidd.WITHOUT_MEANING),
    "flow_matching": Source(
        read=flow_matching.specification, no_meaning=flow_matching.WITHOUT_MEANING
    ),
    "diffusers": Source(
        read=diffusers.specification, no_meaning=diffusers.WITHOUT_MEANING
    ),
    "llada": Source(read=llada.specification, no_meaning=llada.WITHOUT_MEANING),
    "dream": Source(read=dream.specification, no_meaning=dream.WITHOUT_MEANING),
    "dllm": Source(read=dllm.specification, no_meaning=dllm.WITHOUT_MEANING),
}
"""Maps a project's name to the reader of its configurations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A specification with a report on the configuration it was made from.

    Attributes:
        spec: the canonical specification, for `build_process`.
        used: the keys of the original that were used, in the order of reading.
        notes: notes on keys, including all keys that were not used.
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
        source: a key of `SOURCES`, such as mdlm.
        config: the configuration as an object, or as JSON or YAML text of at most
            64 KiB; YAML needs PyYAML. The form of Weights & Biases,
            ``{key: {value: ...}}``, is accepted too.
        vocab_size: V, which overrides the configuration.
        num_timesteps: T, which overrides the configuration; needed for another T than
            1000 if the original has continuous time.

    Raises:
        EngineError: a text that cannot be parsed, a missing or invalid key (its path
            begins with ``config``), another project's configuration, or a process
            without a counterpart.
    """
    if not isinstance(source, str) or source not in SOURCES:
        hint = nearest(source, SOURCES) if isinstance(source, str) else ""
        rule = f"must be one of {', '.join(SOURCES)}"
        raise EngineError("source", "unknown_source", rule, source, hint)
    reader = Reader(
        document(config), vocab_size=vocab_size, num_timesteps=num_timesteps
    )
    return read_config(source, reader)


def read_config(source: str, reader: Reader) -> Imported:
    """Return what a project's importer makes of a configuration.

    Args:
        source: a key of `SOURCES`.
        reader: a configuration of which no key was read; after an error, its `used`
            tells how far the importer came.

    Raises:
        EngineError: as for `import_config`.
    """
    check_project(reader, source)
    sizes = {"vocab_size": reader.vocab_size, "num_timesteps": reader.num_timesteps}
    try:
        spec = _specification(reader, SOURCES[source].read, sizes)
    except EngineError as error:
        raise reader.restore_key(error) from None
    reader.note_the_rest((*SOURCES[source].no_meaning, *WANDB_RECORDS))
    return Imported(spec=spec, used=reader.used, notes=tuple(reader.notes))


def _specification(
    reader: Reader, read: Importer, sizes: Mapping[str, int | None]
) -> dict[str, Any]:
    """Return the canonical specification with the caller's sizes.

    Raises:
        EngineError: it is invalid; the path may be one of the specification.
    """
    spec = read(reader)
    defaults = {
        "vocab_size": VOCAB_SIZE.default,
        "num_timesteps": NUM_TIMESTEPS.default,
    }
    for name, value in sizes.items():
        if value is not None:
            spec[name] = value
        elif name not in spec:
            reader.note(
                ASSUMED, name, f"Not in the configuration: {defaults[name]} is assumed."
            )
    return build_process(spec).spec


__all__ = [
    "NOTE_KINDS",
    "SOURCES",
    "Imported",
    "Note",
    "Source",
    "import_config",
    "read_config",
]
