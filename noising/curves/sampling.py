"""Curves: quantities of a process at points along an axis."""

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

MAX_POINTS: Final = 2_000
MATRIX_POINTS: Final = 33
"""Points of a curve that costs a matrix exponential each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Quantities of one process along an axis.

    Attributes:
        timesteps: (N,) integer timesteps, or None on an axis of real times.
        times: (N,) times in [0, 1].
        columns: (N,) values by the quantity's name.
    """

    timesteps: IntArray | None
    times: FloatArray
    columns: Mapping[str, FloatArray]

    @property
    def x(self) -> FloatArray:
        """The abscissae: timesteps where there are any, else times."""
        return self.times if self.timesteps is None else self.timesteps.astype(float)


def points_of(
    process: ForwardProcess, names: Collection[str], axis: Axis, most: int
) -> int:
    """Return how many points the curves have where `most` are asked for.

    There are no more timesteps than the process has; and a quantity that costs the
    exponential of a matrix at each point has few.
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
        axis: "timestep", some of 0..T-1 with both ends, or "time", from 0 to 1.
        points: how many are asked for, at least 1; see `points_of`.
    """
    count = points_of(process, names, axis, points)
    timesteps: IntArray | None = None
    if axis == "timestep":
        last = process.num_timesteps - 1
        timesteps = np.linspace(0, last, count).round().astype(np.int64)
        times = np.asarray(process.time(timesteps))
    else:
        times = np.linspace(0.0, 1.0, count)
    # One time after the other where each costs a matrix: it is kept for a moment, so
    # that all quantities find it.
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
    """Return estimated seconds that curves take.

    Args:
        effort: what the process costs.
        names: keys of QUANTITIES.
        points: how many there are, as `points_of` says.
    """
    a_point = len(names) * effort.sigma_seconds
    if not any(QUANTITIES[name].is_costly for name in names):
        return points * a_point
    return points * (a_point + effort.information_seconds) + effort.prior_seconds
