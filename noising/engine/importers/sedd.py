"""Configurations of SEDD (Lou, Meng, Ermon 2024): graph, noise and tokens."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.reader import Reader
from noising.engine.registry import VOCAB_SIZE

GRAPHS: Final[Mapping[str, dict[str, Any]]] = {
    "absorb": {"type": "absorbing"},
    "uniform": {"type": "uniform"},
}
NOISES: Final[Mapping[str, NoiseReader]] = {
    "geometric": between_sigmas("geometric", {}),
    "loglinear": down_to("loglinear", 1e-3),
}
TRAINING: Final = (
    *("batch_size", "accum", "n_iters", "snapshot_freq", "log_freq", "eval_freq"),
    *("snapshot_freq_for_preemption", "weight", "snapshot_sampling", "ema"),
)
WITHOUT_MEANING: Final = (
    *("ngpus", "data", "sampling", "eval", "optim", "model", "hydra", "defaults"),
    *("work_dir", "wandb_name"),
    *(f"training.{key}" for key in TRAINING),
)
"""Source: configs/ and run_train.py of SEDD @0605786."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a SEDD configuration, which has continuous time.

    Raises:
        EngineError: a noise or graph that SEDD refuses, or a missing value.
    """
    spec: dict[str, Any] = {
        "schedule": reader.choice("noise.type", NOISES)(reader),
        "graph": reader.choice("graph.type", GRAPHS, default="absorb"),
    }
    if reader.has("tokens"):
        spec["vocab_size"] = reader.integer("tokens", VOCAB_SIZE)
    for key in ("graph.file", "graph.report_all"):
        reader.ignore(key, why="only the type defines the graph")
    return spec
