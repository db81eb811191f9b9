"""Configurations of MDLM (Sahoo et al. 2024), written for Hydra."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.reader import DIFFERS, Reader
from noising.engine.parameters import Integer
from noising.engine.registry import NUM_TIMESTEPS

NOISES: Final[Mapping[str, NoiseReader]] = {
    "loglinear": down_to("loglinear", 1e-3),
    "cosine": down_to("mdlm_cosine", 1e-3),
    "cosinesqr": down_to("cosine_squared", 1e-3),
    "linear": between_sigmas("linear_sigma", {"sigma_min": 1e-3, "sigma_max": 7.0}),
    "geometric": between_sigmas("geometric", {}),
}
DIFFUSIONS: Final[Mapping[str, str]] = {"absorbing_state": "absorbing"}
PARAMETERIZATIONS: Final[Mapping[str, None]] = dict.fromkeys(("subs", "d3pm", "sedd"))
DATA_TOKENIZERS: Final[Mapping[str, str]] = {
    "openwebtext": "gpt2",
    "openwebtext-split": "gpt2",
    "openwebtext-streaming": "gpt2",
    "lm1b": "bert-base-uncased",
    "lm1b-streaming": "bert-base-uncased",
}
TOKENIZERS: Final[Mapping[str, tuple[int, int | None]]] = {
    "gpt2": (50257, None),
    "bert-base-uncased": (30522, 103),
}
"""Ids of a tokenizer and its mask among them; None where MDLM adds one."""
STEPS: Final = Integer(low=0, high=NUM_TIMESTEPS.high, help="0 for continuous time")


def specification(reader: Reader) -> dict[str, Any]:
    """Return the process of an MDLM configuration.

    The groups that Hydra would fill in are looked up in `defaults` where the section
    itself is missing.

    Raises:
        EngineError: a noise or diffusion without a counterpart, or a missing value.
    """
    groups = _groups(reader)
    if reader.has("parameterization"):
        reader.choice("parameterization", PARAMETERIZATIONS)
    noise = reader.choice("noise.type", NOISES, default=groups.get("noise"))
    graph = reader.choice("diffusion", DIFFUSIONS, default="absorbing_state")
    spec: dict[str, Any] = {"schedule": noise(reader), "graph": {"type": graph}}
    tokenizer = reader.value("data.tokenizer_name_or_path")
    name = str(tokenizer or DATA_TOKENIZERS.get(groups.get("data", "")))
    if name in TOKENIZERS:
        spec["vocab_size"], spec["graph"]["mask_id"] = TOKENIZERS[name]
    if reader.has("T") and (steps := reader.integer("T", STEPS)):
        spec["num_timesteps"] = steps
    _remark_on_times(reader)
    return spec


def _groups(reader: Reader) -> dict[str, str]:
    """Return the choices in Hydra's `defaults`, such as {"noise": "loglinear"}.

    Raises:
        EngineError: `defaults` is no list.
    """
    listed = reader.value("defaults") or []
    if not isinstance(listed, list):
        raise EngineError("config.defaults", "not_a_list", "must be a list", listed)
    groups: dict[str, str] = {}
    for entry in listed:
        if isinstance(entry, Mapping):
            for name, choice in entry.items():
                if isinstance(name, str) and isinstance(choice, str):
                    groups[name.removeprefix("override ").strip("/ ")] = choice
    return groups


def _remark_on_times(reader: Reader) -> None:
    """Say where MDLM's choice of training times lives here."""
    reader.remark(
        DIFFERS,
        "training.sampling_eps",
        "The original draws times from [sampling_eps, 1]; here times are an argument.",
    )
    reader.remark(
        DIFFERS,
        "training.antithetic_sampling",
        "What the original calls so is the method `stratified` of `sample_times`.",
    )
    reader.remark(
        DIFFERS,
        "training.importance_sampling",
        "It is the method `importance` of `sample_times`.",
    )
