"""Configurations of discrete flow matching (Gat et al. 2024).

Source: examples/text of flow_matching @11568d3. Its time is 1 - t: data at 1, and
kappa = time^exponent is the chance to keep a token.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from noising.engine.importers.reader import ASSUMED, NO_MEANING, Reader
from noising.engine.importers.tokenizers import TOKENIZERS
from noising.engine.parameters import Number

GRAPHS: Final[Mapping[str, dict[str, Any]]] = {
    "mask": {"type": "absorbing"},
    "uniform": {"type": "uniform"},
}
EXPONENT: Final = Number(low=0.0, open_low=True, help="power of 1 - t")
TOKENIZER: Final = "gpt2"
WITHOUT_MEANING: Final = (
    *("defaults", "compute", "logging", "data", "training", "eval", "optim", "model"),
    *("hydra", "hydra_dir", "work_dir", "flow.sampling_steps"),
)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a configuration, which has continuous time.

    Raises:
        EngineError: a source distribution or scheduler that the original refuses, or a
            missing value.
    """
    spec: dict[str, Any] = {
        "schedule": reader.choice("flow.scheduler_type", SCHEDULERS)(reader),
        "graph": reader.choice("flow.source_distribution", GRAPHS),
    }
    if reader.vocab_size is None:
        spec["vocab_size"] = TOKENIZERS[TOKENIZER].vocab_size
        text = "Not in the configuration: train.py always uses the tokenizer gpt2."
        reader.note(ASSUMED, "vocab_size", text)
    reader.remark(
        NO_MEANING,
        "flow.loss_function",
        "It is about the loss. With generalized_kl the original leaves out the times "
        "t < 0.001: `sample_times` with `low`.",
    )
    return spec


def _polynomial(reader: Reader) -> dict[str, Any]:
    exponent = reader.number("flow.exponent", EXPONENT, becomes="schedule.exponent")
    return {"type": "power", "exponent": exponent}


SCHEDULERS: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    "polynomial": _polynomial,
}
