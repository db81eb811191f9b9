"""Which noise acts at which position of a batch.

A `Source` answers in two steps, so that nothing of the whole batch's size is made:
for some rows of the batch it returns a function of rows (counted within these) and
columns, and that returns what holds in the block.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

import numpy as np

from noising.engine.arrays import (
    AnyArray,
    AnyIntArray,
    BoolArray,
    FloatArray,
    TokenArray,
    quiet,
)
from noising.engine.batch import Batch, cut
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    Hyperschedule,
    Moment,
    TokenTypes,
    checked_weights,
    weighted_sigma,
)
from noising.engine.kernels import Outcome
from noising.engine.limits import Limits
from noising.engine.timeline import Timeline, When

Level = TypeVar("Level")
Place: TypeAlias = Callable[[slice, slice], Level]

TABLE_BLOCK: Final = 1 << 17
"""Tokens of a block whose noise stands in tables."""
COMPUTED_BLOCK: Final = 1 << 13
"""Tokens of a block whose noise is computed in float64 for every position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[Level]):
    """What acts where: thresholds, or total noise, broadcastable to each block.

    Attributes:
        part: rows of the batch to the function that answers for blocks of them.
        block_tokens: most tokens of a block, so that memory stays bounded.
    """

    part: Callable[[slice], Place[Level]]
    block_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionNoise:
    """Total noise by position.

    Attributes:
        of: rows of the batch, their moment, their length, their tokens and where
            they are real to total noise, (B, length) or (1, length).
        by_row: whether rows at one moment may differ, padding aside.
    """

    of: Callable[[slice, Moment, int, TokenArray | None, BoolArray | None], FloatArray]
    by_row: bool


def by_weights(
    timeline: Timeline, weights: Any, length: int, rows: int
) -> PositionNoise:
    """Return the noise of calibrated per-call weights.

    Args:
        timeline: the schedule.
        weights: (L,) or (B, L) weights > 0.
        length: L.
        rows: B.

    Raises:
        EngineError: weights of the wrong shape, sign or spread.
    """
    values = np.atleast_2d(checked_weights(weights))
    if values.shape not in ((1, length), (rows, length)):
        raise EngineError(
            "weights",
            "wrong_length",
            f"must have one weight for each of the {length} positions",
            list(np.shape(weights)),
        )
    return PositionNoise(
        of=lambda rows, moment, _length, _tokens, real: weighted_sigma(
            timeline.schedule.sigma(moment.t),
            cut(values, rows, slice(None)),
            real,
            calibrate=True,
        ),
        by_row=values.shape[0] > 1,
    )


def by_hyperschedule(timeline: Timeline, hyperschedule: Hyperschedule) -> PositionNoise:
    """Return the noise of a hyperschedule over the timeline's schedule."""
    return PositionNoise(
        of=lambda _rows, moment, length, tokens, real: hyperschedule.position_sigma(
            timeline.schedule.sigma, moment, length, tokens, real
        ),
        by_row=hyperschedule.BY_TOKENS,
    )


def default_token_types(token_types: Any, vocab_size: int) -> TokenTypes:
    """Return the hyperschedule of ids by type with the default weights.

    Raises:
        EngineError: an id out of range or of two types.
    """
    classes = TokenTypes.PARAMETERS["classes"].parse(token_types, "token_types")
    weights = dict(TYPE_WEIGHTS)
    parameters = {"classes": classes, "weights": weights, "calibrate": True}
    return TokenTypes.create(parameters, vocab_size)


# No slots: functools.cached_property keeps the table in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """Thresholds of a graph's events at a schedule's noise levels.

    Attributes:
        timeline: the schedule.
        graph: says which events there are.
    """

    timeline: Timeline
    graph: Graph

    @functools.cached_property
    def table(self) -> Limits:
        """Thresholds at every timestep, (T,)."""
        return self.of(self.timeline.sigmas)

    @functools.cached_property
    def outcome(self) -> Outcome:
        """What becomes of a token that is struck."""
        mask_id = 0 if self.graph.mask_id is None else self.graph.mask_id
        return Outcome(replacement=self.graph.replacement, mask_id=mask_id)

    @quiet
    def of(self, sigma: FloatArray) -> Limits:
        """Return the thresholds at total noise `sigma`, in its shape."""
        return Limits.of(self.graph.events(sigma))

    def source(
        self, batch: Batch, when: When, noise: PositionNoise | None
    ) -> Source[Limits]:
        """Return the thresholds of a batch; see `sigma_source`."""
        if noise is None and when.steps is not None:
            return _tabulated(self.table, _grid(when, batch))
        sigma = sigma_source(self.timeline, batch, when, noise)

        def part(rows: slice) -> Place[Limits]:
            sigma_at = sigma.part(rows)
            return lambda rows, columns: self.of(sigma_at(rows, columns))

        return Source(part=part, block_tokens=sigma.block_tokens)


def _tabulated(table: Limits, steps: AnyIntArray) -> Source[Limits]:
    """Return the thresholds at (1, 1), (B, 1), (1, L) or (B, L) timesteps."""
    if steps.size == 1:
        everywhere = table.at(steps)
        return Source(part=lambda _: lambda *_: everywhere, block_tokens=TABLE_BLOCK)

    def part(rows: slice) -> Place[Limits]:
        given = cut(steps, rows)
        if steps.shape[1] > 1:
            return lambda rows, columns: table.spread(cut(given, rows, columns))
        of_rows = table.at(given)
        return lambda rows, _columns: of_rows.at(rows)

    return Source(part=part, block_tokens=TABLE_BLOCK)


def sigma_source(
    timeline: Timeline, batch: Batch, when: When, noise: PositionNoise | None
) -> Source[FloatArray]:
    """Return the total noise of a batch.

    Args:
        timeline: the schedule.
        batch: the tokens.
        when: the time of the call.
        noise: noise by position, or None where it depends on time alone.

    Raises:
        EngineError: the time has a shape that does not fit.
    """
    grid = _grid(when, batch)
    if noise is not None:
        if grid.shape[1] > 1:
            raise EngineError(
                when.field,
                "wrong_shape",
                "must be a scalar or (B,) where a hyperschedule places the noise",
                list(when.shape),
            )
        return _placed(timeline, batch, when, noise)

    @quiet
    def sigma(given: AnyArray) -> FloatArray:
        times = timeline.times(when, given.reshape(-1))
        return timeline.schedule.sigma(times).reshape(given.shape)

    def part(rows: slice) -> Place[FloatArray]:
        given = cut(grid, rows)
        if grid.shape[1] > 1:
            return lambda rows, columns: sigma(cut(given, rows, columns))
        of_rows = sigma(given)
        return lambda rows, _columns: cut(of_rows, rows)

    few = grid.shape[1] == 1
    return Source(part=part, block_tokens=TABLE_BLOCK if few else COMPUTED_BLOCK)


def _placed(
    timeline: Timeline, batch: Batch, when: When, noise: PositionNoise
) -> Source[FloatArray]:
    """Return the total noise that a hyperschedule places."""
    given = when.given.reshape(-1)

    @quiet
    def sigma(start: int, stop: int) -> FloatArray:
        rows = slice(start, stop)
        own = given[rows] if given.size > 1 else given
        moment = Moment(
            t=timeline.times(when, own),
            timesteps=None if when.steps is None else own.astype(np.int64),
            num_timesteps=timeline.num_timesteps,
        )
        return noise.of(
            rows, moment, batch.length, batch.native(rows), batch.real(rows)
        )

    # A row longer than a block, and rows that are all alike, are worked out once.
    recent = functools.lru_cache(maxsize=1)(sigma)
    alike = given.size == 1 and batch.lengths is None and not noise.by_row

    def part(chosen: slice) -> Place[FloatArray]:
        def place(rows: slice, columns: slice) -> FloatArray:
            first = chosen.start
            start, stop = (0, 1) if alike else (first + rows.start, first + rows.stop)
            return np.asarray(recent(start, stop)[:, columns])

        return place

    return Source(part=part, block_tokens=COMPUTED_BLOCK)


def _grid(when: When, batch: Batch) -> AnyArray:
    """Return times as (1, 1), (B, 1), (1, L) or (B, L).

    Raises:
        EngineError: they have neither the rows' nor the positions' shape.
    """
    given = when.given
    many = len(batch.shape) == 2
    if given.ndim == 0 or (many and given.shape == (batch.rows,)):
        return given.reshape(-1, 1)
    if given.shape == batch.shape:
        return np.atleast_2d(given)
    allowed = "a scalar, (B,) or (B, L)" if many else "a scalar or (L,)"
    rule = f"must be {allowed} for tokens of shape {list(batch.shape)}"
    raise EngineError(when.field, "wrong_shape", rule, list(given.shape))
