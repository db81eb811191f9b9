"""A tokenizer: text to ids, their offsets and types, and back."""

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
    one_type_each,
    spanned_types,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN_TEXT: Final = "\ufffd"
MASK_TEXT: Final = "[MASK]"
NEIGHBOR: Final = "x"
"""A token that every decoder reads as it is."""


class TokenizerError(ValueError):
    """A file is no tokenizer, or a tokenizer cannot encode a text.

    The message continues the name of either: `is no file`.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoding:
    """A text as tokens.

    Attributes:
        tokens: (L,) int64 ids.
        offsets: (L, 2) int64, where each token starts and ends in the text, in
            characters; (0, 0) where the tokenizer added it. Tokens that share one
            character's bytes share its place.
        types: (L,) uint8 indices into TOKEN_TYPES, the same wherever an id stands.
    """

    tokens: NDArray[np.int64]
    offsets: NDArray[np.int64]
    types: NDArray[np.uint8]

    @property
    def token_types(self) -> dict[str, NDArray[np.int64]]:
        """The ids of each type, ascending, as POST /noise takes them."""
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
    """One vocabulary, run by Hugging Face tokenizers.

    Attributes:
        backend: cuts and joins; never truncates, never pads.
        vocab_size: one more than the greatest id.
        added: ids that it puts around every text, such as [CLS] and [SEP].
        special: ids of special tokens; they are critical.
        declared: (V,) the types where the vocabulary itself says them, else None:
            then the text decides.
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
        """Make the tokenizer that a backend drives."""
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
            text: any characters but lone surrogates, which no text holds.

        Raises:
            TokenizerError: a word is not in a vocabulary that has no token for
                unknown words; of the built-in tokenizers none is like that.
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
            found = spanned_types(character_types(text), offsets)
            found[np.isin(tokens, list(self.special))] = CRITICAL
            types = one_type_each(tokens, found)
        return Encoding(tokens=tokens, offsets=offsets, types=types)

    def decode(self, tokens: Iterable[int], *, mask_id: int | None = None) -> str:
        """Return the text that the tokens stand for.

        What the tokenizer adds around a text is left out, so that the text of an
        encoding is encoded to the same tokens again. An id that the vocabulary lacks
        reads U+FFFD.

        Args:
            tokens: ids, of any size.
            mask_id: the noise's own mask, which reads [MASK].
        """
        names = [
            self._name(token, mask_id) for token in tokens if token not in self.added
        ]
        return self._joined(names)

    def texts(self, tokens: Iterable[int], *, mask_id: int | None = None) -> list[str]:
        """Return what each token adds to the text, blanks included.

        Joined they are the text that `decode` returns, with two exceptions: what the
        tokenizer adds around a text reads its name, such as [CLS], and a part of a
        character reads U+FFFD.

        Args:
            tokens: ids, of any size.
            mask_id: the noise's own mask, which reads [MASK].
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
                known[key] = self._within(name, is_first=is_first, is_last=is_last)
            texts.append(known[key])
        return texts

    def _name(self, token: int, mask_id: int | None) -> str:
        if token == mask_id and token >= self.vocab_size:
            return MASK_TEXT
        if token >= self.vocab_size:
            return UNKNOWN_TEXT
        return self.backend.id_to_token(token) or UNKNOWN_TEXT

    def _within(self, name: str, *, is_first: bool, is_last: bool) -> str:
        """Return what a token reads in a text of which it may be the first or last.

        A decoder may strip the first token's blank, put blanks between tokens, or drop
        the last one's mark of a word's end. So the token is decoded between two others,
        and what those read is cut off.
        """
        names = [name]
        before = after = ""
        neighbor = self._joined([NEIGHBOR])
        if not is_first:
            names = [NEIGHBOR, *names]
            before = neighbor
        if not is_last:
            names = [*names, NEIGHBOR]
            after = self._joined([NEIGHBOR, NEIGHBOR]).removeprefix(neighbor)
        return self._joined(names).removeprefix(before).removesuffix(after)

    def _joined(self, names: list[str]) -> str:
        decoder = self.backend.decoder
        return " ".join(names) if decoder is None else decoder.decode(names)
