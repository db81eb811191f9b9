"""Tokens as the page shows them, one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MARKS: Final[Mapping[str, str]] = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A position.

    Attributes:
        text: what its token reads now, made visible.
        title: what a pointer that rests on it is told.
        classes: what its look follows from.
    """

    text: str
    title: str
    classes: str


def visible(text: str) -> str:
    """Return a token's text with what cannot be seen made visible.

    The scripts of the page do the same (visible.js).
    """
    if not text.strip(" "):
        return "␣" * len(text) or "∅"
    return "".join(_visible(character) for character in text)


def noised_chip(
    position: int,
    clean: int,
    clean_text: str,
    kind: str,
    noised: int,
    text: str,
    is_protected: bool,
    *,
    mask_id: int | None,
) -> Chip:
    """Return a position with what noise made of its token.

    Args:
        position: from 0.
        clean: id of the clean token.
        clean_text: what it reads.
        kind: its type.
        noised: id of the noised token.
        text: what that reads.
        is_protected: whether noise leaves the position alone.
        mask_id: of the process, if it has one.
    """
    is_noised = noised != clean
    title = f"position {position}, {kind}, id {clean}"
    if is_noised:
        title += f" ({visible(clean_text)}), now id {noised} ({visible(text)})"
    marks = {
        "is-noised": is_noised,
        "is-mask": is_noised and noised == mask_id,
        "is-protected": is_protected,
    }
    return Chip(
        text=visible(text if is_noised else clean_text),
        title=title + (", protected" if is_protected else ""),
        classes=_classes(kind, marks),
    )


def denoised_chip(
    position: int,
    clean: int,
    clean_text: str,
    kind: str,
    noised: int,
    denoised: int,
    text: str,
) -> Chip:
    """Return a position with what a denoiser made of it; arguments as above."""
    is_wrong = denoised != clean
    title = f"position {position}, {kind}, id {denoised}"
    if is_wrong:
        title += f", was id {clean} ({visible(clean_text)})"
    marks = {"is-wrong": is_wrong, "is-restored": not is_wrong and noised != clean}
    if marks["is-restored"]:
        title += ", restored"
    return Chip(text=visible(text), title=title, classes=_classes(kind, marks))


def _visible(character: str) -> str:
    if character in MARKS:
        return MARKS[character]
    if character.isprintable():
        return character
    return f"U+{ord(character):04X}"


def _classes(kind: str, marks: Mapping[str, bool]) -> str:
    return " ".join(
        ["token", f"type-{kind}", *(name for name, on in marks.items() if on)]
    )
