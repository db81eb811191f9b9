"""Computes quantities of a process at points along an axis."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from noising.curves.quantities import QUANTITIES, Sample
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, IntArray, quiet
from noising.engine.effort import Effort
from noising.engine.graphs import MatrixGraph

Axis: TypeAlias = Literal["timestep", "time"]

DEFAULT_POINTS: Final = 257
"""Number of points of a curve by default, which is enough for a plot."""

MAX_POINTS: Final = 2_000
MATRIX_POINTS: Final = 33
"""Most points of a curve where each takes a matrix exponential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Quantities of one process along an axis.

    Attributes:
        timesteps: (N,) integer timesteps, or None if the axis is real time.
        times: (N,) times in [0, 1].
        columns: (N,) values by the quantity's name.
    """

    timesteps: IntArray | None
    times: FloatArray
    columns: Mapping[str, FloatArray]

    @property
    def x(self) -> FloatArray:
        """The values of the horizontal axis: timesteps, or else times."""
        return self.times if self.timesteps is None else self.timesteps.astype(float)


def points_of(
    process: ForwardProcess, names: Collection[str], axis: Axis, most: int
) -> int:
    """Return the number of points of the curves, at most `most`.

    It is at most the number of timesteps on that axis, and at most MATRIX_POINTS for a
    quantity that takes a matrix exponential for each point.
    """
    points = min(most, MAX_POINTS)
    if axis == "timestep":
        points = min(points, process.num_timesteps)
    if _is_thinned(process, names):
        points = min(points, MATRIX_POINTS)
    return points


def _is_thinned(process: ForwardProcess, names: Collection[str]) -> bool:
    return isinstance(process.graph, MatrixGraph) and any(
        QUANTITIES[name].is_costly for name in names
    )


@quiet
def curves(
    process: ForwardProcess, names: Collection[str], *, axis: Axis, points: int
) -> Curves:
    """Return quantities along an axis.

    Args:
        process: the process.
        names: keys of QUANTITIES.
        axis: "timestep", values in 0..T-1 including both ends, or "time", 0 to 1.
        points: largest number of points, at least 1; see `points_of`.
    """
    count = points_of(process, names, axis, points)
    timesteps: IntArray | None = None
    if axis == "timestep":
        last = process.num_timesteps - 1
        timesteps = np.linspace(0, last, count).round().astype(np.int64)
        times = np.asarray(process.time(timesteps))
    else:
        times = np.linspace(0.0, 1.0, count)
    # If each time takes a matrix exponential, process one time after the other: the
    # graph caches the last few, so that all quantities can use them.
    block = 1 if _is_thinned(process, names) else count
    samples = [
        Sample(process=process, t=times[start : start + block])
        for start in range(0, count, block)
    ]
    parts = [[QUANTITIES[name].values(sample) for name in names] for sample in samples]
    columns = {
        name: np.concatenate([part[place] for part in parts])
        for place, name in enumerate(names)
    }
    return Curves(timesteps=timesteps, times=times, columns=columns)


def curves_seconds(effort: Effort, names: Collection[str], points: int) -> float:
    """Return the estimated seconds to compute curves.

    Args:
        effort: estimated times of the process.
        names: keys of QUANTITIES.
        points: number of points, from `points_of`.
    """
    a_point = len(names) * effort.sigma_seconds
    if not any(QUANTITIES[name].is_costly for name in names):
        return points * a_point
    return points * (a_point + effort.information_seconds) + effort.prior_seconds
