"""Reads a configuration key by key and records the use of each key."""

import contextlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from noising.engine.errors import EngineError
from noising.engine.parameters import Integer, Number

IGNORED: Final = "ignored"
NO_MEANING: Final = "no_meaning"
NOT_UNDERSTOOD: Final = "not_understood"
ASSUMED: Final = "assumed"
DIFFERS: Final = "differs"

NOTE_KINDS: Final = (IGNORED, NO_MEANING, NOT_UNDERSTOOD, ASSUMED, DIFFERS)

_REFERENCE: Final = re.compile(r"\$\{([\w.]+)\}")
_MAX_REFERENCES: Final = 16
_MISSING: Final = object()

_Choice = TypeVar("_Choice")
Default: TypeAlias = float | int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on one key of the original configuration.

    Attributes:
        kind: "ignored" (the original does not use it), "no_meaning" (it does not
            affect the noise), "not_understood" (the importer does not know it),
            "assumed" (it is missing and a value was assumed) or "differs" (it has
            another meaning here).
        key: dotted path in the original configuration.
        text: a sentence.
    """

    kind: str
    key: str
    text: str


class Reader:
    """A configuration, the keys read from it and the notes on them.

    Attributes:
        vocab_size: the caller's V, which overrides the configuration, or None.
        num_timesteps: the caller's T, which overrides the configuration, or None.
        notes: the notes in the order in which they were added.
    """

    __slots__ = (
        "_config",
        "_noted",
        "_origins",
        "_taken",
        "notes",
        "num_timesteps",
        "vocab_size",
    )

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        vocab_size: int | None = None,
        num_timesteps: int | None = None,
    ) -> None:
        self._config = config
        self._taken: dict[str, None] = {}
        self._noted: set[str] = set()
        self._origins: dict[str, str] = {}
        self.vocab_size = vocab_size
        self.num_timesteps = num_timesteps
        self.notes: list[Note] = []

    @property
    def used(self) -> tuple[str, ...]:
        """The keys that were used, in the order of reading."""
        return tuple(path for path in self._taken if self._find(path) is not _MISSING)

    def note(self, kind: str, key: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, key=key, text=text))

    def has(self, path: str) -> bool:
        """Return whether a key is present and not null."""
        return self.peek(path) is not None

    def peek(self, path: str) -> Any:
        """Return a key's value without marking it as used; None if it is missing."""
        value = self._find(path)
        return None if value is _MISSING else value

    def value(self, path: str) -> Any:
        """Return a key's value and mark it as used; None if it is missing.

        Raises:
            EngineError: it refers to a missing key, or references form a cycle.
        """
        self._taken[path] = None
        value = self._find(path)
        for _ in range(_MAX_REFERENCES):
            reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if reference is None:
                break
            self._taken[reference[1]] = None
            value = self._find(reference[1])
        else:
            value = _MISSING
        if value is _MISSING and self._find(path) is not _MISSING:
            rule = "must refer to a key that exists, without a cycle"
            raise EngineError(
                f"config.{path}", "dangling_reference", rule, self._find(path)
            )
        return None if value is _MISSING else value

    def number(
        self,
        path: str,
        parameter: Number,
        *,
        default: Default = None,
        becomes: str = "",
    ) -> float:
        """Return a number, also from text such as "1e-4", as YAML 1.1 reads it.

        Args:
            path: the key.
            parameter: checks the number.
            default: used with a note if the key is missing.
            becomes: path in the specification, to translate errors at that path.

        Raises:
            EngineError: missing without a default, not a number, or out of range.
        """
        value = self._require(path, default)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):  # the parameter refuses other text
                value = float(value)
        return parameter.parse(value, self._origin(path, becomes))

    def integer(
        self,
        path: str,
        parameter: Integer,
        *,
        default: Default = None,
        becomes: str = "",
    ) -> int:
        """Return an integer; arguments are those of `number`.

        Raises:
            EngineError: missing without a default, not an integer, or out of range.
        """
        value = self._require(path, default)
        return parameter.parse(value, self._origin(path, becomes))

    def choice(
        self,
        path: str,
        table: Mapping[str, _Choice],
        *,
        default: Default = None,
        hints: Mapping[str, str] | None = None,
    ) -> _Choice:
        """Return the entry of a table for a key's value, which is a name.

        The error for another name does not suggest a similar one, which would be the
        name of a different process.

        Args:
            path: the key.
            table: entries by name.
            default: used with a note if the key is missing.
            hints: what to do about known names that are not in the table.

        Raises:
            EngineError: missing without a default, or a name that the original refuses
                or that has no counterpart here.
        """
        name = self._require(path, default)
        if not isinstance(name, str) or name not in table:
            raise EngineError(
                f"config.{path}",
                "cannot_import",
                f"must be one of {', '.join(table)}",
                name,
                (hints or {}).get(str(name), ""),
            )
        return table[name]

    def remark(self, kind: str, path: str, text: str) -> None:
        """Add a note on a key if it is present and has no note."""
        is_known = path in self._taken or path in self._noted
        if self._find(path) is not _MISSING and not is_known:
            self._noted.add(path)
            self.note(kind, path, text)

    def ignore(self, *paths: str, why: str) -> None:
        """Note that the original does not use keys, if they are present."""
        for path in paths:
            self.remark(IGNORED, path, f"The original does not use it: {why}.")

    def note_the_rest(self, no_meaning: Collection[str] = ()) -> None:
        """Note every key that was not used.

        Args:
            no_meaning: paths of keys and sections that are known not to affect the
                noise. All other keys are noted as not understood.
        """
        self.notes += self._rest("", self._config, frozenset(no_meaning))

    def restore_key(self, error: EngineError) -> EngineError:
        """Translate an error in the specification to the key of the configuration."""
        key = self._origins.get(error.field)
        if key is None:
            return error
        hints = (error.way_out, f"here it is `{error.field}`")
        return EngineError(
            f"config.{key}",
            error.code,
            error.rule,
            error.value,
            "; ".join(filter(None, hints)),
        )

    def _rest(
        self, section: str, config: Mapping[str, Any], no_meaning: frozenset[str]
    ) -> list[Note]:
        """Return the notes of a section: a single one if no key affects the noise."""
        notes: list[Note] = []
        is_plain = bool(section)
        for key, value in config.items():
            path = f"{section}.{key}" if section else key
            if path in self._taken or path in self._noted:
                is_plain = False
                continue
            if path in no_meaning or value == {}:
                notes.append(_without_meaning(path))
                continue
            inside = isinstance(value, Mapping) and self._is_known_inside(
                path, no_meaning
            )
            inner = self._rest(path, value, no_meaning) if inside else [_unknown(path)]
            notes += inner
            is_plain &= [note.kind for note in inner] == [NO_MEANING]
        return [_without_meaning(section)] if is_plain and notes else notes

    def _is_known_inside(self, section: str, no_meaning: frozenset[str]) -> bool:
        known = (*self._taken, *self._noted, *no_meaning)
        return any(path.startswith(f"{section}.") for path in known)

    def _require(self, path: str, default: Default) -> Any:
        """Return a key's value, or the default with a note.

        Raises:
            EngineError: the key is missing and has no default.
        """
        value = self.value(path)
        if value is not None:
            return value
        if default is None:
            rule = "is required: the original has no process without it"
            raise EngineError(f"config.{path}", "missing", rule, None)
        self.note(ASSUMED, path, f"Not in the configuration: {default} is assumed.")
        return default

    def _origin(self, path: str, becomes: str) -> str:
        if becomes and self.has(path):
            self._origins[becomes] = path
        return f"config.{path}"

    def _find(self, path: str) -> Any:
        value: Any = self._config
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                return _MISSING
            value = value[name]
        return value


def _without_meaning(path: str) -> Note:
    return Note(kind=NO_MEANING, key=path, text="It does not affect the noise.")


def _unknown(path: str) -> Note:
    text = "This importer does not know it: it may affect the noise."
    return Note(kind=NOT_UNDERSTOOD, key=path, text=text)
