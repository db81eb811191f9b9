"""Configurations of BD3-LM (Arriola et al. 2025), which grew out of MDLM.

Source: bd3lms @1c3e8f4, diffusion.py, noise_schedule.py and configs/. There a noise
gives the move chance p itself, where MDLM gives total noise.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.importers import mdlm_family
from noising.engine.importers.reader import DIFFERS, NO_MEANING, Reader
from noising.engine.parameters import Flag, Integer, Number
from noising.engine.registry import NUM_TIMESTEPS

GRAPHS: Final[Mapping[str, str]] = dict.fromkeys(("bd3lm", "mdlm", "sedd"), "absorbing")
OTHER_ALGORITHMS: Final[Mapping[str, str]] = {
    "ar": "an autoregressive model has no noise",
    **dict.fromkeys(
        ("duo", "duo_base", "distillation", "d3pm"),
        "this is a configuration of Duo: choose the project `duo`",
    ),
}
DIFFUSIONS: Final[Mapping[str, None]] = {"absorbing_state": None}
OTHER_NOISES: Final[Mapping[str, str]] = {
    "log-linear": "this is Duo's spelling: choose the project `duo`",
}
WHOLE: Final = "${model.length}"
"""The block size in config.yaml; the length stands in a file of the group `model`."""
WIDTH: Final = Integer(low=1, high=1 << 24, help="positions in a block")
TIME: Final = Number(low=0.0, high=1.0, help="a time")
FLAG: Final = Flag(help="a switch")
SMALLEST: Final = 1e-3
"""The smallest move chance of `square` and `square_root`; alpha of `cosine` at 0 is
1 - SMALLEST, and `mdlm_loss_scale` uses it as MDLM's epsilon."""
ALGORITHM: Final = (
    *("backbone", "parameterization", "time_conditioning", "causal_attention"),
    *("dropout", "cross_attn", "sampler"),
)
BOUNDS: Final = ("training.sampling_eps_min", "training.sampling_eps_max")
SEARCH: Final = (
    *("algo.fix_clipping", "algo.clip_search_delta", "algo.clip_search_widths"),
)
TRAINING: Final = ("coeff_clip", "from_pretrained", "eval_nll")
WITHOUT_MEANING: Final = (
    *mdlm_family.WITHOUT_MEANING,
    *(f"algo.{key}" for key in ALGORITHM),
    *(f"training.{key}" for key in TRAINING),
)


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a BD3-LM configuration.

    Raises:
        EngineError: an algorithm or noise without a counterpart, or a missing value.
    """
    groups = mdlm_family.read_groups(reader)
    graph = reader.choice(
        "algo.name", GRAPHS, default=groups.get("algo"), hints=OTHER_ALGORITHMS
    )
    if reader.has("diffusion"):
        reader.choice("diffusion", DIFFUSIONS)
    spec: dict[str, Any] = {"graph": {"type": graph}}
    mdlm_family.read_steps(reader, "algo.T", spec)
    steps = reader.num_timesteps or spec.get("num_timesteps", NUM_TIMESTEPS.default)
    noise = reader.choice(
        "noise.type", NOISES, default=groups.get("noise"), hints=OTHER_NOISES
    )
    spec["schedule"] = noise(reader, steps)
    for key in ("noise.sigma_min", "noise.sigma_max"):
        reader.ignore(key, why="its noises give the move chance by a formula of t")
    mdlm_family.set_tokens(spec, mdlm_family.read_tokens(reader, groups.get("data")))
    _remark_on_blocks(reader)
    mdlm_family.remark_on_times(reader)
    return spec


def _loglinear(reader: Reader, steps: int) -> dict[str, Any]:
    """Return p = t, or MDLM's p = (1-eps)·t with its loss scale."""
    return {"type": "loglinear", "epsilon": SMALLEST if _is_mdlms(reader) else 0.0}


def _power_of_time(exponent: float) -> Callable[[Reader, int], dict[str, Any]]:
    """Return a reader of p = max(t^exponent, 1e-3)."""

    def read(reader: Reader, steps: int) -> dict[str, Any]:
        _refuse_mdlms(reader)
        text = f"The original moves at least {SMALLEST:g} of the tokens; here fewer."
        reader.note(DIFFERS, "noise.type", text)
        return {"type": "polynomial", "exponent": exponent, "epsilon": 0.0}

    return read


def _table(
    alpha: Callable[[FloatArray], FloatArray],
) -> Callable[[Reader, int], dict[str, Any]]:
    """Return a reader of a formula without a schedule here, exact at the timesteps."""

    def read(reader: Reader, steps: int) -> dict[str, Any]:
        _refuse_mdlms(reader)
        text = f"It becomes a table of alpha at the {steps} timesteps."
        reader.note(DIFFERS, "noise.type", text)
        alphas = alpha(np.arange(1, steps + 1) / steps)
        alphas[-1] = 0.0
        return {"type": "custom", "alphas": alphas.tolist()}

    return read


def _is_mdlms(reader: Reader) -> bool:
    value = reader.value("algo.mdlm_loss_scale")
    return value is not None and FLAG.parse(value, "config.algo.mdlm_loss_scale")


def _refuse_mdlms(reader: Reader) -> None:
    """Check that MDLM's loss scale is off, for which only loglinear noise has code.

    Raises:
        EngineError: it is on.
    """
    if _is_mdlms(reader):
        rule = "must be false: BD3-LM has it for loglinear noise only"
        raise EngineError("config.algo.mdlm_loss_scale", "cannot_import", rule, True)


def _remark_on_blocks(reader: Reader) -> None:
    """Note the keys about blocks and their times, which are the sampler's options."""
    if reader.peek("block_size") == WHOLE and not reader.has("model.length"):
        text = "It is the length of a sequence, which has one time."
        reader.remark(DIFFERS, "block_size", text)
    elif reader.has("block_size"):
        width = reader.integer("block_size", WIDTH)
        reader.note(
            DIFFERS,
            "block_size",
            f"The original draws a time for each block of {width} tokens: "
            f"`sample_times` of shape (B, K), then `block_times` with width {width}.",
        )
    _remark_on_range(reader)
    reader.remark(
        DIFFERS,
        "training.resample",
        "If true, the original draws again until the share of masked tokens in each "
        "block lies in the range; here only the chance does.",
    )
    if reader.peek("algo.ignore_bos"):
        text = "The original ignores the loss of the first token in evaluation."
        reader.remark(NO_MEANING, "algo.ignore_bos", text)
    reader.remark(NO_MEANING, "algo.ignore_bos", "It is off.")


def _remark_on_range(reader: Reader) -> None:
    """Note the range of the times, which var_min alone turns on."""
    reader.ignore("training.sampling_eps", why="its times have bounds of their own")
    var_min = reader.value("algo.var_min")
    if var_min is None or not FLAG.parse(var_min, "config.algo.var_min"):
        why = "var_min is not set, and times lie in [0.001, 1]"
        reader.ignore(*BOUNDS, *SEARCH, why=why)
        return
    low, high = (
        reader.number(key, TIME, default=default)
        for key, default in zip(BOUNDS, (SMALLEST, 1.0), strict=True)
    )
    for key in BOUNDS:
        text = (
            f"Times lie in [{low:g}, {high:g}]: `sample_times(low={low:g}, "
            f"high={high:g})`."
        )
        reader.note(DIFFERS, key, text)
    for key in SEARCH:
        text = "After a validation the original may choose another range of times."
        reader.remark(DIFFERS, key, text)


def _cosine_alpha(t: FloatArray) -> FloatArray:
    """Return (1-eps)·cos(pi·t/2), computed as a sine."""
    return (1.0 - SMALLEST) * np.sin(np.pi / 2.0 * (1.0 - t))


def _log_alpha(t: FloatArray) -> FloatArray:
    """Return 1 - log2(1+t) = -log2((1+t)/2)."""
    return np.asarray(-np.log1p((t - 1.0) / 2.0) / np.log(2.0), np.float64)


NOISES: Final[Mapping[str, Callable[[Reader, int], dict[str, Any]]]] = {
    "loglinear": _loglinear,
    "square": _power_of_time(2.0),
    "square_root": _power_of_time(0.5),
    "cosine": _table(_cosine_alpha),
    "log": _table(_log_alpha),
}
