"""Graphs: what a token becomes under noise."""

from collections.abc import Mapping

from noising.engine.graphs.absorbing import Absorbing
from noising.engine.graphs.base import Graph
from noising.engine.graphs.events import Events
from noising.engine.graphs.gidd import GiddGraph
from noising.engine.graphs.hdlm import HdlmEpsilon, HdlmGamma
from noising.engine.graphs.marginal import Marginal
from noising.engine.graphs.mask_and_uniform import MaskAndUniform
from noising.engine.graphs.matrices import Banded, NearestNeighbor, RateMatrix
from noising.engine.graphs.matrix import MatrixGraph
from noising.engine.graphs.uniform import UniformGraph

GRAPH_TYPES: Mapping[str, type[Graph]] = {
    "uniform": UniformGraph,
    "absorbing": Absorbing,
    "marginal": Marginal,
    "hdlm_gamma": HdlmGamma,
    "hdlm_epsilon": HdlmEpsilon,
    "gidd": GiddGraph,
    "mixture": MaskAndUniform,
    "banded": Banded,
    "nearest_neighbor": NearestNeighbor,
    "rate_matrix": RateMatrix,
}
"""Maps a specification's ``type`` to its class."""

__all__ = ["GRAPH_TYPES", "Events", "Graph", "MatrixGraph"]
