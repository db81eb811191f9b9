"""The graphs given by a matrix: ordered tokens, edges and user-defined rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray
from noising.engine.errors import EngineError
from noising.engine.graphs.matrix import MAX_VOCAB, MatrixGraph
from noising.engine.parameters import (
    Integer,
    Number,
    Numbers,
    Parameter,
    array_schema,
    listed,
    whole,
)

MIN_RATE: Final = 1e-100
"""Lower bound of a graph's fastest rate, so that relevant noise levels are finite."""
MAX_RATE: Final = 1e100
"""Upper bound of all rates, so that no product with a noise level overflows."""
LARGEST_MISS: Final = 1e-6
"""How far a row of rates may miss 0, relative to its largest entry: rates may come from
float32 or from rounded JSON."""


def _check_size(vocab_size: int) -> None:
    if vocab_size > MAX_VOCAB:
        rule = f"must be at most {MAX_VOCAB} for a graph given by a matrix"
        raise EngineError("vocab_size", "too_large", rule, vocab_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banded(MatrixGraph):
    """exp(sigma·(P - I)), P a discretised Gaussian step over ordinal tokens.

    P(i, j) is proportional to exp(-4·(i-j)^2/((V-1)^2·beta)) off the diagonal, and the
    diagonal makes the rows sum to 1. P is symmetric and its limit is uniform.
    Source: Austin et al. 2021 (D3PM), eq. 8, with the grid of the text code.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "beta": Number(
            default=0.5, low=0.0, open_low=True, help="variance of one step"
        ),
    }

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph over `vocab_size` ordered ids."""
        _check_size(vocab_size)
        step = gaussian_step(vocab_size, parameters["beta"])
        if step[0, 1] < MIN_RATE:
            rule = "must be large enough for a step to reach a neighbour"
            raise EngineError("graph.beta", "no_step", rule, parameters["beta"])
        off = step - np.diag(np.diagonal(step))
        rates = off - np.diag(off.sum(axis=1))
        limit = np.full(vocab_size, 1.0 / vocab_size)
        return cls.of_rates(rates, limit)


def gaussian_step(size: int, beta: float) -> FloatArray:
    """Return D3PM's discretised Gaussian step, (V, V), symmetric and stochastic."""
    distance = np.linspace(0.0, size, size)  # the source ends the grid at V
    weights = np.exp(-4.0 * distance**2 / (size - 1) ** 2 / beta)
    total = weights[0] + 2.0 * weights[1:].sum()
    rows = np.arange(size)
    step = weights[np.abs(rows[:, None] - rows)] / total
    np.fill_diagonal(step, 0.0)
    np.fill_diagonal(step, 1.0 - step.sum(axis=1))
    return np.asarray(step, np.float64)


_ID: Final = Integer(low=0, high=MAX_VOCAB - 1, help="a token id")
_ROW: Final = Numbers(item=Number(help="a rate"), help="one row")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edges(Parameter):
    """A list of pairs of token ids."""

    def parse(self, value: Any, field: str) -> list[list[int]]:
        """Return the pairs as lists of two ints."""
        pairs = []
        for place, pair in enumerate(listed(value, field, min_length=1)):
            path = f"{field}[{place}]"
            ends = [whole(end) for end in listed(pair, path)]
            if len(ends) != 2 or None in ends:
                raise EngineError(path, "not_a_pair", "must be two token ids", pair)
            pairs.append([int(end) for end in ends if end is not None])
        return pairs

    def schema(self) -> dict[str, Any]:
        """Return a list of pairs of ids."""
        ends = {"type": "array", "items": _ID.schema(), "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": ends, "minItems": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestNeighbor(MatrixGraph):
    """Noise walks along edges: Q = (A - diag(degree))/mean(degree).

    A is the symmetrised adjacency matrix. The edges must connect all tokens. The limit
    is uniform. Source: Austin et al. 2021 (D3PM), appendix A.2.4, in continuous time.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "edges": _Edges(help="pairs of neighbouring token ids"),
    }

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph of the given edges."""
        _check_size(vocab_size)
        adjacency = np.zeros((vocab_size, vocab_size))
        for place, (i, j) in enumerate(parameters["edges"]):
            field = f"graph.edges[{place}]"
            if not (0 <= i < vocab_size and 0 <= j < vocab_size):
                rule = f"must lie in 0..{vocab_size - 1}"
                raise EngineError(field, "out_of_range", rule, [i, j])
            if i == j:
                raise EngineError(field, "loop", "must join two tokens", [i, j])
            adjacency[i, j] = adjacency[j, i] = 1.0
        reached = _reachable(adjacency)[0]
        if not reached.all():
            alone = int(np.flatnonzero(~reached)[0])
            raise EngineError(
                "graph.edges",
                "not_connected",
                "must connect every token to every other",
                f"no path from 0 to {alone}",
            )
        degree = adjacency.sum(axis=1)
        rates = (adjacency - np.diag(degree)) / degree.mean()
        return cls.of_rates(rates, np.full(vocab_size, 1.0 / vocab_size))


@dataclass(frozen=True, slots=True, kw_only=True)
class _RateRows(Parameter):
    """A square matrix as rows."""

    def parse(self, value: Any, field: str) -> list[list[float]]:
        """Return the rows as lists of floats."""
        rows = listed(value, field, min_length=2)
        return [_ROW.parse(row, f"{field}[{i}]") for i, row in enumerate(rows)]

    def schema(self) -> dict[str, Any]:
        """Return a list of rows."""
        return array_schema(_ROW, min_length=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateMatrix(MatrixGraph):
    """exp(sigma·Q) for user-defined rates Q(i, j) from i to j.

    Off-diagonal rates must be >= 0, and exactly one class of states must be closed, so
    that the limit is unique. The off-diagonal rates set the diagonal: it is 0, or such
    that the row sums to 0 within 1e-6 of its largest entry.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "rates": _RateRows(
            help="V rows of V rates; a row sums to 0 within 1e-6 of its largest entry, "
            "or has 0 on the diagonal, which the other rates then set"
        ),
    }

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph of the given rates."""
        _check_size(vocab_size)
        field = "graph.rates"
        rows = parameters["rates"]
        if len(rows) != vocab_size or any(len(row) != vocab_size for row in rows):
            rule = f"must be {vocab_size} rows of {vocab_size} rates"
            raise EngineError(field, "wrong_shape", rule, f"{len(rows)} rows")
        rates = np.array(rows)
        off = rates - np.diag(np.diagonal(rates))
        if off.min() < 0.0:
            i, j = (int(k) for k in np.argwhere(off < 0.0)[0])
            rule = "must be >= 0 off the diagonal"
            raise EngineError(f"{field}[{i}][{j}]", "negative_rate", rule, rows[i][j])
        scale = max(np.abs(rates).max(), off.sum(axis=1).max())
        if scale > MAX_RATE:
            rule = f"must hold rates of at most {MAX_RATE:g}"
            raise EngineError(field, "too_large", rule, float(scale))
        if 0.0 < scale < MIN_RATE:
            rule = f"must hold a rate of at least {MIN_RATE:g}"
            raise EngineError(field, "too_small", rule, float(scale))
        if scale == 0.0:
            rule = "must not be all zeros where all other rows are"
            raise EngineError(f"{field}[0]", "row_sum", rule, rows[0])
        _check_sums(rates, field)
        exact = off - np.diag(off.sum(axis=1))
        return cls.of_rates(exact, stationary(off, field))


def _check_sums(rates: FloatArray, field: str) -> None:
    """Check that each row sums to 0 up to rounding, or has 0 on the diagonal."""
    sums, largest = np.abs(rates.sum(axis=1)), np.abs(rates).max(axis=1)
    misses = sums / np.where(largest > 0.0, largest, 1.0)
    misses[np.diagonal(rates) == 0.0] = 0.0
    i = int(np.argmax(misses))
    if misses[i] > LARGEST_MISS:
        raise EngineError(
            f"{field}[{i}]",
            "row_sum",
            f"must sum to 0 within {LARGEST_MISS:g} of its largest entry, and misses 0 "
            f"by {misses[i]:.2g} of it",
            float(rates[i].sum()),
            f"let the other rates set the diagonal: give 0 as `{field}[{i}][{i}]`",
        )


def _reachable(off: FloatArray) -> BoolArray:
    """Return (V, V) bool: whether i is j or can reach j."""
    reach = (off > 0.0) | np.eye(off.shape[0], dtype=bool)
    for _ in range(max(1, (off.shape[0] - 1).bit_length())):
        reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0.0
    return np.asarray(reach)


def stationary(off: FloatArray, field: str) -> FloatArray:
    """Return the stationary distribution of off-diagonal rates, (V,).

    It uses the elimination of Grassmann, Taksar and Heyman, which has no subtractions.

    Raises:
        EngineError: several classes of states are closed, or the rates differ by more
            than float64 can represent.
    """
    reach = _reachable(off)
    # A state is in a closed class if every state that it reaches leads back to it.
    closed = ~(reach & ~reach.T).any(axis=1)
    members = np.flatnonzero(closed)
    if not reach[np.ix_(members[:1], members)].all():
        raise EngineError(
            field,
            "several_limits",
            "must have exactly one closed class of states",
            f"{len({tuple(row) for row in reach[members].tolist()})} classes",
            "add a rate that joins them",
        )
    work = off[np.ix_(members, members)].copy()
    for last in range(len(members) - 1, 0, -1):
        work[:last, last] /= work[last, :last].sum()
        work[:last, :last] += np.outer(work[:last, last], work[last, :last])
    weights = np.ones(len(members))
    for state in range(1, len(members)):
        weights[state] = weights[:state] @ work[:state, state]
    if not np.isfinite(weights.sum()):
        positive = off[off > 0.0]
        raise EngineError(
            field,
            "too_far_apart",
            "must hold rates whose quotients float64 can represent",
            [float(positive.min()), float(positive.max())],
            "remove the smallest of them",
        )
    result = np.zeros(off.shape[0])
    result[members] = weights / weights.sum()
    return result
