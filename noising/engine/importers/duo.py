"""Configurations of Duo (Sahoo et al. 2025), which grew out of MDLM.

Source: Duo @7c9b498, trainer_base.py, algo.py and configs/.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from noising.engine.importers import mdlm_family
from noising.engine.importers.reader import DIFFERS, NO_MEANING, Reader
from noising.engine.parameters import Number

GRAPHS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("mdlm", "d3pm", "sedd"), "absorbing"),
    **dict.fromkeys(("duo_base", "duo", "distillation"), "uniform"),
}
"""Subclasses of AbsorbingState and of UniformState in algo.py."""
OTHER_ALGORITHMS: Final[Mapping[str, str]] = {
    "ar": "an autoregressive model has no noise",
    "ot-finetune": "Duo has a file for it, but no code",
    "bd3lm": "this is a configuration of BD3-LM: choose the project `bd3lm`",
}
PRIORS: Final[Mapping[str, None]] = {"none": None}
BD3LMS: Final = ("mdlm", "sedd")
"""Algorithms whose name BD3-LM's configurations have too."""
EPSILON: Final = Number(low=0.0, high=1.0, open_high=True, help="time that is left out")
ALGORITHM: Final = (
    *("backbone", "parameterization", "time_conditioning", "subs_masking"),
    *("causal_attention", "loss_type", "integral_cache_path"),
    *("update_teacher_every", "teacher_ema", "posterior_loss_weight"),
    *("linear_growth_dt", "linear_growth_min", "linear_growth_max"),
)
TRAINING: Final = ("loss_precision", "finetune_path", "class_dropout_p")
WITHOUT_MEANING: Final = (
    *mdlm_family.WITHOUT_MEANING,
    *("prior.latent_width", "prior.latent_height"),
    *(f"algo.{key}" for key in ALGORITHM),
    *(f"training.{key}" for key in TRAINING),
)
RELAXED: Final = (
    *("curriculum", "gumbel_tau_log10_start", "gumbel_tau_log10_end"),
    *("curriculum_start", "curriculum_end", "gamma_min", "gamma_max"),
)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a Duo configuration.

    Uniform noise draws all ids of the tokenizer, among them the [PAD] that Duo adds.

    Raises:
        EngineError: an algorithm, prior or noise without a counterpart, or a missing
            value.
    """
    groups = mdlm_family.read_groups(reader)
    graph = reader.choice(
        "algo.name", GRAPHS, default=groups.get("algo"), hints=OTHER_ALGORITHMS
    )
    if reader.has("prior.type"):
        reader.choice("prior.type", PRIORS)
    spelling = "Duo spells it log-linear"
    if reader.peek("algo.name") in BD3LMS:
        spelling += ", BD3-LM loglinear: choose the project `bd3lm`"
    noise = reader.choice(
        "noise.type",
        NOISES,
        default=groups.get("noise"),
        hints={"loglinear": spelling},
    )
    spec = {"schedule": noise(reader), "graph": {"type": graph}}
    tokens = mdlm_family.read_tokens(
        reader, groups.get("data"), adds_pad=graph == "uniform"
    )
    mdlm_family.set_tokens(spec, tokens)
    _read_steps(reader, spec)
    mdlm_family.remark_on_times(reader)
    _remark_on_algorithm(reader)
    return spec


def _log_linear(reader: Reader) -> dict[str, Any]:
    """Return alpha = 1 - (1-eps)·t."""
    return {"type": "loglinear", "epsilon": _epsilon(reader)}


def _cosine(reader: Reader) -> dict[str, Any]:
    """Return alpha = 1 - cos(pi/2·(1 - (1-eps)·t)), MaskGIT's up to time 1 - eps."""
    high = 1.0 - _epsilon(reader)
    return {"type": "maskgit_cosine", "epsilon": 0.0, "time_range": [0.0, high]}


def _epsilon(reader: Reader) -> float:
    return reader.number("noise.eps", EPSILON, default=1e-3)


def _read_steps(reader: Reader, spec: dict[str, Any]) -> None:
    """Set the number of timesteps, which `T` is not in distillation."""
    if reader.peek("algo.name") == "distillation":
        text = "It sets the step between the times of teacher and student."
        reader.remark(NO_MEANING, "algo.T", text)
    else:
        mdlm_family.read_steps(reader, "algo.T", spec)


def _remark_on_algorithm(reader: Reader) -> None:
    """Note the keys about what the network sees besides x_t."""
    for key in RELAXED:
        reader.remark(
            DIFFERS,
            f"algo.{key}",
            "During the curriculum the network sees Gaussian relaxations of x_t, whose "
            "largest entries have this specification's noise.",
        )
    if reader.peek("algo.ignore_bos"):
        text = "The original never noises the first token; here every token is noised."
        reader.remark(DIFFERS, "algo.ignore_bos", text)
    reader.remark(NO_MEANING, "algo.ignore_bos", "It is off.")


NOISES: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    "log-linear": _log_linear,
    "cosine": _cosine,
}
