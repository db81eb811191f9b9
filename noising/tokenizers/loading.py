"""Tokenizers by name, which are loaded on first use and cached."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from noising.extras import require_extra
from noising.tokenizers import bert, gpt2, metamath
from noising.tokenizers.json_file import read_tokenizer
from noising.tokenizers.tokenizer import TextTokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinTokenizer:
    """A tokenizer that ships with the library.

    Attributes:
        vocab_size: number of ids.
        source: author and licence of the vocabulary.
        build: builds the tokenizer.
    """

    vocab_size: int
    source: str
    build: Callable[[], TextTokenizer]


BUILTIN_TOKENIZERS: Final[Mapping[str, BuiltinTokenizer]] = {
    "gpt2": BuiltinTokenizer(
        vocab_size=gpt2.VOCAB_SIZE,
        source="GPT-2, OpenAI, MIT",
        build=gpt2.gpt2_tokenizer,
    ),
    "bert": BuiltinTokenizer(
        vocab_size=bert.VOCAB_SIZE,
        source="bert-base-uncased, Google, Apache-2.0",
        build=bert.bert_tokenizer,
    ),
    "metamath": BuiltinTokenizer(
        vocab_size=metamath.VOCAB_SIZE,
        source="Metamath set.mm (excerpt), CC0-1.0",
        build=metamath.metamath_tokenizer,
    ),
}

DEFAULT_TOKENIZER: Final = "gpt2"
"""The tokenizer of text for which none is named."""

_loading = threading.Lock()


def load_tokenizer(name_or_path: str) -> TextTokenizer:
    """Return a tokenizer; the same argument gives the same object.

    Args:
        name_or_path: a key of BUILTIN_TOKENIZERS, or the path of a tokenizer.json.

    Raises:
        TokenizerError: the file at the path is not a tokenizer.
        MissingExtraError: the library `tokenizers` is not installed.
    """
    # Two threads that both miss the cache would both load tens of megabytes.
    with _loading, require_extra("tokenizers", user="noising.tokenizers"):
        return _build(name_or_path)


@functools.cache
def _build(name_or_path: str) -> TextTokenizer:
    builtin = BUILTIN_TOKENIZERS.get(name_or_path)
    return builtin.build() if builtin else read_tokenizer(Path(name_or_path))
