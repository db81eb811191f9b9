"""Reads a configuration key by key, and remembers which keys were of use."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from noising.engine.errors import EngineError
from noising.engine.parameters import Integer, Number, nearest

IGNORED: Final = "ignored"
NO_MEANING: Final = "no_meaning"
ASSUMED: Final = "assumed"
DIFFERS: Final = "differs"

_REFERENCE: Final = re.compile(r"\$\{([\w.]+)\}")
_MAX_REFERENCES: Final = 16
_MISSING: Final = object()

_Choice = TypeVar("_Choice")
Default: TypeAlias = float | int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be known about one key of the original configuration.

    Attributes:
        kind: "ignored" (the original does not use it), "no_meaning" (says nothing
            about the noise), "assumed" (not given) or "differs" (means something
            else here).
        key: dotted path in the original configuration.
        text: a plain sentence.
    """

    kind: str
    key: str
    text: str


class Reader:
    """A configuration, the keys taken from it and the notes made on the way.

    Attributes:
        notes: in the order they were made.
    """

    __slots__ = ("_config", "_taken", "notes")

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._taken: set[str] = set()
        self.notes: list[Note] = []

    def note(self, kind: str, key: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, key=key, text=text))

    def has(self, path: str) -> bool:
        """Tell whether a key is there and not null."""
        return self._find(path) not in (_MISSING, None)

    def value(self, path: str) -> Any:
        """Return a key's value and mark it as used; None where it is missing.

        Raises:
            EngineError: it refers to a key that is missing, or round in a circle.
        """
        self._taken.add(path)
        found = self._find(path)
        for _ in range(_MAX_REFERENCES):
            reference = _REFERENCE.fullmatch(found) if isinstance(found, str) else None
            if reference is None:
                break
            self._taken.add(reference[1])
            found = self._find(reference[1])
        else:
            found = _MISSING
        if found is _MISSING and self._find(path) is not _MISSING:
            rule = "must not refer to a key that leads nowhere"
            raise EngineError(
                f"config.{path}", "dangling_reference", rule, self._find(path)
            )
        return None if found is _MISSING else found

    def number(self, path: str, parameter: Number, *, default: Default = None) -> float:
        """Return a number; "1e-4", which YAML 1.1 reads as text, is one too.

        Raises:
            EngineError: missing without a default, no number, or out of range.
        """
        found = self._given(path, default)
        if isinstance(found, str):
            with contextlib.suppress(ValueError):  # the parameter refuses the text
                found = float(found)
        return parameter.parse(found, f"config.{path}")

    def integer(self, path: str, parameter: Integer, *, default: Default = None) -> int:
        """Return an integer.

        Raises:
            EngineError: missing without a default, no integer, or out of range.
        """
        return parameter.parse(self._given(path, default), f"config.{path}")

    def choice(
        self, path: str, table: Mapping[str, _Choice], *, default: Default = None
    ) -> _Choice:
        """Return what a table holds for a key's name.

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
                nearest(found, table) if isinstance(found, str) else "",
            )
        return table[found]

    def remark(self, kind: str, path: str, text: str) -> None:
        """Note a key, if it is there, in words of its own."""
        if self._find(path) is not _MISSING and path not in self._taken:
            self._taken.add(path)
            self.note(kind, path, text)

    def ignore(self, *paths: str, why: str) -> None:
        """Note keys, if they are there, that the original itself does not use."""
        for path in paths:
            self.remark(IGNORED, path, f"The original does not use it: {why}.")

    def note_the_rest(self) -> None:
        """Note every key that was not used: sections as a whole where none was."""
        for key, section in self._config.items():
            if key in self._taken:
                continue
            inside = [path for path in self._taken if path.startswith(f"{key}.")]
            if not inside or not isinstance(section, Mapping):
                self._note_unused(key)
                continue
            for name in section:
                path = f"{key}.{name}"
                if not any(f"{used}.".startswith(f"{path}.") for used in inside):
                    self._note_unused(path)

    def _note_unused(self, path: str) -> None:
        self.note(NO_MEANING, path, "It says nothing about the noise.")

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

    def _find(self, path: str) -> Any:
        found: Any = self._config
        for name in path.split("."):
            if not isinstance(found, Mapping) or name not in found:
                return _MISSING
            found = found[name]
        return found
