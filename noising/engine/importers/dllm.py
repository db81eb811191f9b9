"""Training arguments of dllm, alone or with the model's, as a run logs them.

Source: dllm/core/trainers/mdlm.py and bd3lm.py and dllm/pipelines/dream/trainer.py
@ca17675, dllm/pipelines/diffusiongemma/trainer.py @37f3e11.
"""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.hf_keys import MODEL_CONFIG, NETWORK, TRAINING_ARGUMENTS
from noising.engine.importers.model_config import MASK, MASK_ID
from noising.engine.importers.reader import ASSUMED, DIFFERS, NO_MEANING, Reader
from noising.engine.importers.tokenizers import (
    TOKENIZERS,
    KnownTokenizer,
    fit_mask,
    read_tokenizer,
)
from noising.engine.parameters import Number
from noising.engine.registry import VOCAB_SIZE

EPSILON: Final = Number(
    low=0.0, high=1.0, open_low=True, open_high=True, help="the smallest time"
)
TOKENIZER: Final = "model_name_or_path"
CANVAS: Final = ("canvas_length", "self_conditioning_prob")
"""Keys of the trainer of DiffusionGemma, which noises uniformly."""
OTHER_TRAINERS: Final[Mapping[str, str]] = {
    "scheduler_cls": "EditFlow inserts and deletes tokens",
    "x0_sampler": "EditFlow inserts and deletes tokens",
    "num_generations": "GRPO learns from rewards",
}
MODEL_ARGUMENTS: Final = (
    *("load_in_4bit", "attn_implementation", "lora", "target_modules", "r"),
    *("lora_alpha", "lora_dropout", "bias", "modules_to_save"),
    *("trainable_parameter_patterns",),
)
DATA_ARGUMENTS: Final = (
    *("dataset_args", "num_proc", "disable_caching", "truncation", "text_field"),
    *("streaming", "drop_tail", "insert_eos", "random_length_ratio"),
    *("load_preprocessed_data",),
)
LOSS: Final = ("loss_norm_type", "right_shift_logits", "save_final_model")
WITHOUT_MEANING: Final = (
    *("model_type", *MODEL_CONFIG, *NETWORK, *TRAINING_ARGUMENTS),
    *(*MODEL_ARGUMENTS, *DATA_ARGUMENTS, *LOSS, *CANVAS),
)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for training arguments, which have continuous time.

    Raises:
        EngineError: a trainer without noise of this kind, no mask for masked noise, an
            unknown tokenizer, or a number out of range.
    """
    for key, why in OTHER_TRAINERS.items():
        if reader.has(key):
            rule = "must be absent: it belongs to a trainer that this source does not"
            raise EngineError(
                f"config.{key}", "cannot_import", f"{rule} read", reader.peek(key), why
            )
    is_uniform = any(reader.has(key) for key in CANVAS)
    low = reader.number("time_epsilon", EPSILON)
    text = f"Times lie in [{low:g}, 1]: `sample_times(low={low:g})`."
    reader.note(DIFFERS, "time_epsilon", text)
    spec: dict[str, Any] = {"schedule": {"type": "loglinear", "epsilon": 0.0}}
    tokens = _tokens(reader)
    if "vocab_size" in tokens:
        spec["vocab_size"] = tokens["vocab_size"]
    if is_uniform:
        spec["graph"] = {"type": "uniform"}
        text = "The trainer resamples at least one token; here none may be resampled."
        reader.note(DIFFERS, "graph", text)
    else:
        spec["graph"] = {"type": "absorbing", "mask_id": _mask_id(reader, tokens)}
        text = (
            "Not in the configuration: LinearAlphaScheduler, the default, is assumed."
        )
        reader.note(ASSUMED, "schedule", text)
    _remark_on_training(reader)
    return spec


def _tokens(reader: Reader) -> dict[str, Any]:
    """Return size and mask, from the model's configuration or the tokenizer's name.

    Raises:
        EngineError: the tokenizer is unknown and nothing else gives the size.
    """
    tokens: dict[str, Any] = {}
    if reader.has("vocab_size"):
        tokens["vocab_size"] = reader.integer("vocab_size", VOCAB_SIZE)
    if reader.has(MASK):
        mask_id = reader.integer(MASK, MASK_ID, becomes="graph.mask_id")
        tokens["mask_id"] = fit_mask(reader, MASK, mask_id)
    if len(tokens) == 2:
        text = f"`vocab_size` and `{MASK}` say what it would."
        reader.remark(NO_MEANING, TOKENIZER, text)
        return tokens
    if _known(reader) is None and "vocab_size" in tokens:
        return tokens
    return read_tokenizer(reader, TOKENIZER, reader.value(TOKENIZER)) | tokens


def _mask_id(reader: Reader, tokens: Mapping[str, Any]) -> int | None:
    """Return the mask, or None if the caller's size leaves it out.

    Raises:
        EngineError: neither the model's configuration nor the tokenizer gives it.
    """
    known = _known(reader)
    if not reader.has(MASK) and (known is None or known.mask_id is None):
        rule = "is required, since no known tokenizer gives the mask"
        way_out = f"add `{MASK}`, or a known `{TOKENIZER}`"
        raise EngineError(f"config.{MASK}", "missing", rule, None, way_out)
    mask_id: int | None = tokens["mask_id"]
    return mask_id


def _known(reader: Reader) -> KnownTokenizer | None:
    name = reader.peek(TOKENIZER)
    return TOKENIZERS.get(name) if isinstance(name, str) else None


def _remark_on_training(reader: Reader) -> None:
    text = "It is about attention: all blocks of a sequence have the same time."
    reader.remark(NO_MEANING, "block_size", text)
    reader.remark(
        DIFFERS,
        "loss_weight_type",
        "It weighs the loss: `scheduler` is the cross entropy weight of this schedule.",
    )
    for key in ("mask_prompt_loss", "train_on_prompt"):
        text = "Prompt tokens without loss are never noised: `protect` them."
        reader.remark(DIFFERS, key, text)
