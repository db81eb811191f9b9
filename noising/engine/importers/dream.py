"""Model configurations (config.json) of Dream (Ye et al. 2025).

Dream publishes no training code. Its noise is that of eval/eval.py of Dream @fac0a7f;
the paper's training differs in the weights of the loss.
"""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.importers.hf_keys import MODEL_CONFIG, NETWORK
from noising.engine.importers.model_config import (
    linear_masking,
    note_schedule,
    read_masked_model,
)
from noising.engine.importers.reader import Reader

EPSILON: Final = 1e-3
MASK_ID: Final = 151666
"""The default of DreamConfig."""
MODELS: Final[Mapping[str, None]] = {"Dream": None}
OTHER_MODELS: Final[Mapping[str, str]] = dict.fromkeys(
    ("llada", "llada2_moe", "llada2_moe_veomni"),
    "this is a configuration of LLaDA: choose the project `llada`",
)
WITHOUT_MEANING: Final = (*MODEL_CONFIG, *NETWORK)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a model's configuration.

    Raises:
        EngineError: another model, or a missing value.
    """
    reader.choice("model_type", MODELS, hints=OTHER_MODELS)
    spec = read_masked_model(reader, MASK_ID)
    note_schedule(
        reader,
        f"Dream's evaluation masks with chance (1 - eps)·t + eps, eps = {EPSILON:g} "
        "(eval/eval.py).",
    )
    return spec | {"schedule": linear_masking(EPSILON)}
