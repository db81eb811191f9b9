"""Hyperschedules: noise that depends on the position."""

from collections.abc import Mapping

from noising.engine.hyperschedules.base import Hyperschedule, Moment
from noising.engine.hyperschedules.flat import Flat
from noising.engine.hyperschedules.levels import Block, LevelHyperschedule, Sliding
from noising.engine.hyperschedules.weights import (
    TYPE_WEIGHTS,
    TokenTypes,
    Weights,
    checked_weights,
    weighted_sigma,
)

HYPERSCHEDULE_TYPES: Mapping[str, type[Hyperschedule]] = {
    "flat": Flat,
    "weights": Weights,
    "token_types": TokenTypes,
    "block": Block,
    "sliding": Sliding,
}
"""The one table from a specification's ``type`` to its class."""

__all__ = [
    "HYPERSCHEDULE_TYPES",
    "TYPE_WEIGHTS",
    "Flat",
    "Hyperschedule",
    "LevelHyperschedule",
    "Moment",
    "TokenTypes",
    "Weights",
    "checked_weights",
    "weighted_sigma",
]
