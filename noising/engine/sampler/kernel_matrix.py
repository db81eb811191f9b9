"""The kernel of matrix graphs, which draws a token from its row of the matrix."""

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, TokenArray
from noising.engine.graphs import MatrixGraph
from noising.engine.sampler.blocks import TokenBlock, find_largest
from noising.engine.sampler.words import Hasher


class MatrixKernel:
    """Noises blocks on a matrix graph, where changed tokens count as resampled.

    Args:
        capacity: largest number of tokens of a block.
        graph: the graph.
    """

    def __init__(self, capacity: int, graph: MatrixGraph) -> None:
        self._hasher = Hasher(capacity)
        self._graph = graph

    def noise(self, block: TokenBlock[FloatArray], out: TokenArray) -> int:
        """Write the noised tokens to `out`, (R, C), and return the largest clean one.

        It writes nothing if the largest token has no row in the matrix.
        """
        largest = find_largest(block.tokens)
        if largest >= self._graph.vocab_size:
            return largest
        sigma = np.broadcast_to(block.level, out.shape)
        drawn = self._graph.draw(
            block.tokens.reshape(-1),
            sigma.reshape(-1),
            self._hasher.draw_uniforms(block.grid).reshape(-1),
        ).reshape(out.shape)
        fixed = block.fixed
        np.copyto(out, drawn if fixed is None else np.where(fixed, block.tokens, drawn))
        return largest

    def mark_resampled(self, block: TokenBlock[FloatArray], out: BoolArray) -> None:
        """Write to `out`, (R, C), which tokens change."""
        noised = np.empty_like(block.tokens)
        self.noise(block, noised)
        np.not_equal(noised, block.tokens, out=out)
