"""Configurations of GIDD (von Ruette et al. 2025)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from noising.engine.importers.reader import DIFFERS, Reader
from noising.engine.parameters import Number

SHARE: Final = Number(low=0.0, high=1.0, open_high=True, help="share of uniform noise")
TYPES: Final[Mapping[str, None]] = {"diffusion": None}
TOKENIZERS: Final[Mapping[str, int]] = {"gpt2": 50257}


def specification(reader: Reader) -> dict[str, Any]:
    """Return the process of a GIDD configuration; time is continuous there.

    Raises:
        EngineError: an autoregressive model, a process without a counterpart, or a
            missing value.
    """
    if reader.has("model.type"):
        reader.choice("model.type", TYPES)
    spec = reader.choice("model.diffusion_process", PROCESSES, default="gidd")(reader)
    tokenizer = str(reader.value("data.tokenizer_name"))
    if tokenizer in TOKENIZERS:
        spec["vocab_size"] = TOKENIZERS[tokenizer]
    reader.remark(
        DIFFERS,
        "model.t_eps",
        "The original draws times from [t_eps, 1 - t_eps]; here times are an argument.",
    )
    reader.remark(
        DIFFERS,
        "training.low_discrepancy_sampling",
        "It is a stratified draw of times: the method `stratified` of `sample_times`.",
    )
    return spec


def _gidd(reader: Reader) -> dict[str, Any]:
    share = reader.number("model.p_uniform", SHARE)
    reader.ignore("model.gamma", why="its schedule is always made with gamma = 1")
    reader.note(
        DIFFERS,
        "model.p_uniform",
        "The formula here is the paper's; code that spreads uniform noise over the "
        "ids other than x_0 differs by terms of the order of p_uniform/vocab_size.",
    )
    return {
        "schedule": {"type": "gidd", "p_uniform": share, "gamma": 1.0},
        "graph": {"type": "gidd"},
    }


def _mdlm(reader: Reader) -> dict[str, Any]:
    reader.ignore("model.p_uniform", why="its masked diffusion has no uniform noise")
    return {
        "schedule": {"type": "loglinear", "epsilon": 1e-4},
        "graph": {"type": "absorbing"},
    }


PROCESSES: Final[Mapping[str, Callable[[Reader], dict[str, Any]]]] = {
    "gidd": _gidd,
    "mdlm": _mdlm,
}
