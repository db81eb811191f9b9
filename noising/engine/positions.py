"""How much noise each position of a batch gets, as thresholds for the kernel."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, TokenArray, WordArray, quiet
from noising.engine.errors import EngineError
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    Hyperschedule,
    Moment,
    TokenTypes,
    checked_weights,
    weighted_sigma,
)
from noising.engine.sampling import Batch, Limits, cut
from noising.engine.timeline import Timeline, When, move_thresholds

PositionNoise: TypeAlias = Callable[
    [Moment, int, TokenArray | None, BoolArray | None], FloatArray
]
"""Moment, length, tokens and real positions to total noise by position."""


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
    return lambda moment, _length, _tokens, real: weighted_sigma(
        timeline.schedule.sigma(moment.t), values, real, calibrate=True
    )


def by_hyperschedule(timeline: Timeline, hyperschedule: Hyperschedule) -> PositionNoise:
    """Return the noise of a hyperschedule over the timeline's schedule."""
    return lambda moment, length, tokens, real: hyperschedule.position_sigma(
        timeline.schedule.sigma, moment, length, tokens, real
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


@quiet
def limits_by_position(
    timeline: Timeline, noise: PositionNoise, batch: Batch, when: When
) -> Limits:
    """Return thresholds where every position has a noise of its own.

    Raises:
        EngineError: the time is given by position too.
    """
    _refuse_position_times(when, batch)
    times = when.times if when.steps is None else timeline.time(when.steps)
    moment = Moment(
        t=np.atleast_1d(np.asarray(times)),
        timesteps=None if when.steps is None else np.atleast_1d(when.steps),
        num_timesteps=timeline.num_timesteps,
    )
    sigma = noise(moment, batch.length, batch.tokens, batch.real)
    return lambda rows, columns: move_thresholds(cut(sigma, rows, columns))


def limits_by_time(timeline: Timeline, batch: Batch, when: When) -> Limits:
    """Return thresholds where a position's noise depends on its time alone.

    Raises:
        EngineError: the time has neither the rows' nor the positions' shape.
    """
    by_row = _time_is_by_row(when, batch)
    if when.steps is not None:
        table, steps = timeline.move_thresholds, when.steps
        if by_row:
            return _limits_by_row(table[steps])
        of_position = np.atleast_2d(steps)
        return lambda rows, columns: table[of_position[rows, columns]]
    at = np.asarray(when.times)

    @quiet
    def of(times: FloatArray) -> WordArray:
        sigma = timeline.schedule.sigma(times.reshape(-1))
        return move_thresholds(sigma).reshape(times.shape)

    if by_row:
        return _limits_by_row(of(at))
    times = np.atleast_2d(at)
    return lambda rows, columns: of(times[rows, columns])


def _limits_by_row(thresholds: WordArray) -> Limits:
    column = np.reshape(thresholds, (-1, 1))
    return lambda rows, columns: np.asarray(cut(column, rows, slice(None)))


def _time_is_by_row(when: When, batch: Batch) -> bool:
    """Return whether the time is one per row; otherwise it is one per position.

    Raises:
        EngineError: its shape is neither.
    """
    many = len(batch.shape) == 2
    if when.shape == () or (many and when.shape == (batch.rows,)):
        return True
    if when.shape == batch.shape:
        return False
    allowed = "a scalar, (B,) or (B, L)" if many else "a scalar or (L,)"
    rule = f"must be {allowed} for tokens of shape {list(batch.shape)}"
    raise EngineError(when.field, "wrong_shape", rule, list(when.shape))


def _refuse_position_times(when: When, batch: Batch) -> None:
    if not _time_is_by_row(when, batch):
        raise EngineError(
            when.field,
            "wrong_shape",
            "must be a scalar or (B,) where a hyperschedule places the noise",
            list(when.shape),
        )
