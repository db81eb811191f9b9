"""Graphs: where a token goes when noise strikes it."""

from collections.abc import Mapping

from noising.engine.graphs.absorbing import Absorbing
from noising.engine.graphs.base import BASE, MASK, Graph
from noising.engine.graphs.uniform import Uniform

GRAPH_TYPES: Mapping[str, type[Graph]] = {
    "uniform": Uniform,
    "absorbing": Absorbing,
}
"""The one table from a specification's ``type`` to its class."""

__all__ = ["BASE", "GRAPH_TYPES", "MASK", "Graph"]
