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
    IntArray,
    TokenArray,
    WordArray,
    quiet,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    Hyperschedule,
    Moment,
    Placed,
    TokenTypes,
    checked_weights,
    placed_by_weights,
)
from noising.engine.sampler.batch import Batch, cut
from noising.engine.sampler.blocks import Outcome
from noising.engine.sampler.thresholds import Brackets, Limits
from noising.engine.timeline import Timeline, When

Level = TypeVar("Level")
Place: TypeAlias = Callable[[slice, slice], Level]

LEVEL_BLOCK: Final = 1 << 19
"""Most tokens of a block with one level of noise a row; a kernel may take fewer."""
TABLE_BLOCK: Final = 3 << 15
"""Most tokens of a block whose noise by position stands in tables."""
PLACED_BLOCK: Final = 1 << 14
"""Tokens of a block whose noise is placed by position, in groups."""
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
            they are real to their total noise.
        by_row: whether rows at one moment may differ, padding aside.
    """

    of: Callable[[slice, Moment, int, TokenArray | None, BoolArray | None], Placed]
    by_row: bool


def by_weights(
    timeline: Timeline, weights: Any, length: int, rows: int | None
) -> PositionNoise:
    """Return the noise of calibrated per-call weights.

    Args:
        timeline: the schedule.
        weights: (L,) or (B, L) weights > 0.
        length: L.
        rows: B, or None where the weights say it.

    Raises:
        EngineError: weights of the wrong shape, sign or spread.
    """
    values = np.atleast_2d(checked_weights(weights))
    allowed = (1, values.shape[0] if rows is None else rows)
    if values.shape not in [(count, length) for count in allowed]:
        raise EngineError(
            "weights",
            "wrong_length",
            f"must have one weight for each of the {length} positions",
            list(np.shape(weights)),
        )
    return PositionNoise(
        of=lambda rows, moment, _length, _tokens, real: placed_by_weights(
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
        of=lambda _rows, moment, length, tokens, real: hyperschedule.placed(
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
        if noise is not None:
            return self._placed(PlacedRows.of(self.timeline, batch, when, noise))
        grid = _grid(when, batch)
        if grid.shape[1] > 1 and self.brackets is not None:
            return self._bracketed(when, grid, self.brackets)
        sigma = sigma_source(self.timeline, batch, when, noise)

        def part(rows: slice) -> Place[Limits]:
            sigma_at = sigma.part(rows)
            return lambda rows, columns: self.of(sigma_at(rows, columns))

        return Source(part=part, block_tokens=sigma.block_tokens)

    @functools.cached_property
    @quiet
    def brackets(self) -> Brackets | None:
        """Where thresholds of real times lie, or None if that cannot be told."""
        if self.table.mask is not None or self.timeline.schedule.falls():
            return None
        start = self.of(self.timeline.schedule.sigma(np.zeros(1)))
        return Brackets.of(np.concatenate([start.move, self.table.move]))

    def _bracketed(
        self, when: When, grid: AnyArray, brackets: Brackets
    ) -> Source[Limits]:
        """Return the thresholds at (1, L) or (B, L) real times."""

        def part(rows: slice) -> Place[Limits]:
            given = cut(grid, rows)

            def place(rows: slice, columns: slice) -> Limits:
                times = self.timeline.times(when, cut(given, rows, columns))

                @quiet
                def refine(flat: IntArray) -> WordArray:
                    chosen = times.reshape(-1)[flat]
                    return self.of(self.timeline.schedule.sigma(chosen)).move

                return brackets.limits(times, refine)

            return place

        return Source(part=part, block_tokens=TABLE_BLOCK)

    def _placed(self, rows: "PlacedRows") -> Source[Limits]:
        """Return the thresholds where a hyperschedule places the noise."""

        def worked_out(start: int, stop: int) -> tuple[Placed, Limits]:
            placed = rows.at(start, stop)
            grouped = placed.group is not None
            levels = placed.sigma.reshape(-1) if grouped else placed.sigma
            return placed, self.of(levels)

        recent = functools.lru_cache(maxsize=1)(worked_out)

        def part(chosen: slice) -> Place[Limits]:
            def place(part_rows: slice, columns: slice) -> Limits:
                placed, limits = recent(*rows.within(chosen, part_rows))
                if placed.group is None:
                    return limits.at((slice(None), columns))
                count = part_rows.stop - part_rows.start
                return limits.spread(placed.index(placed.group[:, columns], count))

            return place

        return Source(part=part, block_tokens=PLACED_BLOCK)


def _tabulated(table: Limits, steps: AnyIntArray) -> Source[Limits]:
    """Return the thresholds at (1, 1), (B, 1), (1, L) or (B, L) timesteps."""
    if steps.size == 1:
        everywhere = table.at(steps)
        return Source(part=lambda _: lambda *_: everywhere, block_tokens=LEVEL_BLOCK)
    by_position = steps.shape[1] > 1

    def part(rows: slice) -> Place[Limits]:
        given = cut(steps, rows)
        if by_position:
            return lambda rows, columns: table.spread(cut(given, rows, columns))
        of_rows = table.at(given)
        return lambda rows, _columns: of_rows.at(rows)

    return Source(part=part, block_tokens=TABLE_BLOCK if by_position else LEVEL_BLOCK)


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
    if noise is not None:
        return _spread(PlacedRows.of(timeline, batch, when, noise))
    grid = _grid(when, batch)

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
    return Source(part=part, block_tokens=LEVEL_BLOCK if few else COMPUTED_BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRows:
    """The noise that a hyperschedule places, some rows at a time.

    Attributes:
        timeline: the schedule.
        batch: the tokens.
        when: the time of the call, one for all rows or one for each.
        noise: noise by position.
    """

    timeline: Timeline
    batch: Batch
    when: When
    noise: PositionNoise

    @classmethod
    def of(
        cls, timeline: Timeline, batch: Batch, when: When, noise: PositionNoise
    ) -> "PlacedRows":
        """Return the rows' noise.

        Raises:
            EngineError: the time has a shape that does not fit.
        """
        if _grid(when, batch).shape[1] > 1:
            raise EngineError(
                when.field,
                "wrong_shape",
                "must be a scalar or (B,) where a hyperschedule places the noise",
                list(when.shape),
            )
        return cls(timeline=timeline, batch=batch, when=when, noise=noise)

    @property
    def alike(self) -> bool:
        """Whether all rows have the same noise, so that one stands for all."""
        one_time = self.when.given.size == 1
        return one_time and self.batch.lengths is None and not self.noise.by_row

    def within(self, chosen: slice, rows: slice) -> tuple[int, int]:
        """Return which rows of the batch answer for `rows`, counted in `chosen`."""
        if self.alike:
            return 0, 1
        return chosen.start + rows.start, chosen.start + rows.stop

    @quiet
    def at(self, start: int, stop: int) -> Placed:
        """Return the noise of some rows of the batch."""
        rows, given = slice(start, stop), self.when.given.reshape(-1)
        own = given[rows] if given.size > 1 else given
        moment = Moment(
            t=self.timeline.times(self.when, own),
            timesteps=None if self.when.steps is None else own.astype(np.int64),
            num_timesteps=self.timeline.num_timesteps,
        )
        batch = self.batch
        return self.noise.of(
            rows, moment, batch.length, batch.native(rows), batch.real(rows)
        )


def _spread(rows: PlacedRows) -> Source[FloatArray]:
    """Return the total noise that a hyperschedule places."""
    # A row longer than a block, and rows that are all alike, are worked out once.
    recent = functools.lru_cache(maxsize=1)(rows.at)

    def part(chosen: slice) -> Place[FloatArray]:
        return lambda part_rows, columns: recent(
            *rows.within(chosen, part_rows)
        ).spread(columns)

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
