"""Differences between processes: specifications and key figures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.curves.sampling import MATRIX_POINTS
from noising.engine import ForwardProcess, wasted_timesteps
from noising.engine.arrays import FloatArray, quiet
from noising.engine.graphs import MatrixGraph

LONGEST_LIST: Final = 8
"""A comparison shows lists with at most this many items, and the length of others."""

_POINTS: Final = 257
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A process in a few numbers, for a uniform prior over the data ids.

    Attributes:
        half_time: time at which half of the information is left; None if there is no
            such time.
        final_information: share of the information left at t = 1; None if the graph is
            too large to compute it.
        final_alpha: alpha at t = 1.
        wasted_timesteps: number of wasted timesteps; None if the graph is too large.
    """

    half_time: float | None
    final_information: float | None
    final_alpha: float
    wasted_timesteps: int | None


@quiet
def summary(process: ForwardProcess) -> Summary:
    """Return the key figures."""
    final_alpha = float(process.alpha(1.0))
    graph = process.graph
    if graph.vocab_size > graph.MAX_INFORMATION_VOCAB:
        return Summary(
            half_time=None,
            final_information=None,
            final_alpha=final_alpha,
            wasted_timesteps=None,
        )
    curve = graph.information()
    start = curve.start

    def share(t: FloatArray) -> FloatArray:
        return curve.information(process.schedule.sigma(t))[0] / start

    is_matrix = isinstance(graph, MatrixGraph)
    t = np.linspace(0.0, 1.0, MATRIX_POINTS if is_matrix else _POINTS)
    left = share(t) if start > 0.0 else np.zeros_like(t)
    return Summary(
        half_time=_half_time(t, left, None if is_matrix else share),
        final_information=float(left[-1]),
        final_alpha=final_alpha,
        wasted_timesteps=wasted_timesteps(process),
    )


def _half_time(
    t: FloatArray,
    left: FloatArray,
    refine: Callable[[FloatArray], FloatArray] | None,
) -> float | None:
    """Return the first time at which the share is 0.5, interpolated."""
    below = np.flatnonzero(left <= 0.5)
    if not below.size:
        return None
    after = int(below[0])
    if after == 0:
        return 0.0
    if refine is not None:
        inside = np.linspace(t[after - 1], t[after], _POINTS)
        return _half_time(inside, refine(inside), None)
    # The share decreases, and np.interp needs ascending values.
    pair = slice(after - 1, after + 1)
    return float(np.interp(0.5, left[pair][::-1], t[pair][::-1]))


def differences(
    specifications: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return the parameters in which specifications differ.

    Args:
        specifications: canonical specifications by name.

    Returns:
        an entry for each parameter, such as ``schedule.beta_max``, with the values by
        name of the specifications that have the parameter.
    """
    flat = {name: dict(_leaves(spec, "")) for name, spec in specifications.items()}
    paths = dict.fromkeys(path for leaves in flat.values() for path in leaves)
    entries = []
    for path in paths:
        values = {name: leaves.get(path, _ABSENT) for name, leaves in flat.items()}
        first, *others = values.values()
        if any(other != first for other in others):
            present = {
                name: _shorten(value)
                for name, value in values.items()
                if value is not _ABSENT
            }
            entries.append({"path": path, "values": present})
    return entries


def _leaves(part: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _shorten(value: Any) -> Any:
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return f"a list of {len(value)} items"
    return value
