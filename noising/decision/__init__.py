"""The decision between noise schedules on a corpus: difficulty, weights, verdict."""

from noising.decision.comparison import (
    FEW_TOKENS,
    Candidate,
    Decision,
    Standing,
    Verdict,
    Waste,
    decide,
    find_verdict,
    measure_candidate,
)
from noising.decision.difficulty import Difficulties, Difficulty, NotComputedError
from noising.decision.loss_weights import BATCH, METHODS, LossWeights, measure_weights
from noising.decision.reader import MAX_CLASSES, Reader
from noising.decision.tradeoff import (
    Tradeoff,
    find_pareto,
    measure_tradeoff,
    share_wasted,
)

__all__ = [
    "BATCH",
    "FEW_TOKENS",
    "MAX_CLASSES",
    "METHODS",
    "Candidate",
    "Decision",
    "Difficulties",
    "Difficulty",
    "LossWeights",
    "NotComputedError",
    "Reader",
    "Standing",
    "Tradeoff",
    "Verdict",
    "Waste",
    "decide",
    "find_pareto",
    "find_verdict",
    "measure_candidate",
    "measure_tradeoff",
    "measure_weights",
    "share_wasted",
]
