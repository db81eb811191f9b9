"""Configurations of HDLM (Fathi et al. 2025), its gamma and its epsilon hybrid."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.hyperschedules.rows import LEVELS
from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.reader import DIFFERS, NO_MEANING, Reader
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


def specification(reader: Reader) -> dict[str, Any]:
    """Return the process of an HDLM configuration; time is continuous there.

    Raises:
        EngineError: a model, graph, noise or annealing without a counterpart.
    """
    models = {"gamma_hybrid": _gamma_hybrid, "epsilon_hybrid": _epsilon_hybrid}
    default = "gamma_hybrid" if reader.has("graph") else None
    spec = reader.choice("model_type", models, default=default)(reader)
    for key in ("tokenizer.tokens", "tokens"):
        if reader.has(key) and "vocab_size" not in spec:
            spec["vocab_size"] = reader.integer(key, VOCAB_SIZE)
    _remark_on_training(reader)
    return spec


def _gamma_hybrid(reader: Reader) -> dict[str, Any]:
    graphs = {"QGamma": _q_gamma, "absorb": _absorbing, "uniform": _uniform}
    noise = reader.choice("noise.type", NOISES, default="loglinear")
    spec = {
        "schedule": noise(reader),
        "graph": reader.choice("graph.type", graphs, default="QGamma")(reader),
        "hyperschedule": _annealing(reader),
    }
    reader.ignore("noise.ar_diffusion", why="the annealing says where noise goes")
    for key in ("noise.expanded_sigma", "graph.expanded_sigma"):
        reader.remark(NO_MEANING, key, "It is about the shape of an array.")
    reader.ignore("graph.report_all", why="only type and gamma make the graph")
    return spec


def _epsilon_hybrid(reader: Reader) -> dict[str, Any]:
    losses = {"hybrid": _shuffling, "standard": _absorbing}
    graph = reader.choice("training.loss_type", losses, default="hybrid")(reader)
    for key in ("noise", "graph"):
        reader.ignore(key, why="the epsilon hybrid masks with chance t")
    hyperschedule = None
    if reader.value("annealing.type") not in WITHOUT_ANNEALING:
        hyperschedule = _annealing(reader)
        reader.note(
            DIFFERS,
            "annealing",
            "The original noises active positions alone; here settled ones keep the "
            "noise of their time, 1e-4.",
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
    """Return the metaschedule with HDLM's own times for its levels.

    Raises:
        EngineError: an annealing that HDLM itself does not have.
    """
    kind = reader.choice("annealing.type", ANNEALINGS)
    width = reader.integer("annealing.width", WIDTH)
    default = width if kind == "block" else None
    levels = reader.integer("annealing.tau", LEVELS, default=default)
    return {"type": kind, "width": width, "levels": levels, "level_map": "hdlm"}


def _remark_on_training(reader: Reader) -> None:
    """Say which keys of the annealing are about training or generation."""
    reader.remark(
        DIFFERS,
        "annealing.sampling_eps",
        "The times of the levels keep 1e-4 from both ends, as HDLM's files say.",
    )
    reader.remark(
        DIFFERS,
        "annealing.match_inference",
        "If false the original moves each level by a random part of a step; here "
        "levels are exact.",
    )
    reader.remark(
        NO_MEANING,
        "annealing.eval_tau",
        "It is the number of levels in generation; import it as `tau` for that.",
    )
