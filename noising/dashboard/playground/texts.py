"""A text as tokens, and ids as people read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from noising.configured import tokenizer_named
from noising.tokenizers import Encoding, TextTokenizer

MASK_TEXT: Final = "[MASK]"
MOST_TOKENS: Final = 1_024
"""Of a text: more are no longer looked at one by one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tokenised:
    """The text of the form as tokens.

    Attributes:
        name: of the tokenizer.
        tokenizer: the tokenizer.
        encoding: ids and types.
    """

    name: str
    tokenizer: TextTokenizer
    encoding: Encoding

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Cut a text into tokens.

        Raises:
            TokenizerError: the tokenizer has no token for a part of it.
        """
        tokenizer = tokenizer_named(name)
        return cls(name=name, tokenizer=tokenizer, encoding=tokenizer.encode(text))

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self.encoding.tokens.size)

    @property
    def classes(self) -> dict[str, list[int]]:
        """The ids of each type, as a hyperschedule takes them."""
        types = self.encoding.token_types
        return {name: ids.tolist() for name, ids in types.items()}

    def texts(self, ids: Iterable[int], mask_id: int | None) -> list[str]:
        """Return what each id reads; one that the vocabulary lacks reads #id."""
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
