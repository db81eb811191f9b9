"""Configurations of MDLM (Sahoo et al. 2024), written for Hydra."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.projects import NO_SOURCE
from noising.engine.importers.reader import DIFFERS, Reader
from noising.engine.importers.tokenizers import read_tokenizer
from noising.engine.parameters import Integer
from noising.engine.registry import NUM_TIMESTEPS

NOISES: Final[Mapping[str, NoiseReader]] = {
    "loglinear": down_to("loglinear", 1e-3),
    "cosine": down_to("mdlm_cosine", 1e-3),
    "cosinesqr": down_to("cosine_squared", 1e-3),
    "linear": between_sigmas("linear_sigma", {"sigma_min": 1e-3, "sigma_max": 7.0}),
    "geometric": between_sigmas("geometric", {}),
}
OTHER_NOISES: Final[Mapping[str, str]] = {
    "log-linear": f"this is Duo's spelling; {NO_SOURCE}",
}
DIFFUSIONS: Final[Mapping[str, str]] = {"absorbing_state": "absorbing"}
OTHER_DIFFUSIONS: Final[Mapping[str, str]] = {
    "uniform": f"this is a configuration of UDLM; {NO_SOURCE}",
}
PARAMETERIZATIONS: Final[Mapping[str, None]] = dict.fromkeys(("subs", "d3pm", "sedd"))
DATA_TOKENIZERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("ag_news", "lambada", "lm1b-gpt2", "ptb", "wikitext103", "wikitext2"),
            *("openwebtext", "openwebtext-split", "openwebtext-streaming"),
            *("scientific_papers_arxiv", "scientific_papers_pubmed"),
        ),
        "gpt2",
    ),
    "lm1b": "bert-base-uncased",
    "lm1b-streaming": "bert-base-uncased",
}
"""The tokenizer of each of MDLM's data files except text8."""
SAMPLING_AND_TRAINING: Final = (
    *("mode", "backbone", "time_conditioning", "subs_masking", "seed", "loader"),
    *("sampling", "eval", "optim", "trainer", "wandb", "hydra", "checkpointing"),
    *("callbacks", "model", "strategy", "lr_scheduler", "training.ema"),
)
DATA: Final = ("train", "valid", "cache_dir", "wrap", "streaming")
WITHOUT_MEANING: Final = (*SAMPLING_AND_TRAINING, *(f"data.{key}" for key in DATA))
"""Source: configs/ of MDLM @c112c52."""
STEPS: Final = Integer(low=0, high=NUM_TIMESTEPS.high, help="0 for continuous time")


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for an MDLM configuration.

    If a section is missing, its group is looked up in `defaults` as Hydra does.

    Raises:
        EngineError: a noise or diffusion without a counterpart, or a missing value.
    """
    groups = _groups(reader)
    if reader.has("parameterization"):
        reader.choice("parameterization", PARAMETERIZATIONS)
    graph = reader.choice(
        "diffusion", DIFFUSIONS, default="absorbing_state", hints=OTHER_DIFFUSIONS
    )
    noise = reader.choice(
        "noise.type", NOISES, default=groups.get("noise"), hints=OTHER_NOISES
    )
    spec: dict[str, Any] = {"schedule": noise(reader), "graph": {"type": graph}}
    tokens = _tokens(reader, groups.get("data"))
    spec["graph"]["mask_id"] = tokens.pop("mask_id", None)
    spec |= tokens
    if reader.has("T") and (steps := reader.integer("T", STEPS)):
        spec["num_timesteps"] = steps
    _remark_on_times(reader)
    return spec


def _tokens(reader: Reader, data: str | None) -> dict[str, Any]:
    """Return size and mask of the tokenizer, which may be that of a data group.

    Raises:
        EngineError: the tokenizer is unknown and the caller gives no size.
    """
    path = "data.tokenizer_name_or_path"
    name = reader.value(path)
    if name is None and data is not None:
        path, name = "defaults", DATA_TOKENIZERS.get(data, f"that of {data}")
    return read_tokenizer(reader, path, name)


def _groups(reader: Reader) -> dict[str, str]:
    """Return the choices in Hydra's `defaults`, such as {"noise": "loglinear"}.

    Raises:
        EngineError: `defaults` is not a list.
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
    """Note the keys about training times."""
    reader.remark(
        DIFFERS,
        "training.sampling_eps",
        "The original draws times from [sampling_eps, 1]; here times are an argument.",
    )
    reader.remark(
        DIFFERS,
        "training.antithetic_sampling",
        "The original's method is called `stratified` in `sample_times`.",
    )
    for key in ("training.importance_sampling", "training.change_of_variables"):
        reader.remark(DIFFERS, key, "It is the method `importance` of `sample_times`.")
