"""Configurations of LLaDA (Nie et al. 2025) and LLaDA2 (inclusionAI 2025).

LLaDA publishes its models' config.json, and its noise in GUIDELINES.md @b7e6c35.
LLaDA2 also has a training configuration, of dFactory @92b6890.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.hf_keys import MODEL_CONFIG, NETWORK
from noising.engine.importers.model_config import (
    linear_masking,
    note_schedule,
    read_masked_model,
)
from noising.engine.importers.reader import ASSUMED, DIFFERS, NO_MEANING, Reader
from noising.engine.importers.tokenizers import TOKENIZERS, fit_mask
from noising.engine.parameters import Number

EPSILON: Final = 1e-3
LLADA_MASK: Final = 126336
LLADA2_MASK: Final = 156895
"""The mask in process_mdm_sft_example, whatever the model."""
LLADA2_SIZE: Final = TOKENIZERS["inclusionAI/LLaDA2.0-mini"].vocab_size
TIME: Final = Number(low=0.0, high=1.0, help="a time")
RANGE: Final = {"data.noise_range_low": 0.3, "data.noise_range_high": 0.8}
DATA: Final = (
    *("train_path", "train_size", "data_type", "datasets_type", "dataloader_type"),
    *("max_seq_len", "text_keys", "num_workers", "chat_template", "source_name"),
    *("prefetch_factor", "drop_last", "pin_memory"),
)
TRAINING: Final = (
    *("output_dir", "data_parallel_mode", "tensor_parallel_size"),
    *("ulysses_parallel_size", "expert_parallel_size", "global_batch_size"),
    *("micro_batch_size", "num_train_epochs", "rmpad", "rmpad_with_pos_ids"),
    *("bsz_warmup_ratio", "dyn_bsz_margin", "dyn_bsz_buffer_size", "optimizer"),
    *("beta1", "beta2", "lr", "lr_min", "lr_start", "lr_warmup_ratio"),
    *("lr_decay_style", "lr_decay_ratio", "weight_decay", "max_grad_norm"),
    *("enable_mixed_precision", "enable_gradient_checkpointing"),
    *("enable_full_shard", "enable_fsdp_offload", "enable_activation_offload"),
    *("init_device", "broadcast_model_weights_from_rank0"),
    *("enable_full_determinism", "empty_cache_steps", "ckpt_manager"),
    *("load_checkpoint_path", "save_epochs", "save_steps", "save_hf_weights"),
    *("same_token_labels", "use_wandb", "wandb_project", "wandb_name", "log_steps"),
    *("seed", "max_steps"),
)
WITHOUT_MEANING: Final = (
    *("model", *MODEL_CONFIG, *NETWORK),
    *(f"data.{key}" for key in DATA),
    *(f"train.{key}" for key in TRAINING),
)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a model's or a training configuration.

    Raises:
        EngineError: neither of them, another model, or a missing value.
    """
    if any(reader.has(key) for key in (*RANGE, "train.block_diffusion_mode")):
        return _training(reader)
    if not reader.has("model_type"):
        raise EngineError(
            "config.model_type",
            "missing",
            "is required: nothing else says which model it is",
            None,
            "give a model's config.json, or a training configuration of dFactory with "
            "data.noise_range_low",
        )
    return reader.choice("model_type", MODELS, hints=OTHER_MODELS)(reader)


def _llada(reader: Reader) -> dict[str, Any]:
    spec = read_masked_model(reader, LLADA_MASK)
    note_schedule(
        reader,
        f"LLaDA masks with chance (1 - eps)·t + eps, eps = {EPSILON:g}.",
    )
    return spec | {"schedule": linear_masking(EPSILON)}


def _llada2(reader: Reader) -> dict[str, Any]:
    spec = read_masked_model(reader, LLADA2_MASK)
    note_schedule(
        reader,
        "dFactory masks with chance t, of a range that its training configuration "
        "gives: `sample_times(low=, high=)`.",
    )
    return spec | {"schedule": {"type": "loglinear", "epsilon": 0.0}}


def _training(reader: Reader) -> dict[str, Any]:
    """Read dFactory's training configuration, which masks with chance t."""
    low, high = (
        reader.number(key, TIME, default=default) for key, default in RANGE.items()
    )
    if low > high:
        key = "data.noise_range_low"
        rule = "must not exceed data.noise_range_high"
        raise EngineError(f"config.{key}", "out_of_order", rule, low)
    for key in RANGE:
        text = (
            f"Times lie in [{low:g}, {high:g}]: `sample_times(low={low:g}, "
            f"high={high:g})`."
        )
        reader.note(DIFFERS, key, text)
    for key in ("train.block_diffusion_mode", "train.block_size"):
        text = "It is about attention: all blocks of a sequence have the same time."
        reader.remark(NO_MEANING, key, text)
    spec: dict[str, Any] = {
        "schedule": {"type": "loglinear", "epsilon": 0.0},
        "graph": {
            "type": "absorbing",
            "mask_id": fit_mask(reader, "vocab_size", LLADA2_MASK),
        },
    }
    reader.note(
        ASSUMED, "mask_token_id", f"dFactory's code always masks with {LLADA2_MASK}."
    )
    if reader.vocab_size is None:
        spec["vocab_size"] = LLADA2_SIZE
        text = f"Not in the configuration: {LLADA2_SIZE}, LLaDA2's, is assumed."
        reader.note(ASSUMED, "vocab_size", text)
    return spec


MODELS: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    "llada": _llada,
    **dict.fromkeys(("llada2_moe", "llada2_moe_veomni"), _llada2),
}
OTHER_MODELS: Final[Mapping[str, str]] = {
    "Dream": "this is a configuration of Dream: choose the project `dream`",
}
