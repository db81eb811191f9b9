"""Defaults of diffusers' scheduler classes.

Source: src/diffusers/schedulers of diffusers @58eb52c.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianClass:
    """Defaults of a class whose noise is given by betas.

    Attributes:
        beta_start: the first beta.
        beta_end: the last beta.
        beta_schedule: the beta schedule.
        schedules: the beta schedules that both the class and this engine have.
        rescaled_end: alpha at the end if `rescale_betas_zero_snr` is set, or None if
            the class does not have that key.
    """

    beta_start: float = 1e-4
    beta_end: float = 0.02
    beta_schedule: str = "linear"
    schedules: tuple[str, ...] = ("linear", "scaled_linear", "squaredcos_cap_v2")
    rescaled_end: float | None = None


_SMALLEST_END: Final = 2.0**-24  # the smallest half-precision number, instead of 0

_DDPM: Final = GaussianClass(
    schedules=("linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"),
    rescaled_end=0.0,
)
_DDIM: Final = GaussianClass(rescaled_end=0.0)
_SIGMAS: Final = GaussianClass(rescaled_end=_SMALLEST_END)
_PLAIN: Final = GaussianClass()
_OF_KARRAS: Final = GaussianClass(beta_start=0.00085, beta_end=0.012)
_FEW_STEPS: Final = GaussianClass(
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    rescaled_end=0.0,
)

GAUSSIAN: Final[Mapping[str, GaussianClass]] = {
    "DDPMScheduler": _DDPM,
    "DDPMParallelScheduler": _DDPM,
    "DDIMScheduler": _DDIM,
    "DDIMParallelScheduler": _DDIM,
    "DDIMInverseScheduler": _DDIM,
    "PNDMScheduler": _PLAIN,
    "LMSDiscreteScheduler": _PLAIN,
    "EulerDiscreteScheduler": _SIGMAS,
    "EulerAncestralDiscreteScheduler": _SIGMAS,
    "HeunDiscreteScheduler": _OF_KARRAS,
    "KDPM2DiscreteScheduler": _OF_KARRAS,
    "KDPM2AncestralDiscreteScheduler": _OF_KARRAS,
    "DEISMultistepScheduler": _PLAIN,
    "DPMSolverMultistepScheduler": _SIGMAS,
    "DPMSolverSinglestepScheduler": _PLAIN,
    "DPMSolverSDEScheduler": _OF_KARRAS,
    "UniPCMultistepScheduler": _SIGMAS,
    "LCMScheduler": _FEW_STEPS,
    "TCDScheduler": _FEW_STEPS,
}
"""Maps the classes whose betas can be used here to their defaults."""

UNDETERMINED: Final[Mapping[str, str]] = {
    "BlockRefinementScheduler": (
        "it only generates tokens: write the specification with the schedule of the "
        "training, and with the graph `absorbing` if the pipeline has a mask, else "
        "`uniform`"
    ),
    "EntropyBoundScheduler": (
        "it generates from uniform noise and has no schedule: write the specification "
        "with the graph `uniform` and the schedule of the training"
    ),
}
"""Maps the classes of tokens whose files leave the noise open to what users can do."""
