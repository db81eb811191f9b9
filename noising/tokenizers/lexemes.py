"""Classifies the parts of a text: numbers, signs, logical words, identifiers, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from noising.tokenizers.token_types import CRITICAL, OTHER, VARIABLE

LEXEME: Final = re.compile(
    r"""
      \d+ (?: \.\d+ )? (?: [eE][+-]?\d+ )?      # 7, 3.14, 1e-5
    | \\? [^\W\d] \w* (?: ['\u2019]\w+ | '+ )?  # x, x_0, f', don't, \forall
    | [^\w\s]                                   # one sign
    """,
    re.VERBOSE,
)

QUANTIFIERS: Final = "all any each every exist exists forall no none some unique"
CONNECTIVES: Final = (
    "and either else false hence if iff implied implies imply neither nor not only or "
    "otherwise then therefore thus true unless xor"
)
SPELLED_OUT: Final = (
    "divided equal equals minus mod modulo plus times "
    "zero one two three four five six seven eight nine ten"
)
LOGICAL_WORDS: Final = frozenset(f"{QUANTIFIERS} {CONNECTIVES} {SPELLED_OUT}".split())

GREEK: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron "
    "pi rho sigma tau upsilon phi chi psi omega"
)
GREEK_LETTERS: Final = frozenset(GREEK.split())

ARTICLES: Final = frozenset("aAI")
"""Letters that are English words unless they are next to a critical sign."""

CRITICAL_ASCII: Final = frozenset("*/%&^-\\")
CRITICAL_CATEGORIES: Final = frozenset({"Sm", "Ps", "Pe"})
"""Mathematical signs, opening and closing brackets."""

ARROWS_AND_OPERATORS: Final = range(0x2190, 0x2400)
HYPHENS: Final = frozenset("-/")


def character_types(text: str) -> NDArray[np.uint8]:
    """Return the type of every character of a text, (len(text),) uint8.

    Numbers, operators, brackets, quantifiers and logical words are critical.
    Identifiers (single letters, names of Greek letters, and names that contain a digit,
    an underscore or an inner capital) are variable. Everything else is other.
    """
    types = np.full(len(text), OTHER, dtype=np.uint8)
    for start, end, kind in _classify_lexemes(text):
        types[start:end] = kind
    return types


def _classify_lexemes(text: str) -> Iterator[tuple[int, int, int]]:
    for match in LEXEME.finditer(text):
        start, end = match.span()
        first = match[0].lstrip("\\")[:1]
        if first.isnumeric():
            yield start, end, CRITICAL
        elif first.isalpha() or first == "_":
            yield start, end, _classify_word(text, start, end)
        else:
            yield start, end, CRITICAL if _is_critical(text, start) else OTHER


def _classify_word(text: str, start: int, end: int) -> int:
    word = text[start:end]
    if word.startswith("\\"):
        return VARIABLE if word[1:].lower() in GREEK_LETTERS else CRITICAL
    if word.lower() in LOGICAL_WORDS:
        return CRITICAL
    if word in ARTICLES:
        return VARIABLE if _is_next_to_sign(text, start, end) else OTHER
    return VARIABLE if _is_identifier(word) else OTHER


def _is_identifier(word: str) -> bool:
    name = unicodedata.normalize("NFKC", word.rstrip("'"))
    if len(name) == 1:
        # A single letter of a script without case, such as Chinese, is a word.
        return name.lower() != name.upper()
    return (
        name.lower() in GREEK_LETTERS
        or "_" in name
        or any(character.isnumeric() for character in name)
        or any(left.islower() and right.isupper() for left, right in pairwise(name))
    )


def _is_critical(text: str, index: int) -> bool:
    """Return whether the sign at an index is an operator or a bracket."""
    sign = text[index]
    if sign in HYPHENS:
        # well-known, and/or
        around = text[max(index - 1, 0) : index], text[index + 1 : index + 2]
        return not all(character.isalpha() for character in around)
    if sign == "!":
        return text[index + 1 : index + 2] == "="
    return (
        sign in CRITICAL_ASCII
        or unicodedata.category(sign) in CRITICAL_CATEGORIES
        or ord(sign) in ARROWS_AND_OPERATORS
    )


def _is_next_to_sign(text: str, start: int, end: int) -> bool:
    before, after = start - 1, end
    while before >= 0 and text[before].isspace():
        before -= 1
    while after < len(text) and text[after].isspace():
        after += 1
    return (before >= 0 and _is_sign(text, before)) or (
        after < len(text) and _is_sign(text, after)
    )


def _is_sign(text: str, index: int) -> bool:
    character = text[index]
    return not (character.isalnum() or character == "_") and _is_critical(text, index)
