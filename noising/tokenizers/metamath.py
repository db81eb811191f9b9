"""The symbols and labels of Metamath's set.mm, from the excerpt in the corpus."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from noising.tokenizers.data_files import read_data
from noising.tokenizers.token_types import declared_types
from noising.tokenizers.tokenizer import TextTokenizer

VOCAB_SIZE: Final = 11644
UNKNOWN: Final = "[UNK]"
"""The last id, for words that are neither a symbol nor a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetamathVocabulary:
    """Symbols and labels; their ids follow this order.

    Attributes:
        constants: symbols declared by $c.
        variables: symbols declared by $v.
        labels: names of statements that proofs cite, in order of first citation.
    """

    constants: tuple[str, ...]
    variables: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def load(cls) -> MetamathVocabulary:
        """Read the vocabulary of the corpus `setmm`."""
        parts = json.loads(read_data("setmm_vocabulary.json.gz"))
        return cls(**{name: tuple(words) for name, words in parts.items()})

    def words(self) -> list[str]:
        """Return all words by id, with UNKNOWN last."""
        return [*self.constants, *self.variables, *self.labels, UNKNOWN]

    def types(self) -> NDArray[np.uint8]:
        """Return the types by id: constants critical, variables variable, else other.

        Returns:
            (V,) uint8, including the unknown word.
        """
        return declared_types(
            len(self.constants), len(self.variables), len(self.labels) + 1
        )


def metamath_tokenizer() -> TextTokenizer:
    """Build the tokenizer, whose tokens are the words between blanks."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = MetamathVocabulary.load()
    ids = {word: id_ for id_, word in enumerate(vocabulary.words())}
    backend = Tokenizer(models.WordLevel(vocab=ids, unk_token=UNKNOWN))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return TextTokenizer.around(
        backend, vocab_size=VOCAB_SIZE, declared=vocabulary.types()
    )
