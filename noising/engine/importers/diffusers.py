"""Scheduler configurations of diffusers: scheduler_config.json."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.converters import sigmas_of_betas
from noising.engine.errors import EngineError
from noising.engine.importers.reader import DIFFERS, Reader
from noising.engine.parameters import Flag, Integer, Number, Numbers
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE, build_process

BetaReader: TypeAlias = Callable[[Reader, int], dict[str, Any]]

BETA: Final = Number(
    low=0.0, high=1.0, open_high=True, help="the move chance of one step"
)
CHANCE: Final = Number(low=0.0, high=1.0, help="a chance after many steps")
TRAINED: Final = Numbers(item=BETA, help="a beta for every step")
FLAG: Final = Flag(help="a switch")
TWO_STEPS: Final = Integer(low=2, high=NUM_TIMESTEPS.high, help="steps")
CLASSES: Final = Integer(low=3, high=VOCAB_SIZE.high + 1, help="the ids and the mask")
LARGEST_REST: Final = 1e-4
"""Uniform noise beside the mask that an import may leave out."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the process of a scheduler's configuration.

    Raises:
        EngineError: a scheduler or a beta schedule without a counterpart.
    """
    return reader.choice("_class_name", SCHEDULERS, default="DDPMScheduler")(reader)


def _gaussian(reader: Reader) -> dict[str, Any]:
    """Read a scheduler of Gaussian noise, whose betas carry over."""
    steps = reader.integer("num_train_timesteps", NUM_TIMESTEPS, default=1000)
    if reader.has("trained_betas"):
        schedule = _trained(reader)
    else:
        schedule = reader.choice("beta_schedule", BETA_SCHEDULES, default="linear")(
            reader, steps
        )
    rescale = reader.value("rescale_betas_zero_snr")
    if rescale is not None and FLAG.parse(rescale, "config.rescale_betas_zero_snr"):
        schedule = _to_zero(schedule, steps)
    reader.note(
        DIFFERS,
        "_class_name",
        "It noises real numbers: the share of variance that is left of the signal "
        "becomes the chance that a token is kept.",
    )
    return {"num_timesteps": steps, "schedule": schedule}


def _trained(reader: Reader) -> dict[str, Any]:
    for key in ("beta_schedule", "beta_start", "beta_end"):
        reader.ignore(key, why="trained_betas stand in for it")
    betas = TRAINED.parse(reader.value("trained_betas"), "config.trained_betas")
    return {"type": "custom", "sigmas": sigmas_of_betas(betas).tolist()}


def _ends(reader: Reader) -> tuple[float, float]:
    low = reader.number("beta_start", BETA, default=1e-4)
    return low, reader.number("beta_end", BETA, default=0.02)


def _linear(reader: Reader, steps: int) -> dict[str, Any]:
    low, high = _ends(reader)
    return {"type": "linear", "beta_min": low, "beta_max": high}


def _scaled_linear(reader: Reader, steps: int) -> dict[str, Any]:
    low, high = _ends(reader)
    return {"type": "quadratic", "beta_min": low, "beta_max": high}


def _cosine(reader: Reader, steps: int) -> dict[str, Any]:
    reader.ignore("beta_start", "beta_end", why="its cosine has no betas to choose")
    return {"type": "cosine", "s": 0.008, "max_beta": 0.999}


def _sigmoid(reader: Reader, steps: int) -> dict[str, Any]:
    low, high = _ends(reader)
    rise = 1.0 / (1.0 + np.exp(-np.linspace(-6.0, 6.0, steps)))
    betas = rise * (high - low) + low
    return {"type": "custom", "sigmas": sigmas_of_betas(betas).tolist()}


def _to_zero(schedule: dict[str, Any], steps: int) -> dict[str, Any]:
    """Return a table whose square roots are shifted and scaled to end at 0.

    Source: Lin et al. 2024, "Common diffusion noise schedules and sample steps are
    flawed", algorithm 1.

    Raises:
        EngineError: one step, which cannot both begin and end.
    """
    if steps < 2:
        rule = "must be at least 2 to be rescaled to a zero end"
        raise EngineError("config.num_train_timesteps", "out_of_range", rule, steps)
    process = build_process({"num_timesteps": steps, "schedule": schedule})
    roots = np.sqrt(process.alphas)
    scaled = (roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))
    return {"type": "custom", "alphas": (scaled**2).tolist()}


def _vector_quantized(reader: Reader) -> dict[str, Any]:
    """Read VQ-Diffusion: linear tables of what is kept and what is masked.

    Raises:
        EngineError: much is neither kept nor masked but replaced uniformly.
    """
    steps = reader.integer("num_train_timesteps", TWO_STEPS, default=100)
    kept = _line(reader, "alpha_cum", steps, start=0.99999, end=0.000009)
    masked = _line(reader, "gamma_cum", steps, start=0.000009, end=0.99999)
    rest = float(np.abs(1.0 - kept - masked).max())
    if rest > LARGEST_REST:
        raise EngineError(
            "config.gamma_cum_end",
            "cannot_import",
            f"must leave at most {LARGEST_REST:g} beside alpha_cum and gamma_cum",
            rest,
            "a mask beside uniform noise is the graph `hdlm_gamma` or `gidd`",
        )
    reader.note(
        DIFFERS,
        "gamma_cum_end",
        f"The original replaces up to {rest:.2g} of the tokens uniformly beside the "
        "mask; that part is left out.",
    )
    return {
        "vocab_size": reader.integer("num_vec_classes", CLASSES) - 1,
        "num_timesteps": steps,
        "schedule": {"type": "custom", "alphas": kept.tolist()},
        "graph": {"type": "absorbing"},
    }


def _line(
    reader: Reader, name: str, steps: int, *, start: float, end: float
) -> "np.ndarray":
    first = reader.number(f"{name}_start", CHANCE, default=start)
    last = reader.number(f"{name}_end", CHANCE, default=end)
    return np.linspace(first, last, steps)


BETA_SCHEDULES: Final[Mapping[str, BetaReader]] = {
    "linear": _linear,
    "scaled_linear": _scaled_linear,
    "squaredcos_cap_v2": _cosine,
    "sigmoid": _sigmoid,
}
GAUSSIAN: Final = (
    "DDPMScheduler",
    "DDPMParallelScheduler",
    "DDIMScheduler",
    "DDIMParallelScheduler",
    "DDIMInverseScheduler",
    "PNDMScheduler",
    "LMSDiscreteScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DPMSolverSDEScheduler",
    "UniPCMultistepScheduler",
    "LCMScheduler",
    "TCDScheduler",
)
SCHEDULERS: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    **dict.fromkeys(GAUSSIAN, _gaussian),
    "VQDiffusionScheduler": _vector_quantized,
}
