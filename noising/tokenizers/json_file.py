"""Loads other tokenizers from a tokenizer.json in Hugging Face's format."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from noising.tokenizers.tokenizer import TextTokenizer, TokenizerError

MAX_BYTES: Final = 2**27
"""Ten times the size of the largest published files."""


def read_tokenizer(path: Path) -> TextTokenizer:
    """Load a tokenizer.json, whose token types depend on the text.

    Raises:
        TokenizerError: the file cannot be read or is not a tokenizer.
    """
    from tokenizers import Tokenizer

    content = _read_file(path)
    try:
        backend = Tokenizer.from_str(content)
    except Exception as error:  # the library raises no narrower class
        raise TokenizerError(f"is not a tokenizer ({error})") from error
    ids = backend.get_vocab(with_added_tokens=True).values()
    if not ids:
        raise TokenizerError("has an empty vocabulary")
    return TextTokenizer.around(backend, vocab_size=max(ids) + 1)


def _read_file(path: Path) -> str:
    # Reading a named pipe could block forever, and a device might never end.
    if not path.is_file():
        raise TokenizerError("is not a file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TokenizerError(f"is longer than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokenizerError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TokenizerError("is not UTF-8 text") from error
