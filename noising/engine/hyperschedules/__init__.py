"""Hyperschedules: noise that depends on the position."""

from collections.abc import Mapping

from noising.engine.hyperschedules.annealing import Block, HybridAnnealing, Sliding
from noising.engine.hyperschedules.autoregressive import ArDiffusion, Autoregressive
from noising.engine.hyperschedules.base import GroupedSigma, Hyperschedule
from noising.engine.hyperschedules.diffusion_forcing import DiffusionForcing
from noising.engine.hyperschedules.exponents import TokenExponents
from noising.engine.hyperschedules.flat import Flat
from noising.engine.hyperschedules.matrix import Matrix
from noising.engine.hyperschedules.rows import LevelHyperschedule
from noising.engine.hyperschedules.weights import (
    TYPE_WEIGHTS,
    TokenTypes,
    Weights,
    check_weights,
    group_sigma_by_weights,
    order_by_weights,
)

HYPERSCHEDULE_TYPES: Mapping[str, type[Hyperschedule]] = {
    "flat": Flat,
    "weights": Weights,
    "token_types": TokenTypes,
    "token_exponents": TokenExponents,
    "block": Block,
    "sliding": Sliding,
    "hybrid_annealing": HybridAnnealing,
    "autoregressive": Autoregressive,
    "ar_diffusion": ArDiffusion,
    "diffusion_forcing": DiffusionForcing,  # type: ignore[type-abstract]  # its create picks a scheme
    "matrix": Matrix,
}
"""Maps a specification's ``type`` to its class."""

__all__ = [
    "HYPERSCHEDULE_TYPES",
    "TYPE_WEIGHTS",
    "Flat",
    "GroupedSigma",
    "Hyperschedule",
    "LevelHyperschedule",
    "Matrix",
    "TokenExponents",
    "TokenTypes",
    "Weights",
    "check_weights",
    "group_sigma_by_weights",
    "order_by_weights",
]
