"""BERT's uncased WordPiece."""

from __future__ import annotations

from typing import Final

from noising.tokenizers.data_files import read_data
from noising.tokenizers.tokenizer import TextTokenizer

VOCAB_SIZE: Final = 30522
UNKNOWN: Final = "[UNK]"
SPECIAL: Final = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")


def vocabulary() -> list[str]:
    """Return the 30,522 entries by id."""
    return read_data("bert_uncased_vocab.txt.gz").removesuffix("\n").split("\n")


def bert_tokenizer() -> TextTokenizer:
    """Build the tokenizer: lower case, no accents, [CLS] before and [SEP] after.

    Source: Devlin et al. 2019 (BERT), section 4.1 and the published vocabulary.
    """
    from tokenizers import (
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    ids = {token: id_ for id_, token in enumerate(vocabulary())}
    backend = Tokenizer(
        models.WordPiece(vocab=ids, unk_token=UNKNOWN, max_input_chars_per_word=100)
    )
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(mark, ids[mark]) for mark in ("[CLS]", "[SEP]")],
    )
    # Without the clean-up, which removes blanks and thus changes the next encoding.
    backend.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    backend.add_special_tokens(list(SPECIAL))
    return TextTokenizer.around(backend, vocab_size=VOCAB_SIZE)
