"""Reads a configuration key by key, and knows what became of each key."""

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
    """What is to be known about one key of the original configuration.

    Attributes:
        kind: "ignored" (the original does not use it), "no_meaning" (known to say
            nothing about the noise), "not_understood" (the importer does not know the
            key), "assumed" (not given) or "differs" (means something else here).
        key: dotted path in the original configuration.
        text: a plain sentence.
    """

    kind: str
    key: str
    text: str


class Reader:
    """A configuration, the keys taken from it and the notes made on the way.

    Attributes:
        vocab_size: V as the caller gives it in place of the configuration, or None.
        num_timesteps: T as the caller gives it, or None.
        notes: in the order they were made.
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
        """The keys that the specification was made from, in the order of reading."""
        return tuple(path for path in self._taken if self._find(path) is not _MISSING)

    def note(self, kind: str, key: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, key=key, text=text))

    def has(self, path: str) -> bool:
        """Return whether a key is there and not null."""
        return self.peek(path) is not None

    def peek(self, path: str) -> Any:
        """Return a key's value without using it; None where it is missing."""
        found = self._find(path)
        return None if found is _MISSING else found

    def value(self, path: str) -> Any:
        """Return a key's value and mark it as used; None where it is missing.

        Raises:
            EngineError: it refers to a key that is missing, or round in a circle.
        """
        self._taken[path] = None
        found = self._find(path)
        for _ in range(_MAX_REFERENCES):
            reference = _REFERENCE.fullmatch(found) if isinstance(found, str) else None
            if reference is None:
                break
            self._taken[reference[1]] = None
            found = self._find(reference[1])
        else:
            found = _MISSING
        if found is _MISSING and self._find(path) is not _MISSING:
            rule = "must not refer to a key that leads nowhere"
            raise EngineError(
                f"config.{path}", "dangling_reference", rule, self._find(path)
            )
        return None if found is _MISSING else found

    def number(
        self,
        path: str,
        parameter: Number,
        *,
        default: Default = None,
        becomes: str = "",
    ) -> float:
        """Return a number; "1e-4", which YAML 1.1 reads as text, is one too.

        Args:
            path: the key.
            parameter: what the number may be.
            default: stands in where the key is missing, with a note.
            becomes: path in the specification, for errors that the engine finds there.

        Raises:
            EngineError: missing without a default, no number, or out of range.
        """
        found = self._given(path, default)
        if isinstance(found, str):
            with contextlib.suppress(ValueError):  # the parameter refuses the text
                found = float(found)
        return parameter.parse(found, self._origin(path, becomes))

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
            EngineError: missing without a default, no integer, or out of range.
        """
        found = self._given(path, default)
        return parameter.parse(found, self._origin(path, becomes))

    def choice(
        self,
        path: str,
        table: Mapping[str, _Choice],
        *,
        default: Default = None,
        hints: Mapping[str, str] | None = None,
    ) -> _Choice:
        """Return what a table holds for a key's name.

        A name that is not in the table gets no hint at a name that looks alike: it is
        the name of another process, and the hint would lead to the wrong one.

        Args:
            path: the key.
            table: what each name stands for.
            default: stands in where the key is missing, with a note.
            hints: what to do about names that are known and not in the table.

        Raises:
            EngineError: missing without a default, or a name the original refuses or
                this engine has no counterpart for.
        """
        found = self._given(path, default)
        if not isinstance(found, str) or found not in table:
            raise EngineError(
                f"config.{path}",
                "cannot_import",
                f"must be one of {', '.join(table)}",
                found,
                (hints or {}).get(str(found), ""),
            )
        return table[found]

    def remark(self, kind: str, path: str, text: str) -> None:
        """Note a key, if it is there, in words of its own."""
        is_known = path in self._taken or path in self._noted
        if self._find(path) is not _MISSING and not is_known:
            self._noted.add(path)
            self.note(kind, path, text)

    def ignore(self, *paths: str, why: str) -> None:
        """Note keys, if they are there, that the original itself does not use."""
        for path in paths:
            self.remark(IGNORED, path, f"The original does not use it: {why}.")

    def note_the_rest(self, no_meaning: Collection[str] = ()) -> None:
        """Note every key that was not used.

        Args:
            no_meaning: paths of keys and of whole sections that are known to say
                nothing about the noise. Every other key is not understood.
        """
        self.notes += self._rest("", self._config, frozenset(no_meaning))

    def restore_key(self, error: EngineError) -> EngineError:
        """Return an error about the specification as one about the key it came from."""
        key = self._origins.get(error.field)
        if key is None:
            return error
        ways = (error.way_out, f"here it is `{error.field}`")
        return EngineError(
            f"config.{key}",
            error.code,
            error.rule,
            error.value,
            "; ".join(filter(None, ways)),
        )

    def _rest(
        self, section: str, config: Mapping[str, Any], no_meaning: frozenset[str]
    ) -> list[Note]:
        """Return the notes of a section: one where nothing in it has a meaning."""
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

    def _given(self, path: str, default: Default) -> Any:
        """Return a key's value, or the default with a note.

        Raises:
            EngineError: neither is there.
        """
        found = self.value(path)
        if found is not None:
            return found
        if default is None:
            rule = "is required: the original has no process without it"
            raise EngineError(f"config.{path}", "missing", rule, None)
        self.note(ASSUMED, path, f"It is not given: {default} stands in for it.")
        return default

    def _origin(self, path: str, becomes: str) -> str:
        if becomes and self.has(path):
            self._origins[becomes] = path
        return f"config.{path}"

    def _find(self, path: str) -> Any:
        found: Any = self._config
        for name in path.split("."):
            if not isinstance(found, Mapping) or name not in found:
                return _MISSING
            found = found[name]
        return found


def _without_meaning(path: str) -> Note:
    return Note(kind=NO_MEANING, key=path, text="It says nothing about the noise.")


def _unknown(path: str) -> Note:
    text = "This importer does not know it: it may say something about the noise."
    return Note(kind=NOT_UNDERSTOOD, key=path, text=text)
