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
        """Return what each token reads on its own; a part of a character is U+FFFD.

        Args:
            tokens: ids, of any size.
            mask_id: the noise's own mask, which reads [MASK].
        """
        known: dict[int, str] = {}
        texts = []
        for token in tokens:
            if token not in known:
                known[token] = self._joined([self._name(token, mask_id)])
            texts.append(known[token])
        return texts

    def _name(self, token: int, mask_id: int | None) -> str:
        if token == mask_id and token >= self.vocab_size:
            return MASK_TEXT
        if token >= self.vocab_size:
            return UNKNOWN_TEXT
        return self.backend.id_to_token(token) or UNKNOWN_TEXT

    def _joined(self, names: list[str]) -> str:
        decoder = self.backend.decoder
        return " ".join(names) if decoder is None else decoder.decode(names)
