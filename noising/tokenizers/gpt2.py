"""GPT-2's byte-level byte-pair encoding."""

from __future__ import annotations

from typing import Final

from noising.tokenizers.data_files import read_data
from noising.tokenizers.tokenizer import TextTokenizer

VOCAB_SIZE: Final = 50257
END_OF_TEXT: Final = "<|endoftext|>"

PRINTABLE: Final = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
"""Bytes that are represented by their Latin-1 characters."""


def byte_symbols() -> list[str]:
    """Return the characters that represent the 256 bytes, in the order of their ids.

    Printable bytes come first and are represented by themselves, the others by the
    characters from U+0100 on. Source: Radford et al. 2019 (GPT-2), its published
    encoder.
    """
    others = 256 - len(PRINTABLE)
    return [chr(code) for code in (*PRINTABLE, *range(0x100, 0x100 + others))]


def merges() -> list[tuple[str, str]]:
    """Return the pairs to merge, in the order in which they were learnt."""
    _, *lines = read_data("gpt2_merges.bpe.gz").splitlines()
    pairs = (line.split(" ") for line in lines)
    return [(left, right) for left, right in pairs]


def vocabulary() -> list[str]:
    """Return the 50,257 tokens by id: bytes, merged pairs and the end of text."""
    made = [left + right for left, right in merges()]
    return [*byte_symbols(), *made, END_OF_TEXT]


def gpt2_tokenizer() -> TextTokenizer:
    """Build the tokenizer, which decodes every encoded text to itself."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    ids = {token: id_ for id_, token in enumerate(vocabulary())}
    backend = Tokenizer(models.BPE(vocab=ids, merges=merges()))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([END_OF_TEXT])
    return TextTokenizer.around(backend, vocab_size=VOCAB_SIZE)
