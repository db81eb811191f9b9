"""A tokenizer, which converts text to ids with offsets and types, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from noising.tokenizers.lexemes import character_types
from noising.tokenizers.token_types import (
    CRITICAL,
    TOKEN_TYPES,
    find_span_types,
    one_type_each,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN_TEXT: Final = "\ufffd"
MASK_TEXT: Final = "[MASK]"
NEIGHBOR: Final = "x"
"""A token that every decoder leaves unchanged."""


class TokenizerError(ValueError):
    """A file is not a tokenizer, or a tokenizer cannot encode a text.

    The message is a predicate, such as `is not a file`, for a sentence about either.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoding:
    """A text as tokens.

    Attributes:
        tokens: (L,) int64 ids.
        offsets: (L, 2) int64, where each token starts and ends in the text, in
            characters; (0, 0) for tokens that the tokenizer added. Tokens that are
            parts of one character have the offsets of that character.
        types: (L,) uint8 indices into TOKEN_TYPES; an id has one type in a text.
    """

    tokens: NDArray[np.int64]
    offsets: NDArray[np.int64]
    types: NDArray[np.uint8]

    @property
    def token_types(self) -> dict[str, NDArray[np.int64]]:
        """The ids of each type, ascending, in the form of POST /noise."""
        return {
            name: np.unique(self.tokens[self.types == index])
            for index, name in enumerate(TOKEN_TYPES)
        }

    @property
    def type_names(self) -> list[str]:
        """The name of the type at every position."""
        return [TOKEN_TYPES[index] for index in self.types.tolist()]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTokenizer:
    """A vocabulary with its Hugging Face tokenizer.

    Attributes:
        backend: the Hugging Face tokenizer, without truncation and padding.
        vocab_size: the largest id plus one.
        added: ids that it adds around every text, such as [CLS] and [SEP].
        special: ids of special tokens, which are critical.
        declared: (V,) types if the vocabulary declares them, or None if types depend
            on the text.
    """

    backend: Tokenizer
    vocab_size: int
    added: frozenset[int]
    special: frozenset[int]
    declared: NDArray[np.uint8] | None = None

    @classmethod
    def around(
        cls,
        backend: Tokenizer,
        *,
        vocab_size: int,
        declared: NDArray[np.uint8] | None = None,
    ) -> TextTokenizer:
        """Make a tokenizer from a backend, and switch off truncation and padding."""
        backend.no_truncation()
        backend.no_padding()
        tokens = backend.get_added_tokens_decoder()
        return cls(
            backend=backend,
            vocab_size=vocab_size,
            added=frozenset(backend.encode("").ids),
            special=frozenset(id_ for id_, token in tokens.items() if token.special),
            declared=declared,
        )

    def encode(self, text: str) -> Encoding:
        """Return the text as tokens.

        Args:
            text: any text without lone surrogates.

        Raises:
            TokenizerError: a word is unknown and the vocabulary has no token for
                unknown words, which the built-in ones do not need.
        """
        try:
            cut = self.backend.encode(text)
        except Exception as error:  # the library raises no narrower class
            raise TokenizerError(f"cannot be encoded ({error})") from error
        tokens = np.array(cut.ids, dtype=np.int64)
        offsets = np.array(cut.offsets, dtype=np.int64).reshape(-1, 2)
        if self.declared is not None:
            types = self.declared[tokens]
        else:
            spans = find_span_types(character_types(text), offsets)
            spans[np.isin(tokens, list(self.special))] = CRITICAL
            types = one_type_each(tokens, spans)
        return Encoding(tokens=tokens, offsets=offsets, types=types)

    def decode(self, tokens: Iterable[int], *, mask_id: int | None = None) -> str:
        """Return the text of tokens.

        It omits the tokens that the tokenizer adds around a text, so that the decoded
        text of an encoding is encoded to the same tokens. Ids outside the vocabulary
        become U+FFFD.

        Args:
            tokens: ids of any size.
            mask_id: the mask of the noise process, which becomes [MASK].
        """
        names = [
            self._name(token, mask_id) for token in tokens if token not in self.added
        ]
        return self._join(names)

    def texts(self, tokens: Iterable[int], *, mask_id: int | None = None) -> list[str]:
        """Return the text of each token, including blanks.

        Joined they are the result of `decode`, with two exceptions: tokens that the
        tokenizer adds around a text are shown by name, such as [CLS], and a part of a
        character is shown as U+FFFD.

        Args:
            tokens: ids of any size.
            mask_id: the mask of the noise process, which becomes [MASK].
        """
        ids = list(tokens)
        inside = [place for place, token in enumerate(ids) if token not in self.added]
        known: dict[tuple[int, bool, bool], str] = {}
        texts = []
        for place, token in enumerate(ids):
            is_alone = token in self.added
            is_first = is_alone or place == inside[0]
            is_last = is_alone or place == inside[-1]
            key = token, is_first, is_last
            if key not in known:
                name = self._name(token, mask_id)
                known[key] = self._decode_one(name, is_first=is_first, is_last=is_last)
            texts.append(known[key])
        return texts

    def _name(self, token: int, mask_id: int | None) -> str:
        if token == mask_id and token >= self.vocab_size:
            return MASK_TEXT
        if token >= self.vocab_size:
            return UNKNOWN_TEXT
        return self.backend.id_to_token(token) or UNKNOWN_TEXT

    def _decode_one(self, name: str, *, is_first: bool, is_last: bool) -> str:
        """Return the text of a token inside, or at an end of, a text.

        A decoder may strip the blank of the first token, insert blanks between tokens,
        or drop the end-of-word mark of the last token. Therefore the token is decoded
        between two others, whose text is then removed.
        """
        names = [name]
        before = after = ""
        neighbor = self._join([NEIGHBOR])
        if not is_first:
            names = [NEIGHBOR, *names]
            before = neighbor
        if not is_last:
            names = [*names, NEIGHBOR]
            after = self._join([NEIGHBOR, NEIGHBOR]).removeprefix(neighbor)
        return self._join(names).removeprefix(before).removesuffix(after)

    def _join(self, names: list[str]) -> str:
        decoder = self.backend.decoder
        return " ".join(names) if decoder is None else decoder.decode(names)
