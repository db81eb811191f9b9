"""Noise schedules: total noise as a function of time."""

from collections.abc import Mapping

from noising.engine.schedules.alphas import (
    CosineSquared,
    LogLinear,
    MaskgitCosine,
    MdlmCosine,
    Polynomial,
    Power,
)
from noising.engine.schedules.base import TIME_RANGE, Context, Schedule
from noising.engine.schedules.betas import Cosine, D3PMCosine, Linear, Quadratic
from noising.engine.schedules.continuous import Geometric, LinearSigma, UniformSchedule
from noising.engine.schedules.custom import Custom
from noising.engine.schedules.entropy import SeddEntropy
from noising.engine.schedules.gidd import GiddSchedule
from noising.engine.schedules.sigmoid import Sigmoid

SCHEDULE_TYPES: Mapping[str, type[Schedule]] = {
    "linear": Linear,
    "cosine": Cosine,
    "quadratic": Quadratic,
    "sedd_entropy": SeddEntropy,
    "loglinear": LogLinear,
    "geometric": Geometric,
    "uniform": UniformSchedule,
    "linear_sigma": LinearSigma,
    "mdlm_cosine": MdlmCosine,
    "cosine_squared": CosineSquared,
    "maskgit_cosine": MaskgitCosine,
    "d3pm_cosine": D3PMCosine,
    "polynomial": Polynomial,
    "power": Power,
    "sigmoid": Sigmoid,
    "gidd": GiddSchedule,
    "custom": Custom,
}
"""Maps a specification's ``type`` to its class."""

__all__ = ["SCHEDULE_TYPES", "TIME_RANGE", "Context", "Schedule"]
