"""A text as tokens, and how the page shows each token."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from noising.configured import find_tokenizer
from noising.tokenizers import Encoding, TextTokenizer
from noising.tokenizers.tokenizer import MASK_TEXT

MOST_TOKENS: Final = 1_024
"""The most tokens of a text, since each is shown."""

MARKS: Final[Mapping[str, str]] = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaygroundText:
    """The text of the form as tokens.

    Attributes:
        name: the tokenizer's name.
        tokenizer: the tokenizer.
        encoding: ids and types.
    """

    name: str
    tokenizer: TextTokenizer
    encoding: Encoding

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Tokenize a text.

        Raises:
            TokenizerError: the tokenizer has no token for a part of it.
        """
        tokenizer = find_tokenizer(name)
        return cls(name=name, tokenizer=tokenizer, encoding=tokenizer.encode(text))

    @property
    def size(self) -> int:
        """Return the number of tokens."""
        return int(self.encoding.tokens.size)

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
        text: the text of its token, made visible.
        title: its tooltip.
        classes: its CSS classes.
    """

    text: str
    title: str
    classes: str


def make_visible(text: str) -> str:
    """Return a token's text with invisible characters made visible.

    The scripts of the page do the same (visible.js).
    """
    if not text.strip(" "):
        return "␣" * len(text) or "∅"
    return "".join(_make_visible(character) for character in text)


def make_noised_chip(
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
    """Return a position with its noised token.

    Args:
        position: from 0.
        clean: id of the clean token.
        clean_text: its text.
        kind: its type.
        noised: id of the noised token.
        text: its text.
        is_protected: whether the position is protected.
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
    return Chip(
        text=make_visible(text if is_noised else clean_text),
        title=title + (", protected" if is_protected else ""),
        classes=_join_classes(kind, marks),
    )


def make_denoised_chip(
    position: int,
    clean: int,
    clean_text: str,
    kind: str,
    noised: int,
    denoised: int,
    text: str,
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
        text=make_visible(text), title=title, classes=_join_classes(kind, marks)
    )


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
