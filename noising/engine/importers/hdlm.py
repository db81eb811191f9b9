"""Configurations of HDLM (Fathi et al. 2025): the gamma and the epsilon hybrid."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.hyperschedules.rows import LEVELS
from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.reader import DIFFERS, NO_MEANING, Reader
from noising.engine.importers.tokenizers import read_tokenizer
from noising.engine.parameters import Integer, Number
from noising.engine.registry import VOCAB_SIZE

GAMMA: Final = Number(low=0.0, high=1.0, help="share of uniform noise")
EPSILON: Final = Number(low=0.0, high=1.0, open_high=True, help="share of shuffling")
WIDTH: Final = Integer(low=1, high=1 << 24, help="positions")

NOISES: Final[Mapping[str, NoiseReader]] = {
    "geometric": between_sigmas("geometric", {}),
    "loglinear": down_to("loglinear", 5e-3),
}
ANNEALINGS: Final[Mapping[str, str]] = {
    "block": "block",
    "simple": "sliding",
    "hybrid": "hybrid_annealing",
}
WITHOUT_ANNEALING: Final = (None, "None", "none")
GAMMA_STOPS: Final = "HDLM's configuration files name it, but its gamma code fails"
OTHER_ANNEALINGS: Final[Mapping[str, str]] = {
    "simple_block": GAMMA_STOPS,
    "None": f"{GAMMA_STOPS}; for the same noise at all positions write the "
    "specification with `hyperschedule` null",
}

TRAINING: Final = (
    *("batch_size", "accum", "n_iters", "snapshot_freq", "log_freq", "eval_freq"),
    *("snapshot_freq_for_preemption", "weight", "snapshot_sampling", "ema"),
    *("warmup_iter", "lambda", "lr"),
)
ANNEALING: Final = (
    *("efficient", "sampling_method", "attention"),
    *("diffusion_loss_weight", "ce_loss_weight"),
)
WITHOUT_MEANING: Final = (
    *("defaults", "ngpus", "gradient_accumulation_steps", "type", "data", "model"),
    *("sampling", "eval", "optim", "experiment", "hydra", "hf_model_id"),
    *("reset_step_for_finetuning", "finetune_lr_multiplier", "work_dir", "wandb_name"),
    *(f"training.{key}" for key in TRAINING),
    *(f"annealing.{key}" for key in ANNEALING),
)
"""Source: configs/ and the training code of HDLM @3bd7829."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for an HDLM configuration, which has continuous time.

    Raises:
        EngineError: a model, graph, noise or annealing without a counterpart.
    """
    models = {"gamma_hybrid": _gamma_hybrid, "epsilon_hybrid": _epsilon_hybrid}
    default = "gamma_hybrid" if reader.has("graph") else None
    spec = reader.choice("model_type", models, default=default)(reader)
    spec |= _tokens(reader)
    _remark_on_training(reader, has_levels=spec["hyperschedule"] is not None)
    return spec


def _tokens(reader: Reader) -> dict[str, Any]:
    """Return V from the configuration, or else from the tokenizer's name.

    Raises:
        EngineError: a number out of range, or an unknown tokenizer.
    """
    path = "tokenizer.model"
    for key in ("tokenizer.tokens", "tokens"):
        if reader.has(key):
            reader.remark(NO_MEANING, path, f"`{key}` gives the number of ids.")
            return {"vocab_size": reader.integer(key, VOCAB_SIZE)}
    tokens = read_tokenizer(reader, path, reader.value(path))
    tokens.pop("mask_id", None)  # the original always adds a mask
    return tokens


def _gamma_hybrid(reader: Reader) -> dict[str, Any]:
    graphs = {"QGamma": _q_gamma, "absorb": _absorbing, "uniform": _uniform}
    noise = reader.choice("noise.type", NOISES, default="loglinear")
    spec = {
        "schedule": noise(reader),
        "graph": reader.choice("graph.type", graphs, default="QGamma")(reader),
        "hyperschedule": _annealing(reader),
    }
    reader.ignore("noise.ar_diffusion", why="the annealing distributes the noise")
    for key in ("noise.expanded_sigma", "graph.expanded_sigma"):
        reader.remark(NO_MEANING, key, "It only changes the shape of an array.")
    reader.ignore("graph.report_all", why="only type and gamma define the graph")
    return spec


def _epsilon_hybrid(reader: Reader) -> dict[str, Any]:
    losses = {"hybrid": _shuffling, "standard": _absorbing}
    graph = reader.choice("training.loss_type", losses, default="hybrid")(reader)
    for key in ("noise", "graph"):
        reader.ignore(key, why="the epsilon hybrid masks with chance t")
    hyperschedule = None
    kind = reader.value("annealing.type")
    if isinstance(kind, str) and kind in ANNEALINGS:
        hyperschedule = _annealing(reader)
        reader.note(
            DIFFERS,
            "annealing",
            "The original noises active positions only; here settled positions have "
            "the noise of their time, 1e-4.",
        )
    elif kind not in WITHOUT_ANNEALING:
        reader.note(
            DIFFERS,
            "annealing.type",
            "The epsilon code supports block, simple and hybrid; with any other name "
            "it trains without levels, like this specification.",
        )
    return {
        "schedule": {"type": "loglinear", "epsilon": 0.0},
        "graph": graph,
        "hyperschedule": hyperschedule,
    }


def _q_gamma(reader: Reader) -> dict[str, Any]:
    return {"type": "hdlm_gamma", "gamma": reader.number("graph.gamma", GAMMA)}


def _shuffling(reader: Reader) -> dict[str, Any]:
    epsilon = reader.number("training.epsilon", EPSILON, default=0.01)
    return {"type": "hdlm_epsilon", "epsilon": epsilon}


def _absorbing(reader: Reader) -> dict[str, Any]:
    return {"type": "absorbing"}


def _uniform(reader: Reader) -> dict[str, Any]:
    return {"type": "uniform"}


def _annealing(reader: Reader) -> dict[str, Any]:
    """Return the metaschedule, with HDLM's times of its levels.

    Raises:
        EngineError: an annealing that HDLM does not have.
    """
    kind = reader.choice("annealing.type", ANNEALINGS, hints=OTHER_ANNEALINGS)
    width = reader.integer("annealing.width", WIDTH, becomes="hyperschedule.width")
    default = width if kind == "block" else None
    levels = reader.integer(
        "annealing.tau", LEVELS, default=default, becomes="hyperschedule.levels"
    )
    return {"type": kind, "width": width, "levels": levels, "level_map": "hdlm"}


def _remark_on_training(reader: Reader, *, has_levels: bool) -> None:
    """Note the keys of the annealing that are about training or generation."""
    if not has_levels:
        reader.ignore("annealing.width", "annealing.tau", why="there are no levels")
    reader.remark(
        DIFFERS,
        "annealing.sampling_eps",
        "Here it is always 1e-4 as in HDLM's files: the distance of the levels' times "
        "from 0 and 1."
        if has_levels
        else "The original masks with chance sampling_eps + (1 - sampling_eps)·t; here "
        "it is t, and times are an argument.",
    )
    reader.remark(
        DIFFERS,
        "annealing.steps_per_level",
        "The original's DCE loss takes this number of steps inside a level; here "
        "levels are exact.",
    )
    reader.remark(
        DIFFERS,
        "annealing.match_inference",
        "If false, the original shifts each level by a random part of a step; here "
        "levels are exact.",
    )
    reader.remark(
        NO_MEANING,
        "annealing.eval_tau",
        "It is the number of levels in generation; to import it, set `tau` to it.",
    )
