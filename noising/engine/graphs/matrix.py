"""Graphs given by a V x V rate matrix Q: exp(sigma·Q), exact entry by entry.

The exponential is a Taylor series of non-negative matrices, squared repeatedly. No
terms cancel, so small entries keep their relative precision, which a spectral
decomposition would lose. Source: Higham 2008, "Functions of Matrices", ch. 10;
uniformisation: Jensen 1953.
"""

import abc
import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import (
    FloatArray,
    IntArray,
    TokenArray,
    WordArray,
    check_elements,
    quiet,
)
from noising.engine.errors import EngineError
from noising.engine.graphs.base import Graph
from noising.engine.graphs.step import Step
from noising.engine.information import (
    InformationCurve,
    MatrixInformation,
    divergence,
)
from noising.engine.randomness import UNIFORM_BITS

MAX_VOCAB: Final = 1024
_LARGEST_STEP: Final = 1.0 / 16.0  # noise of the series times the fastest rate
_TERMS: Final = 18  # (1/16)^18/18! is below 1e-37
_NEAR_LIMIT: Final = 0.1  # largest difference from the limit
_NEGLIGIBLE: Final = 1e-100  # its square is a normal float64
_KEPT: Final = 4  # exponentials in the cache


class Propagator:
    """exp(sigma·Q) for one rate matrix, with a cache of the last few.

    Attributes:
        rates: (V, V) Q, rows sum to 0.
        limit: (V,) the distribution at infinite noise.
    """

    def __init__(self, rates: FloatArray, limit: FloatArray) -> None:
        self.rates = rates
        self.limit = limit
        self._fastest = float(-np.diagonal(rates).min())
        self.at = functools.lru_cache(maxsize=_KEPT)(self._at)
        self.edges = functools.lru_cache(maxsize=_KEPT)(self._edges)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the cache, so that a graph can be sent to a process."""
        return type(self), (self.rates, self.limit)

    @quiet
    def _at(self, sigma: float) -> FloatArray:
        """Return exp(sigma·Q), (V, V), read-only; every row is a distribution."""
        size = self.limit.size
        if math.isinf(sigma):
            result = np.tile(self.limit, (size, 1))
        else:
            effort = sigma * self._fastest / _LARGEST_STEP
            squarings = 0
            if math.isinf(effort):
                logs = math.log2(sigma) + math.log2(self._fastest / _LARGEST_STEP)
                squarings = math.ceil(logs)
            elif effort > 1.0:
                squarings = math.ceil(math.log2(effort))
            # Halved separately, since their product may overflow.
            few, rest = squarings // 2, squarings - squarings // 2
            step = math.ldexp(sigma, -few) * math.ldexp(self._fastest, -rest)
            jump = self.rates / self._fastest + np.eye(size)
            result = np.eye(size)
            for order in range(_TERMS, 0, -1):  # Horner: sum of (step·jump)^k/k!
                result = np.eye(size) + (step / order) * (result @ jump)
            result /= result.sum(axis=1, keepdims=True)
            for _ in range(squarings):
                result = _square(result)
        result.setflags(write=False)
        return result

    def doublings(self, sigma: float) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield exp(s·Q) at s = sigma, 2·sigma, 4·sigma, ... indefinitely.

        Each costs one matrix product. The second item of each pair shows how its rows
        differ: the matrix itself, or, close to the limit, where rounding would soon
        hide the differences, the matrix minus the limit, which is then squared instead.
        """
        matrix = np.array(self._at(sigma))
        indirect = self.rates == 0.0
        while np.abs(matrix - self.limit).max() > _NEAR_LIMIT:
            yield matrix, matrix
            # Products that underflow take ten times as long. The dropped entries grow
            # again from the direct rates long before they matter.
            matrix[indirect & (matrix < _NEGLIGIBLE)] = 0.0
            matrix = _square(matrix)
        away = matrix - self.limit
        while True:
            yield matrix, away
            away = away @ away
            matrix = self.limit + away

    def _edges(self, sigma: float) -> tuple[WordArray, WordArray]:
        """Return the rows of exp(sigma·Q) as distribution functions, in units of 2^-53.

        A token's own state comes first, then the others by id. Sums start at the far
        end, where they are small, so that small chances keep their precision.

        Returns:
            (V,) chances to stay, and (V·V,) ascending upper ends of the ids; those of
            row x are offset by x·2^53.
        """
        size = self.limit.size
        others = self.at(sigma).copy()
        np.fill_diagonal(others, 0.0)
        beyond = np.cumsum(others[:, ::-1], axis=1)[:, ::-1]
        tails = np.rint(np.ldexp(np.minimum(beyond, 1.0), UNIFORM_BITS))
        whole = np.uint64(1 << UNIFORM_BITS)
        begins = whole - tails.astype(np.uint64)
        ends = np.full((size, size), whole)
        ends[:, :-1] = begins[:, 1:]
        ends += np.arange(size, dtype=np.uint64)[:, None] << np.uint64(UNIFORM_BITS)
        return begins[:, 0].copy(), ends.reshape(-1)


def _square(matrix: FloatArray) -> FloatArray:
    """Square a matrix whose rows are distributions, and normalise its rows."""
    square = matrix @ matrix
    square /= square.sum(axis=1, keepdims=True)
    return square


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixGraph(Graph):
    """A graph of V <= 1024 states whose channel is exp(sigma·Q).

    Attributes:
        propagator: computes exp(sigma·Q).
    """

    MAX_INFORMATION_VOCAB: ClassVar[int] = 512
    INFORMATION_IS_COSTLY: ClassVar[bool] = True

    propagator: Propagator

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph of checked `parameters`."""

    @classmethod
    def of_rates(cls, rates: FloatArray, limit: FloatArray) -> Self:
        """Return the graph of a checked rate matrix and its limit."""
        return cls(vocab_size=rates.shape[0], propagator=Propagator(rates, limit))

    def draw(
        self, tokens: TokenArray, sigma: FloatArray, uniforms: WordArray
    ) -> TokenArray:
        """Return noised tokens by the inverse distribution function of their rows.

        Args:
            tokens: (N,) clean ids.
            sigma: (N,) total noise.
            uniforms: (N,) integers below 2^53.
        """
        noised = tokens.copy()
        for level in np.unique(sigma):
            stay, ends = self.propagator.edges(float(level))
            moved = np.flatnonzero((sigma == level) & (uniforms >= stay[tokens]))
            row = tokens[moved].astype(np.uint64)
            place = (row << np.uint64(UNIFORM_BITS)) + uniforms[moved]
            drawn = ends.searchsorted(place, side="right").astype(np.uint64)
            noised[moved] = drawn - row * np.uint64(self.vocab_size)
        return noised

    def limit(self) -> FloatArray:
        """Return the stationary distribution, (V,)."""
        return self.propagator.limit.copy()

    def marginal(self, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return rows of exp(sigma·Q), (..., V)."""
        check_elements(x0.size, self.num_states, field="x0")
        result = np.empty((*x0.shape, self.num_states))
        for level in np.unique(sigma):
            chosen = sigma == level
            result[chosen] = self.propagator.at(float(level))[x0[chosen]]
        return result

    def likelihood(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return entries of exp(sigma·Q)."""
        result = np.empty(xt.shape)
        for level in np.unique(sigma):
            chosen = sigma == level
            matrix = self.propagator.at(float(level))
            result[chosen] = matrix[x0[chosen], xt[chosen]]
        return result

    def kernel(self, xs: IntArray, step: Step) -> FloatArray:
        """Return rows of exp((sigma_t - sigma_s)·Q), (..., V)."""
        return self.marginal(xs, step.added)

    def into(self, xt: IntArray, step: Step) -> FloatArray:
        """Return columns of exp((sigma_t - sigma_s)·Q), (..., V)."""
        check_elements(xt.size, self.num_states, field="xt")
        result = np.empty((*xt.shape, self.num_states))
        for level in np.unique(step.added):
            chosen = step.added == level
            result[chosen] = self.propagator.at(float(level)).T[xt[chosen]]
        return result

    def rates_to(self, x: IntArray, sigma: FloatArray) -> FloatArray:
        """Return the columns of Q, (..., V)."""
        check_elements(x.size, self.num_states, field="xt")
        return np.asarray(self.propagator.rates.T[x], np.float64)

    def nelbo_weight(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, dsigma: FloatArray
    ) -> FloatArray:
        """Raise an error: the weight exists for rank-one graphs only."""
        raise EngineError(
            "graph.type",
            "not_rank_one",
            "must be a graph with one rate into each token for a NELBO weight",
            type(self).__name__,
            "use `score_entropy`, which every graph has",
        )

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return I(x_t; x_0), computed from the whole matrix; V <= 512."""
        if self.vocab_size > self.MAX_INFORMATION_VOCAB:
            raise EngineError(
                "vocab_size",
                "too_large",
                f"must be at most {self.MAX_INFORMATION_VOCAB} for the information "
                "quantities of a matrix graph",
                self.vocab_size,
            )
        return MatrixInformation(
            prior=prior,
            channel=self.propagator.at,
            doublings=self.propagator.doublings,
            rates=self.propagator.rates,
        )

    def divergence(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(row || limit), as non-negative terms."""
        limit = self.propagator.limit
        live = np.where(limit > 0.0, limit, 1.0)
        has_weight = prior > 0.0  # rows of other tokens may be infinite
        result = np.empty_like(sigma)
        for place, level in enumerate(sigma):
            matrix = self.propagator.at(float(level))[has_weight]
            excess = np.maximum(matrix / live - 1.0, -1.0)
            outside = np.where(matrix > 0.0, np.inf, 0.0)
            terms = np.where(limit > 0.0, divergence(matrix, live, excess), outside)
            result[place] = prior[has_weight] @ terms.sum(axis=1)
        return result

    def changed(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return the weight off the diagonal, as a sum of non-negative terms."""
        others = 1.0 - np.eye(self.vocab_size)
        result = np.empty_like(sigma)
        for place, level in enumerate(sigma):
            away = (self.propagator.at(float(level)) * others).sum(axis=1)
            result[place] = prior @ away
        return result
