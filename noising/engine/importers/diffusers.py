"""Scheduler configurations of diffusers: scheduler_config.json.

Source: src/diffusers/schedulers of diffusers @58eb52c.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.converters import sigmas_of_betas
from noising.engine.errors import EngineError
from noising.engine.importers.diffusers_classes import (
    GAUSSIAN,
    UNDETERMINED,
    GaussianClass,
)
from noising.engine.importers.reader import ASSUMED, DIFFERS, Reader
from noising.engine.parameters import Flag, Integer, Number, Numbers
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE, build_process

BetaReader: TypeAlias = Callable[[Reader, GaussianClass, int], dict[str, Any]]

BETA: Final = Number(
    low=0.0, high=1.0, open_high=True, help="the move chance of one step"
)
CHANCE: Final = Number(low=0.0, high=1.0, help="a chance after many steps")
TRAINED: Final = Numbers(item=BETA, help="a beta for every step")
FLAG: Final = Flag(help="a switch")
TWO_STEPS: Final = Integer(low=2, high=NUM_TIMESTEPS.high, help="steps")
MASK_ID: Final = Integer(low=1, high=VOCAB_SIZE.high - 1, help="id of the mask")
MASKINGS: Final[Mapping[str, str]] = {"cosine": "maskgit_cosine", "linear": "loglinear"}
CLASSES: Final = Integer(low=3, high=VOCAB_SIZE.high + 1, help="the ids and the mask")
ROUNDING: Final = 1e-12
"""Share of uniform noise that is due to rounding."""
STEPS: Final = "num_train_timesteps"

WITHOUT_MEANING: Final = (
    *("_diffusers_version", "clip_sample", "clip_sample_range", "set_alpha_to_one"),
    *("steps_offset", "timestep_spacing", "variance_type", "thresholding"),
    *("dynamic_thresholding_ratio", "sample_max_value", "solver_order", "solver_type"),
    *("algorithm_type", "lower_order_final", "euler_at_final", "final_sigmas_type"),
    *("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"),
    *("use_lu_lambdas", "lambda_min_clipped", "skip_prk_steps", "interpolation_type"),
    *("original_inference_steps", "timestep_scaling", "predict_x0", "solver_p"),
    *("disable_corrector", "noise_sampler_seed", "prediction_type"),
    *("num_inference_steps", "corrector_steps", "corrector_k"),
    *("corrector_selection", "corrector_selection_tau"),
)
"""Keys about generation, and about what the network predicts."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a scheduler's configuration.

    Raises:
        EngineError: no class, or a class or beta schedule without a counterpart.
    """
    name = reader.value("_class_name")
    if isinstance(name, str) and name in UNDETERMINED:
        rule = "must be a scheduler whose file determines the noise"
        raise EngineError(
            "config._class_name", "cannot_import", rule, name, UNDETERMINED[name]
        )
    return reader.choice("_class_name", SCHEDULERS)(reader)


def _gaussian(reader: Reader, kind: GaussianClass) -> dict[str, Any]:
    """Read a scheduler of Gaussian noise, whose betas can be used here."""
    _refuse_flow(reader)
    steps = _steps(reader, NUM_TIMESTEPS, 1000)
    betas = reader.value("trained_betas")
    if betas is not None:
        schedule = _trained_betas(reader, betas, steps)
    else:
        readers = {name: BETA_SCHEDULES[name] for name in kind.schedules}
        schedule = reader.choice("beta_schedule", readers, default=kind.beta_schedule)(
            reader, kind, steps
        )
    if _rescales(reader, kind):
        schedule = _to_zero(schedule, steps, kind)
    reader.note(
        DIFFERS,
        "_class_name",
        "The original noises real numbers; here the signal's remaining share of the "
        "variance is the chance that a token is kept.",
    )
    return {"num_timesteps": steps, "schedule": schedule}


def _steps(reader: Reader, parameter: Integer, default: int) -> int:
    """Return T from the caller or from the configuration.

    Raises:
        EngineError: it is not an integer, or out of range.
    """
    if reader.num_timesteps is not None:
        reader.value(STEPS)
        return parameter.parse(reader.num_timesteps, "num_timesteps")
    return reader.integer(STEPS, parameter, default=default, becomes="num_timesteps")


def _refuse_flow(reader: Reader) -> None:
    """Check that flow matching is off, since its noise is not given by betas.

    Raises:
        EngineError: the configuration turns it on.
    """
    flow = reader.value("use_flow_sigmas")
    if flow is not None and FLAG.parse(flow, "config.use_flow_sigmas"):
        rule = "must be false: flow matching has no betas"
        raise EngineError("config.use_flow_sigmas", "cannot_import", rule, flow)
    for key in ("flow_shift", "use_dynamic_shifting", "time_shift_type"):
        reader.ignore(key, why="it belongs to flow matching, which is off")
    if reader.peek("prediction_type") == "flow_prediction":
        raise EngineError(
            "config.prediction_type",
            "cannot_import",
            "must be epsilon, sample or v_prediction: flow matching has no betas",
            "flow_prediction",
        )


def _trained_betas(reader: Reader, betas: Any, steps: int) -> dict[str, Any]:
    """Return a table of the betas in the configuration.

    Raises:
        EngineError: invalid betas, or another number of betas than of steps.
    """
    for key in ("beta_schedule", "beta_start", "beta_end"):
        reader.ignore(key, why="trained_betas replace it")
    parsed = TRAINED.parse(betas, "config.trained_betas")
    if len(parsed) != steps:
        has_steps = reader.has(STEPS) or reader.num_timesteps is not None
        raise EngineError(
            "config.trained_betas",
            "wrong_length",
            f"must have a beta for each of the {steps} timesteps",
            len(parsed),
            ""
            if has_steps
            else f"add `{STEPS}`, whose default in diffusers is {steps}",
        )
    return {"type": "custom", "sigmas": sigmas_of_betas(parsed).tolist()}


def _ends(reader: Reader, kind: GaussianClass) -> tuple[float, float]:
    low = reader.number(
        "beta_start", BETA, default=kind.beta_start, becomes="schedule.beta_min"
    )
    high = reader.number(
        "beta_end", BETA, default=kind.beta_end, becomes="schedule.beta_max"
    )
    return low, high


def _linear(reader: Reader, kind: GaussianClass, steps: int) -> dict[str, Any]:
    low, high = _ends(reader, kind)
    return {"type": "linear", "beta_min": low, "beta_max": high}


def _scaled_linear(reader: Reader, kind: GaussianClass, steps: int) -> dict[str, Any]:
    low, high = _ends(reader, kind)
    return {"type": "quadratic", "beta_min": low, "beta_max": high}


def _cosine(reader: Reader, kind: GaussianClass, steps: int) -> dict[str, Any]:
    reader.ignore("beta_start", "beta_end", why="its cosine schedule has fixed betas")
    return {"type": "cosine", "s": 0.008, "max_beta": 0.999}


def _sigmoid(reader: Reader, kind: GaussianClass, steps: int) -> dict[str, Any]:
    low, high = _ends(reader, kind)
    rise = 1.0 / (1.0 + np.exp(-np.linspace(-6.0, 6.0, steps)))
    betas = rise * (high - low) + low
    return {"type": "custom", "sigmas": sigmas_of_betas(betas).tolist()}


def _rescales(reader: Reader, kind: GaussianClass) -> bool:
    """Return whether the class supports rescaling and the configuration turns it on.

    Raises:
        EngineError: the key is neither true nor false.
    """
    key = "rescale_betas_zero_snr"
    if kind.rescaled_end is None:
        reader.ignore(key, why="this class does not have the key")
        return False
    rescale = reader.value(key)
    return rescale is not None and FLAG.parse(rescale, f"config.{key}")


def _to_zero(
    schedule: dict[str, Any], steps: int, kind: GaussianClass
) -> dict[str, Any]:
    """Return a table of alphas whose square roots are rescaled to end at 0.

    Source: Lin et al. 2024, "Common diffusion noise schedules and sample steps are
    flawed", algorithm 1. Some classes then replace the last value by a positive one.

    Raises:
        EngineError: only one step.
    """
    if steps < 2:
        rule = "must be at least 2 to be rescaled to end at 0"
        raise EngineError(f"config.{STEPS}", "out_of_range", rule, steps)
    process = build_process({"num_timesteps": steps, "schedule": schedule})
    roots = np.sqrt(process.alphas)
    scaled = (roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))
    alphas = scaled**2
    alphas[-1] = kind.rescaled_end
    return {"type": "custom", "alphas": alphas.tolist()}


def _vector_quantized(reader: Reader) -> dict[str, Any]:
    """Read VQ-Diffusion: linear tables of the chances to be kept and to be masked.

    The rest is replaced uniformly.

    Raises:
        EngineError: the chances add up to more than 1.
    """
    steps = _steps(reader, TWO_STEPS, 100)
    kept = _line(reader, "alpha_cum", steps, start=0.99999, end=0.000009)
    masked = _line(reader, "gamma_cum", steps, start=0.000009, end=0.99999)
    rest = 1.0 - kept - masked
    if rest.min() < -ROUNDING:
        worst = int(rest.argmin())
        raise EngineError(
            f"config.gamma_cum_{'start' if worst == 0 else 'end'}",
            "out_of_range",
            "must add up to at most 1 with alpha_cum: they are chances",
            float(masked[worst]),
        )
    spec: dict[str, Any] = {
        "vocab_size": reader.integer("num_vec_classes", CLASSES) - 1,
        "num_timesteps": steps,
        "schedule": {"type": "custom", "alphas": kept.tolist()},
        "graph": {"type": "absorbing"},
    }
    if rest.max() > ROUNDING:
        moved = np.where(kept < 1.0, 1.0 - kept, 1.0)
        share = np.clip(rest / moved, 0.0, 1.0).tolist()
        spec["graph"] = {
            "type": "mixture",
            "share": {"type": "table", "values": share},
        }
        reader.note(
            DIFFERS,
            "gamma_cum_end",
            f"The original also replaces up to {rest.max():.2g} of the tokens "
            "uniformly, as here; only here may a step replace a mask.",
        )
    return spec


def _amused(reader: Reader) -> dict[str, Any]:
    """Read aMUSEd, which masks as MaskGIT does; its mask is the last id.

    Source: AmusedScheduler.add_noise, whose ratio is 1 - t.
    """
    mask_id = reader.integer("mask_token_id", MASK_ID, becomes="graph.mask_id")
    schedule = reader.choice("masking_schedule", MASKINGS, default="cosine")
    spec: dict[str, Any] = {
        "schedule": {"type": schedule, "epsilon": 0.0},
        "graph": {"type": "absorbing", "mask_id": mask_id},
    }
    if reader.vocab_size is None:
        spec["vocab_size"] = mask_id + 1
        text = f"Not in the configuration: {mask_id + 1}, up to the mask, is assumed."
        reader.note(ASSUMED, "vocab_size", text)
    return spec


def _discrete_ddim(reader: Reader) -> dict[str, Any]:
    """Read DiscreteDDIMScheduler: uniform noise with alpha = 1 - t."""
    return {
        "schedule": {"type": "loglinear", "epsilon": 0.0},
        "graph": {"type": "uniform"},
    }


def _line(
    reader: Reader, name: str, steps: int, *, start: float, end: float
) -> "np.ndarray":
    first = reader.number(f"{name}_start", CHANCE, default=start)
    last = reader.number(f"{name}_end", CHANCE, default=end)
    return np.linspace(first, last, steps)


def _reader_of(kind: GaussianClass) -> Callable[[Reader], dict[str, Any]]:
    return lambda reader: _gaussian(reader, kind)


BETA_SCHEDULES: Final[Mapping[str, BetaReader]] = {
    "linear": _linear,
    "scaled_linear": _scaled_linear,
    "squaredcos_cap_v2": _cosine,
    "sigmoid": _sigmoid,
}
SCHEDULERS: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    **{name: _reader_of(kind) for name, kind in GAUSSIAN.items()},
    "VQDiffusionScheduler": _vector_quantized,
    "AmusedScheduler": _amused,
    "DiscreteDDIMScheduler": _discrete_ddim,
}
