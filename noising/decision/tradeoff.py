"""What a schedule costs: timesteps that tell little, and weights that vary."""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from noising.decision.loss_weights import measure_weights
from noising.decision.reader import ROW_LENGTH
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray
from noising.engine.lint import timestep_information

_DIGITS: Final = 9


class Tradeoff(NamedTuple):
    """The two quantities that no schedule has both as low as it likes.

    Attributes:
        information_wasted: see `share_wasted`; None if the graph is too large.
        weight_variance: variance of a row's loss weight over its squared mean, for
            times that are drawn evenly; None if the loss has no such weight.
    """

    information_wasted: float | None
    weight_variance: float | None


def measure_tradeoff(
    process: ForwardProcess, prior: Any = None, *, row_length: int = ROW_LENGTH
) -> Tradeoff:
    """Return both quantities of one process; `find_pareto` compares those of many.

    Args:
        process: the noise process. Its hyperschedule does not count for the
            information, and a process that has one has no weight of a row.
        prior: token prior, such as the (V,) counts of a corpus; None for uniform.
        row_length: tokens of a row of training data.

    Raises:
        EngineError: a prior of the wrong length, sign or support.
    """
    information = timestep_information(process, prior)
    weights = measure_weights(process, prior, row_length=row_length)
    return Tradeoff(
        information_wasted=share_wasted(information) if information.size else None,
        weight_variance=None if weights is None else weights.variance["uniform"],
    )


def find_pareto(
    points: Sequence[Tradeoff | tuple[float | None, float | None]],
) -> list[bool]:
    """Return which points are efficient: no other is lower in one and no higher in one.

    Values are compared in nine digits, so that rounding decides nothing. Equal points
    are all efficient; a point with a value that is missing is not.

    Args:
        points: pairs of numbers, of which lower ones are better.
    """
    known = sorted(
        (_round(first), _round(second), place)
        for place, (first, second) in enumerate(points)
        if first is not None and second is not None
    )
    efficient = [False] * len(points)
    # In this order, a point is beaten if one before it is as low in the second value.
    lowest, last = math.inf, (math.inf, math.inf)
    for first, second, place in known:
        if second < lowest or (first, second) == last:
            lowest, last = second, (first, second)
            efficient[place] = True
    return efficient


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def share_wasted(information: FloatArray) -> float:
    """Return the share of the timesteps that an even schedule would not need.

    A timestep that loses at least an even share I_0/T of the information counts as
    one, another as the fraction of that share that it loses. The rest is wasted: 0 if
    the information is lost evenly, and almost 1 if one timestep loses all or if most
    is left at the end.

    Args:
        information: (T+1,) nats left at sigma = 0 and at each timestep.
    """
    even = information[0] / (information.size - 1)
    lost = np.clip(-np.diff(information), 0.0, even)
    return max(0.0, 1.0 - float(lost.sum() / information[0]))
