"""Vocabulary sizes and masks of the tokenizers that configurations name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.reader import ASSUMED, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTokenizer:
    """A published tokenizer.

    Attributes:
        vocab_size: V, the number of its ids.
        mask_id: id of its mask token, or None if it has no mask.
        source: source of these numbers.
    """

    vocab_size: int
    mask_id: int | None
    source: str


_GPT2: Final = KnownTokenizer(
    vocab_size=50257,
    mask_id=None,
    source="Radford et al. 2019 (GPT-2), encoder.json",
)
_BERT_UNCASED: Final = KnownTokenizer(
    vocab_size=30522,
    mask_id=103,
    source="Devlin et al. 2019 (BERT), vocab.txt of the uncased models",
)
_BERT_CASED: Final = KnownTokenizer(
    vocab_size=28996,
    mask_id=103,
    source="Devlin et al. 2019 (BERT), vocab.txt of the cased models",
)
_ROBERTA: Final = KnownTokenizer(
    vocab_size=50265,
    mask_id=50264,
    source="Liu et al. 2019 (RoBERTa), its config.json and tokenizer.json",
)

TOKENIZERS: Final[Mapping[str, KnownTokenizer]] = {
    "gpt2": _GPT2,
    "gpt2-medium": _GPT2,
    "gpt2-large": _GPT2,
    "gpt2-xl": _GPT2,
    "openai-community/gpt2": _GPT2,
    "bert-base-uncased": _BERT_UNCASED,
    "bert-large-uncased": _BERT_UNCASED,
    "google-bert/bert-base-uncased": _BERT_UNCASED,
    "bert-base-cased": _BERT_CASED,
    "google-bert/bert-base-cased": _BERT_CASED,
    "roberta-base": _ROBERTA,
    "FacebookAI/roberta-base": _ROBERTA,
}
"""Maps names of the model hub to tokenizers.

`text8` is not included, since projects use it for 27, 28 or 35 ids.
"""


def read_tokenizer(reader: Reader, path: str, name: Any) -> dict[str, Any]:
    """Return `vocab_size` and `mask_id` of a tokenizer.

    Args:
        reader: the configuration, with the caller's `vocab_size`.
        path: the key that names the tokenizer, or the data set that uses it.
        name: the name, or None if the configuration has none.

    Returns:
        An empty object without a name. The caller's size overrides that of the
        tokenizer; `mask_id` is None if the tokenizer has no mask or its mask lies
        beyond that size.

    Raises:
        EngineError: an unknown tokenizer, and no size from the caller.
    """
    if name is None:
        return {}
    known = TOKENIZERS.get(name) if isinstance(name, str) else None
    if known is None and reader.vocab_size is None:
        raise EngineError(
            f"config.{path}",
            "unknown_tokenizer",
            f"must be a tokenizer of known size: {', '.join(TOKENIZERS)}",
            name,
            "give `vocab_size`, the number of its ids",
        )
    if known is None:
        reader.note(
            ASSUMED,
            path,
            "The tokenizer is unknown: it is assumed to have no mask.",
        )
        return {"vocab_size": reader.vocab_size, "mask_id": None}
    size, mask_id = known.vocab_size, known.mask_id
    if reader.vocab_size is not None:
        size = reader.vocab_size
    if mask_id is not None and mask_id >= size:
        text = "Its mask is not below `vocab_size`: the mask gets a new id."
        reader.note(ASSUMED, path, text)
        mask_id = None
    return {"vocab_size": size, "mask_id": mask_id}
