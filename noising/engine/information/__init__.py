"""Mutual information of x_t and x_0, and related quantities, in nats."""

from noising.engine.information.channels import Channel, ResamplingInformation
from noising.engine.information.curves import (
    ChannelInformation,
    ErasureInformation,
    InformationCurve,
    Solver,
)
from noising.engine.information.matrix import MatrixInformation
from noising.engine.information.terms import (
    complements,
    divergence,
    divergence_term,
    entropy,
    minus_log,
    score_costs,
    xlogx,
)

__all__ = [
    "Channel",
    "ChannelInformation",
    "ErasureInformation",
    "InformationCurve",
    "MatrixInformation",
    "ResamplingInformation",
    "Solver",
    "complements",
    "divergence",
    "divergence_term",
    "entropy",
    "minus_log",
    "score_costs",
    "xlogx",
]
