"""Vocabulary sizes and masks of the tokenizers that configurations name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.reader import ASSUMED, DIFFERS, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTokenizer:
    """A published tokenizer.

    Attributes:
        vocab_size: V, the number of its ids; of a model's tokenizer, the model's
            vocab_size, which may count unused ids.
        mask_id: id of its mask token, or None if it has no mask.
        has_pad: whether it has a padding token.
        source: source of these numbers.
    """

    vocab_size: int
    mask_id: int | None
    has_pad: bool = True
    source: str


_GPT2: Final = KnownTokenizer(
    vocab_size=50257,
    mask_id=None,
    has_pad=False,
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

_MODERNBERT: Final = KnownTokenizer(
    vocab_size=50368,
    mask_id=50284,
    source="Warner et al. 2024 (ModernBERT), config.json and tokenizer.json",
)
_LLADA: Final = KnownTokenizer(
    vocab_size=126464,
    mask_id=126336,
    source="Nie et al. 2025 (LLaDA), config.json; GUIDELINES.md of LLaDA @b7e6c35",
)
_LLADA2: Final = KnownTokenizer(
    vocab_size=157184,
    mask_id=156895,
    source="LLaDA2's model_configs and train_llada2_bd.py of dFactory @92b6890",
)
_DREAM: Final = KnownTokenizer(
    vocab_size=152064,
    mask_id=151666,
    source="Ye et al. 2025 (Dream), config.json of Dream-v0",
)
_GEMMA: Final = KnownTokenizer(
    vocab_size=262144,
    mask_id=None,
    source="configuration_diffusion_gemma.py of transformers 5.24",
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
    "answerdotai/ModernBERT-base": _MODERNBERT,
    "answerdotai/ModernBERT-large": _MODERNBERT,
    "GSAI-ML/LLaDA-8B-Base": _LLADA,
    "GSAI-ML/LLaDA-8B-Instruct": _LLADA,
    "GSAI-ML/LLaDA-1.5": _LLADA,
    "inclusionAI/LLaDA2.0-mini": _LLADA2,
    "inclusionAI/LLaDA2.0-mini-preview": _LLADA2,
    "inclusionAI/LLaDA2.0-flash": _LLADA2,
    "inclusionAI/LLaDA2.0-flash-preview": _LLADA2,
    "Dream-org/Dream-v0-Base-7B": _DREAM,
    "Dream-org/Dream-v0-Instruct-7B": _DREAM,
    "google/diffusiongemma-26B-A4B-it": _GEMMA,
}
"""Maps names of the model hub to tokenizers.

`text8` is not included, since projects use it for 27, 28 or 35 ids.
"""


def read_tokenizer(
    reader: Reader,
    path: str,
    name: Any,
    *,
    adds_pad: bool = False,
    adds_mask: bool = False,
) -> dict[str, Any]:
    """Return `vocab_size` and `mask_id` of a tokenizer.

    Args:
        reader: the configuration, with the caller's `vocab_size`.
        path: the key that names the tokenizer, or the data set that uses it.
        name: the name, or None if the configuration has none.
        adds_pad: the original adds [PAD] to a tokenizer without padding, as an id
            that noise can draw.
        adds_mask: the same for the mask of a tokenizer without one.

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
            "must be a tokenizer whose size is known here",
            name,
            "give `vocab_size`, the size of its vocabulary",
        )
    if known is None:
        reader.note(
            ASSUMED,
            path,
            "The tokenizer is unknown: it is assumed to have no mask among its ids.",
        )
        return {"vocab_size": reader.vocab_size, "mask_id": None}
    if reader.vocab_size is None:
        size = known.vocab_size
        added = [
            token
            for token, is_added in (
                ("[PAD]", adds_pad and not known.has_pad),
                ("a mask", adds_mask and known.mask_id is None),
            )
            if is_added
        ]
        if added:
            size += len(added)
            text = f"The original adds {' and '.join(added)} to it: {size} ids."
            reader.note(DIFFERS, path, text)
    else:
        size = reader.vocab_size
    return {"vocab_size": size, "mask_id": fit_mask(reader, path, known.mask_id)}


def fit_mask(reader: Reader, path: str, mask_id: int | None) -> int | None:
    """Return the mask, or None with a note if it is beyond the caller's size."""
    size = reader.vocab_size
    if mask_id is None or size is None or mask_id < size:
        return mask_id
    text = "Its mask is not below `vocab_size`: the mask gets a new id."
    reader.note(ASSUMED, path, text)
    return None
