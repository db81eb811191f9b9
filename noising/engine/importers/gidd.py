"""Configurations of GIDD (von Ruette et al. 2025)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from noising.engine.importers.reader import DIFFERS, Reader
from noising.engine.importers.tokenizers import read_tokenizer
from noising.engine.parameters import Number

SHARE: Final = Number(low=0.0, high=1.0, open_high=True, help="share of uniform noise")
TYPES: Final[Mapping[str, None]] = {"diffusion": None}
DATA: Final = (
    *("dataset_name", "dataset_subset", "test_size", "num_workers", "pre_tokenize"),
    *("sequence_packing", "max_add_padding", "trust_remote_code", "cache_dir"),
)
NETWORK: Final = (
    *("hidden_size", "cond_dim", "n_blocks", "n_heads", "dropout", "max_seq_len"),
)
TRAINING: Final = (
    *("resume", "seed", "train_batch_size", "eval_batch_size", "num_train_steps"),
    *("lr_schedule", "warmup_steps", "dtype", "compile_model", "world_size"),
)
WITHOUT_MEANING: Final = (
    *("defaults", "logging", "optimizer", "loss", "hydra"),
    *(f"data.{key}" for key in DATA),
    *(f"model.{key}" for key in NETWORK),
    *(f"training.{key}" for key in TRAINING),
)
"""Source: gidd/configs/ of GIDD @f67acc9."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a GIDD configuration, which has continuous time.

    Raises:
        EngineError: an autoregressive model, a process without a counterpart, or a
            missing value.
    """
    if reader.value("model.type") is not None:
        reader.choice("model.type", TYPES)
    spec = reader.choice("model.diffusion_process", PROCESSES, default="gidd")(reader)
    path = "data.tokenizer_name"
    tokens = read_tokenizer(reader, path, reader.value(path), adds_pad=True)
    if (mask_id := tokens.pop("mask_id", None)) is not None:
        spec["graph"]["mask_id"] = mask_id
    spec |= tokens
    reader.remark(
        DIFFERS,
        "model.t_eps",
        "The original draws times from [t_eps, 1 - t_eps]: `sample_times` with `low` "
        "and `high`.",
    )
    reader.remark(
        DIFFERS,
        "training.low_discrepancy_sampling",
        "It is the method `stratified` of `sample_times`.",
    )
    return spec


def _gidd(reader: Reader) -> dict[str, Any]:
    share = reader.number("model.p_uniform", SHARE)
    reader.ignore("model.gamma", why="its schedule always has gamma = 1")
    reader.note(
        DIFFERS,
        "model.p_uniform",
        "This is the paper's formula; code that spreads uniform noise over the ids "
        "other than x_0 differs by terms of order p_uniform/vocab_size.",
    )
    return {
        "schedule": {"type": "gidd", "p_uniform": share, "gamma": 1.0},
        "graph": {"type": "gidd"},
    }


def _mdlm(reader: Reader) -> dict[str, Any]:
    reader.ignore("model.p_uniform", why="its masked diffusion has no uniform noise")
    return {
        "schedule": {"type": "loglinear", "epsilon": 1e-4},
        "graph": {"type": "absorbing"},
    }


PROCESSES: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    "gidd": _gidd,
    "mdlm": _mdlm,
}
