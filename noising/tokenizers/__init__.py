"""Tokenizers, which convert text to tokens with types and back.

Importing this package loads neither a vocabulary nor the `tokenizers` library; the
first `load_tokenizer` does.
"""

from noising.tokenizers.loading import (
    BUILTIN_TOKENIZERS,
    DEFAULT_TOKENIZER,
    BuiltinTokenizer,
    load_tokenizer,
)
from noising.tokenizers.metamath import MetamathVocabulary
from noising.tokenizers.token_types import OTHER, TOKEN_TYPES, declared_types
from noising.tokenizers.tokenizer import Encoding, TextTokenizer, TokenizerError

__all__ = [
    "BUILTIN_TOKENIZERS",
    "DEFAULT_TOKENIZER",
    "OTHER",
    "TOKEN_TYPES",
    "BuiltinTokenizer",
    "Encoding",
    "MetamathVocabulary",
    "TextTokenizer",
    "TokenizerError",
    "declared_types",
    "load_tokenizer",
]
