"""The noise of every position of a batch.

A `LevelSource` returns it block by block, which bounds memory: as thresholds for graphs
with events, as total noise for matrix graphs.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np

from noising.engine.arrays import (
    AnyArray,
    BoolArray,
    FloatArray,
    IntArray,
    TokenArray,
    WordArray,
    check_range,
    quiet,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Events, Graph, MatrixGraph
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    GroupedSigma,
    Hyperschedule,
    TokenTypes,
    Weights,
    check_weights,
    group_sigma_by_weights,
    order_by_weights,
)
from noising.engine.noise_time import NoiseTime
from noising.engine.sampler.batch import Batch
from noising.engine.sampler.blocks import Outcome, cut_array
from noising.engine.sampler.thresholds import Brackets, Thresholds
from noising.engine.timeline import Timeline

Level = TypeVar("Level")

LEVEL_BLOCK: Final = 1 << 19
"""Most tokens of a block with one noise level per row; kernels may want fewer."""
TABLE_BLOCK: Final = 3 << 15
"""Most tokens of a block whose noise by position is looked up in tables."""
GROUPED_BLOCK: Final = 1 << 14
"""Most tokens of a block whose noise is computed by groups of positions."""
COMPUTED_BLOCK: Final = 1 << 13
"""Most tokens of a block whose noise is computed in float64 for every position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSource(Generic[Level]):
    """The noise of positions, as thresholds or as total noise.

    Attributes:
        at: returns the noise of rows and columns of the batch, broadcastable to them.
        block_tokens: largest number of tokens of a block, which bounds memory.
    """

    at: Callable[[slice, slice], Level]
    block_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionNoise:
    """Total noise by position.

    Attributes:
        group: returns the total noise for rows of the batch, their time, length and
            tokens, and which positions are real.
        by_row: whether rows at the same time may differ, apart from padding.
        order: takes rows of the batch, the uniforms of their positions and their
            tokens; returns numbers that rise with the time at which each position
            moves. Only with `has_order`.
        has_order: whether that order has a closed form.
    """

    group: Callable[
        [slice, NoiseTime, int, TokenArray | None, BoolArray | None], GroupedSigma
    ]
    by_row: bool
    order: Callable[[slice, FloatArray, TokenArray], FloatArray]
    has_order: bool = True


def weigh_positions(
    timeline: Timeline,
    weights: Any,
    length: int,
    rows: int | None,
    *,
    calibrate: bool = True,
) -> PositionNoise:
    """Return the noise by the weights of a call.

    Args:
        timeline: the schedule.
        weights: (L,) or (B, L) weights > 0.
        length: L.
        rows: B, or None to take it from the weights.
        calibrate: whether each row's mean alpha is that of the schedule.

    Raises:
        EngineError: weights with the wrong shape, sign or spread.
    """
    values = np.atleast_2d(check_weights(weights))
    allowed = (1, values.shape[0] if rows is None else rows)
    if values.shape not in [(count, length) for count in allowed]:
        raise EngineError(
            "weights",
            "wrong_length",
            f"must have one weight for each of the {length} positions",
            list(np.shape(weights)),
        )
    return PositionNoise(
        group=lambda rows, time, _length, _tokens, real: group_sigma_by_weights(
            timeline.schedule.sigma(time.t),
            cut_array(values, rows),
            real,
            calibrate=calibrate,
        ),
        by_row=values.shape[0] > 1,
        order=lambda rows, uniforms, _: order_by_weights(
            uniforms, cut_array(values, rows)
        ),
    )


def find_position_noise(
    timeline: Timeline,
    batch: Batch,
    hyperschedule: Hyperschedule | None,
    weights: Any = None,
) -> PositionNoise | None:
    """Return the noise by position of a batch, or None if noise depends on time only.

    Args:
        timeline: the schedule.
        batch: the tokens.
        hyperschedule: that of the process, or None.
        weights: the weights of the call, which replace it, or None.

    Raises:
        EngineError: weights that do not fit, or a batch whose tokens have positions of
            their own where the hyperschedule depends on the whole row.
    """
    if weights is None:
        if hyperschedule is None:
            return None
        if batch.positions is None:
            return follow_hyperschedule(timeline, hyperschedule)
        return _read_by_position(timeline, batch, hyperschedule, batch.positions)
    if batch.positions is None:
        return weigh_positions(timeline, weights, batch.length, batch.rows)
    values = check_weights(weights)
    if values.ndim == 1:
        given = Weights(weights=values, calibrate=True)
        return _read_by_position(timeline, batch, given, batch.positions)
    # A calibration over the row would mix the tokens of several sequences.
    return weigh_positions(timeline, values, batch.length, batch.rows, calibrate=False)


def follow_hyperschedule(
    timeline: Timeline, hyperschedule: Hyperschedule
) -> PositionNoise:
    """Return the noise by a hyperschedule."""
    return PositionNoise(
        group=lambda _rows, time, length, tokens, real: hyperschedule.group_sigma(
            timeline.schedule.sigma, time, length, tokens, real
        ),
        by_row=hyperschedule.BY_TOKENS,
        order=lambda _, uniforms, tokens: hyperschedule.order_moves(
            uniforms, np.arange(uniforms.shape[1])[None], tokens
        ),
        has_order=hyperschedule.HAS_ORDER,
    )


def _read_by_position(
    timeline: Timeline,
    batch: Batch,
    hyperschedule: Hyperschedule,
    positions: WordArray,
) -> PositionNoise:
    """Return the noise of tokens at positions of their own.

    Raises:
        EngineError: the hyperschedule depends on the whole row, or ends before one of
            the positions.
    """
    if hyperschedule.depends_on_row:
        raise EngineError(
            "positions",
            "not_together",
            "and `sequence_ids` by token must not be given with a `hyperschedule` "
            "whose noise depends on the whole row",
            type(hyperschedule).__name__,
            "pass `weights`, or leave them out",
        )
    end = hyperschedule.own_length
    if end is not None:
        real = batch.find_real(slice(None))
        used = positions if real is None else np.where(real, positions, 0)
        check_range(
            used if used.shape[0] > 1 else used[0],
            "positions",
            low=0,
            high=end - 1,
            way_out=f"the weights or levels end at position {end - 1}",
        )

    return PositionNoise(
        group=lambda rows, time, _length, tokens, _real: hyperschedule.group_sigma_at(
            timeline.schedule.sigma, time, cut_array(positions, rows), tokens
        ),
        by_row=hyperschedule.BY_TOKENS or positions.shape[0] > 1,
        order=lambda rows, uniforms, tokens: hyperschedule.order_moves(
            uniforms, cut_array(positions, rows), tokens
        ),
        has_order=hyperschedule.HAS_ORDER,
    )


def make_token_types(token_types: Any, vocab_size: int) -> TokenTypes:
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
class NoiseLevels:
    """Thresholds of a graph's events at a schedule's noise levels.

    Attributes:
        timeline: the schedule.
        graph: the graph.
    """

    timeline: Timeline
    graph: Graph

    @functools.cached_property
    def table(self) -> Thresholds:
        """Thresholds at every timestep, (T,)."""
        return self.find_thresholds(self.timeline.sigmas)

    @functools.cached_property
    def outcome(self) -> Outcome:
        """What a resampled token becomes."""
        mask_id = 0 if self.graph.mask_id is None else self.graph.mask_id
        return Outcome(replacement=self.graph.replacement, mask_id=mask_id)

    @functools.cached_property
    def matrix(self) -> MatrixGraph | None:
        """The graph if it is a matrix graph, which has no events, else None."""
        return self.graph if isinstance(self.graph, MatrixGraph) else None

    @functools.cached_property
    def has_one_event(self) -> bool:
        """Whether noise resamples a token at some time and does nothing else to it."""
        return self.matrix is None and self.table.mask is None

    @functools.cached_property
    @quiet
    def brackets(self) -> Brackets | None:
        """Bounds of the thresholds of real times, or None if there are none."""
        if self.table.mask is not None or self.timeline.schedule.falls():
            return None
        start = self.find_thresholds(self.timeline.schedule.sigma(np.zeros(1)))
        return Brackets.of(np.concatenate([start.move, self.table.move]))

    @quiet
    def find_thresholds(self, sigma: FloatArray) -> Thresholds:
        """Return the thresholds at total noise `sigma`, in its shape."""
        return Thresholds.of(self.graph.events(sigma))

    def find_source(
        self, batch: Batch, time: NoiseTime, noise: PositionNoise | None
    ) -> LevelSource[Thresholds]:
        """Return the thresholds of a batch.

        Args:
            batch: the tokens.
            time: the time of the call.
            noise: noise by position, or None if noise depends on time only.

        Raises:
            EngineError: the shape of the time does not fit.
        """
        if noise is not None:
            return self._group(GroupedRows.of(self.timeline, batch, time, noise))
        given = shape_time(time, batch)
        if time.is_timestep:
            return _look_up(self.table, given)
        if given.shape[1] > 1 and self.brackets is not None:
            return self._bracket(time.with_given(given), self.brackets)
        sigma = find_sigma_source(self.timeline, batch, time, noise)
        return LevelSource(
            at=lambda rows, columns: self.find_thresholds(sigma.at(rows, columns)),
            block_tokens=sigma.block_tokens,
        )

    def _bracket(self, grid: NoiseTime, brackets: Brackets) -> LevelSource[Thresholds]:
        """Return the thresholds at (1, L) or (B, L) real times."""

        def at(rows: slice, columns: slice) -> Thresholds:
            times = grid.with_given(cut_array(grid.given, rows, columns)).t

            @quiet
            def refine(flat: IntArray) -> WordArray:
                chosen = times.reshape(-1)[flat]
                return self.find_thresholds(self.timeline.schedule.sigma(chosen)).move

            return brackets.find_thresholds(times, refine)

        return LevelSource(at=at, block_tokens=TABLE_BLOCK)

    def _group(self, grouped: "GroupedRows") -> LevelSource[Thresholds]:
        """Return the thresholds for noise by position."""

        @functools.lru_cache(maxsize=1)
        def compute(start: int, stop: int) -> tuple[GroupedSigma, Thresholds]:
            sigma = grouped.compute(start, stop)
            levels = sigma.sigma if sigma.group is None else sigma.sigma.reshape(-1)
            return sigma, self.find_thresholds(levels)

        def at(rows: slice, columns: slice) -> Thresholds:
            sigma, thresholds = compute(*grouped.find_rows(rows))
            if sigma.group is None:
                return thresholds.select((slice(None), columns))
            count = rows.stop - rows.start
            places = sigma.find_places(sigma.group[:, columns], count)
            return thresholds.spread(places)

        return LevelSource(at=at, block_tokens=GROUPED_BLOCK)


def move_everything() -> LevelSource[Thresholds]:
    """Return the thresholds below which every u lies."""
    everywhere = Thresholds.of(Events(move=np.ones((1, 1))))
    return LevelSource(at=lambda _rows, _: everywhere, block_tokens=LEVEL_BLOCK)


def _look_up(table: Thresholds, steps: IntArray) -> LevelSource[Thresholds]:
    """Return the thresholds at (1, 1), (B, 1), (1, L) or (B, L) timesteps."""
    if steps.size == 1:
        step = steps.item()
        everywhere = table.select((slice(step, step + 1), None))  # views: no copies
        return LevelSource(at=lambda _rows, _: everywhere, block_tokens=LEVEL_BLOCK)
    if steps.shape[1] == 1:
        return LevelSource(
            at=lambda rows, _: table.select(steps[rows]), block_tokens=LEVEL_BLOCK
        )
    return LevelSource(
        at=lambda rows, columns: table.spread(cut_array(steps, rows, columns)),
        block_tokens=TABLE_BLOCK,
    )


def find_sigma_source(
    timeline: Timeline, batch: Batch, time: NoiseTime, noise: PositionNoise | None
) -> LevelSource[FloatArray]:
    """Return the total noise of a batch.

    Args:
        timeline: the schedule.
        batch: the tokens.
        time: the time of the call.
        noise: noise by position, or None if noise depends on time only.

    Raises:
        EngineError: the shape of the time does not fit.
    """
    if noise is not None:
        grouped = GroupedRows.of(timeline, batch, time, noise)
        # Cached for rows longer than a block, and for batches whose rows are alike.
        compute = functools.lru_cache(maxsize=1)(grouped.compute)
        return LevelSource(
            at=lambda rows, columns: compute(*grouped.find_rows(rows)).spread(columns),
            block_tokens=COMPUTED_BLOCK,
        )
    given = shape_time(time, batch)

    @quiet
    def at(rows: slice, columns: slice) -> FloatArray:
        times = time.with_given(cut_array(given, rows, columns)).t
        return timeline.schedule.sigma(times.reshape(-1)).reshape(times.shape)

    if given.size == 1:
        everywhere = at(slice(None), slice(None))
        return LevelSource(at=lambda _rows, _: everywhere, block_tokens=LEVEL_BLOCK)
    by_position = given.shape[1] > 1
    return LevelSource(
        at=at, block_tokens=COMPUTED_BLOCK if by_position else LEVEL_BLOCK
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedRows:
    """The noise by position of a batch, computed for some rows at a time.

    Attributes:
        timeline: the schedule.
        batch: the tokens.
        time: the time of the call: one for all rows or one for each.
        noise: noise by position.
    """

    timeline: Timeline
    batch: Batch
    time: NoiseTime
    noise: PositionNoise

    @classmethod
    def of(
        cls, timeline: Timeline, batch: Batch, time: NoiseTime, noise: PositionNoise
    ) -> "GroupedRows":
        """Check the shape of the time.

        Raises:
            EngineError: the shape does not fit.
        """
        if shape_time(time, batch).shape[1] > 1:
            raise EngineError(
                time.field,
                "wrong_shape",
                "must be a scalar or (B,) for noise by position",
                list(time.given.shape),
            )
        return cls(timeline=timeline, batch=batch, time=time, noise=noise)

    def find_rows(self, rows: slice) -> tuple[int, int]:
        """Return the range of rows to compute: the first one if all are alike."""
        one_time = self.time.given.size == 1
        if one_time and self.batch.lengths is None and not self.noise.by_row:
            return 0, 1
        return rows.start, rows.stop

    @quiet
    def compute(self, start: int, stop: int) -> GroupedSigma:
        """Return the noise of some rows of the batch."""
        rows, batch = slice(start, stop), self.batch
        return self.noise.group(
            rows,
            self.time.select_rows(rows),
            batch.length,
            batch.cut_tokens(rows),
            batch.find_real(rows),
        )


def shape_time(time: NoiseTime, batch: Batch) -> AnyArray:
    """Return the time of a call as (1, 1), (B, 1), (1, L) or (B, L).

    Raises:
        EngineError: the shape does not fit the tokens.
    """
    given = time.given
    many = len(batch.shape) == 2
    if given.ndim == 0 or (many and given.shape == (batch.rows,)):
        return given.reshape(-1, 1)
    if given.shape == batch.shape:
        return np.atleast_2d(given)
    allowed = "a scalar, (B,) or (B, L)" if many else "a scalar or (L,)"
    rule = f"must be {allowed} for tokens of shape {list(batch.shape)}"
    raise EngineError(time.field, "wrong_shape", rule, list(given.shape))
