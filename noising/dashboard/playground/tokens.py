"""A text as tokens, and how the page shows each token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from noising.configured import find_tokenizer
from noising.tokenizers import Encoding, TextTokenizer
from noising.tokenizers.tokenizer import MASK_TEXT

MOST_TOKENS: Final = 2_048
"""The most tokens of a text, since each is shown."""

TAB: Final = "    "

MARKS: Final[Mapping[str, str]] = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A line break of the clean text. It stays where it is when tokens change.

    Attributes:
        lines: how many line feeds.
        indent: the blanks before the next token; -1 if the tokenizer begins that token
            with a blank that the text does not have.
    """

    lines: int
    indent: int

    @property
    def text(self) -> str:
        """Return it as text."""
        return "\n" * self.lines + " " * self.indent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaygroundText:
    """The text of the form as tokens.

    Attributes:
        name: the tokenizer's name.
        source: the text.
        tokenizer: the tokenizer.
        encoding: ids and types.
    """

    name: str
    source: str
    tokenizer: TextTokenizer
    encoding: Encoding

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Tokenize a text.

        Raises:
            TokenizerError: the tokenizer has no token for a part of it.
        """
        tokenizer = find_tokenizer(name)
        return cls(
            name=name,
            source=text,
            tokenizer=tokenizer,
            encoding=tokenizer.encode(text),
        )

    @property
    def size(self) -> int:
        """Return the number of tokens."""
        return int(self.encoding.tokens.size)

    @property
    def breaks(self) -> list[Break | None]:
        """Return the line break after each token, or None.

        It is that of the clean text, inside the token or between it and the next.
        """
        ends = np.maximum.accumulate(self.encoding.offsets[:, 1]).tolist()
        starts = [*self.encoding.offsets[1:, 0].tolist(), len(self.source)]
        clean = self.texts(self.encoding.tokens.tolist(), None)
        return [
            _find_break(text, self.source[end:start], following)
            for text, end, start, following in zip(
                clean, ends, starts, [*clean[1:], ""], strict=True
            )
        ]

    @property
    def classes(self) -> dict[str, list[int]]:
        """Return the ids of each type, in the form of a hyperschedule's parameter."""
        types = self.encoding.token_types
        return {name: ids.tolist() for name, ids in types.items()}

    def texts(self, ids: Iterable[int], mask_id: int | None) -> list[str]:
        """Return the text of each id, or #id if the vocabulary does not have it."""
        listed = list(ids)
        known = self.tokenizer.texts(listed)
        return [
            MASK_TEXT
            if token == mask_id
            else text
            if token < self.tokenizer.vocab_size
            else f"#{token}"
            for token, text in zip(listed, known, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A position as the page shows it.

    Attributes:
        text: the text of its token as the page shows it.
        title: its tooltip.
        classes: its CSS classes.
        after: the line break after it, as text.
    """

    text: str
    title: str
    classes: str
    after: str = ""


def make_visible(text: str) -> str:
    """Return a token's text with invisible characters made visible.

    The scripts of the page do the same, here and below (visible.js).
    """
    if not text.strip(" "):
        return "␣" * len(text) or "∅"
    return "".join(_make_visible(character) for character in text)


def make_readable(text: str) -> str:
    """Return a token's text as a part of the shown text, where blanks stay blanks.

    A blank after a line feed is left out, since it belongs to the line break.
    """
    if not text.strip(" "):
        return text or "∅"
    head, feed, tail = text.rpartition("\n")
    if feed and not tail.strip(" \t"):
        text = head + feed
    return make_visible(text).replace(MARKS["\t"], MARKS["\t"] + TAB[1:])


def make_block(clean: str) -> str:
    """Return the block that stands for a masked token.

    It is as wide as the clean token, so masks move nothing, and words stay apart.

    Args:
        clean: what `make_readable` returned for the clean token.
    """
    first = " " if clean.startswith(" ") and clean.strip(" ") else "▐"
    return first + "█" * (len(clean) - 1)


def make_noised_chip(
    position: int,
    clean: int,
    clean_text: str,
    kind: str,
    noised: int,
    text: str,
    is_protected: bool,
    line_break: Break | None,
    *,
    mask_id: int | None,
) -> Chip:
    """Return a position with its noised token.

    Args:
        position: from 0.
        clean: id of the clean token.
        clean_text: its text.
        kind: its type.
        noised: id of the noised token.
        text: its text.
        is_protected: whether the position is protected.
        line_break: the line break after it.
        mask_id: the mask's id, if the process has one.
    """
    is_noised = noised != clean
    title = f"position {position}, {kind}, id {clean}"
    if is_noised:
        title += (
            f" ({make_visible(clean_text)}), now id {noised} ({make_visible(text)})"
        )
    marks = {
        "is-noised": is_noised,
        "is-mask": is_noised and noised == mask_id,
        "is-protected": is_protected,
    }
    shown = make_readable(clean_text)
    if marks["is-mask"]:
        shown = make_block(shown)
    elif is_noised:
        shown = make_readable(text)
    return Chip(
        text=shown,
        title=title + (", protected" if is_protected else ""),
        classes=_join_classes(kind, marks),
        after=line_break.text if line_break else "",
    )


def make_denoised_chip(
    position: int,
    clean: int,
    clean_text: str,
    kind: str,
    noised: int,
    denoised: int,
    text: str,
    line_break: Break | None,
) -> Chip:
    """Return a position with its denoised token; arguments as above."""
    is_wrong = denoised != clean
    title = f"position {position}, {kind}, id {denoised}"
    if is_wrong:
        title += f", was id {clean} ({make_visible(clean_text)})"
    marks = {"is-wrong": is_wrong, "is-restored": not is_wrong and noised != clean}
    if marks["is-restored"]:
        title += ", restored"
    return Chip(
        text=make_readable(text),
        title=title,
        classes=_join_classes(kind, marks),
        after=line_break.text if line_break else "",
    )


def _find_break(text: str, gap: str, following: str) -> Break | None:
    """Return the line break in a token's text, or else in the gap after the token."""
    _, feed, tail = (text if "\n" in text else gap).rpartition("\n")
    if not feed:
        return None
    is_inside = "\n" in text
    indent = len(tail.replace("\t", TAB)) if not tail.strip(" \t") else 0
    if not is_inside and following.startswith(" "):
        indent -= 1  # the tokenizer has put that blank there
    return Break(lines=(text if is_inside else gap).count("\n"), indent=indent)


def _make_visible(character: str) -> str:
    if character in MARKS:
        return MARKS[character]
    if character.isprintable():
        return character
    return f"U+{ord(character):04X}"


def _join_classes(kind: str, marks: Mapping[str, bool]) -> str:
    return " ".join(
        ["token", f"type-{kind}", *(name for name, on in marks.items() if on)]
    )
