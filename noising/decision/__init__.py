"""The decision between noise schedules on a corpus: difficulty, weights, verdict."""

from noising.decision.loss_weights import BATCH, LossWeights, measure_weights
from noising.decision.tradeoff import (
    Tradeoff,
    find_pareto,
    measure_tradeoff,
    share_wasted,
)

__all__ = [
    "BATCH",
    "LossWeights",
    "Tradeoff",
    "find_pareto",
    "measure_tradeoff",
    "measure_weights",
    "share_wasted",
]
