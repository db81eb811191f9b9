"""What x_t still tells about x_0, in nats."""

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
