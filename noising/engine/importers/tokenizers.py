"""Tokenizers that configurations name, and what their names say about the ids."""

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
        mask_id: id of its mask token, or None where it has none.
        source: what says so.
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
"""The one table for all sources; the name is the one of the model hub.

`text8` is left out: projects mean 27, 28 or 35 ids by it.
"""


def read_tokenizer(reader: Reader, path: str, name: Any) -> dict[str, Any]:
    """Return `vocab_size` and, where it is known, `mask_id` of a named tokenizer.

    Args:
        reader: says which size the caller gives.
        path: the key that names the tokenizer, or the data set that it goes with.
        name: the name; None where the configuration has none.

    Returns:
        Nothing for no name. A size that the caller gives comes first; the mask of a
        known tokenizer is kept if it fits in.

    Raises:
        EngineError: a name that is not in the table, and no size from the caller.
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
            "The tokenizer is not known: it is taken to have no mask of its own.",
        )
        return {"vocab_size": reader.vocab_size, "mask_id": None}
    size, mask_id = known.vocab_size, known.mask_id
    if reader.vocab_size is not None:
        size = reader.vocab_size
    if mask_id is not None and mask_id >= size:
        reader.note(ASSUMED, path, "Its mask is beyond `vocab_size`: an id is added.")
        mask_id = None
    return {"vocab_size": size, "mask_id": mask_id}
