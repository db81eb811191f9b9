"""Weights of a row's loss in training, in the forms that training codes use."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from noising.engine.arrays import (
    AnyArray,
    FloatArray,
    as_array,
    bounded_integers,
    broadcast,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.parameters import nearest
from noising.engine.schedules import Schedule

_MOST_POSITIONS: Final = 1 << 60

DTYPES: Final = (np.dtype(np.float32), np.dtype(np.float64))
"""The types that weights are returned in."""


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """Return a type of weights.

    Raises:
        EngineError: it is neither float32 nor float64.
    """
    try:
        # NumPy reads None as float64.
        found = np.dtype(np.void if dtype is None else dtype)
    except TypeError:
        found = np.dtype(np.void)
    if found not in DTYPES:
        rule = "must be float32 or float64"
        raise EngineError("dtype", "unknown_dtype", rule, dtype)
    return found


def loss_weight(
    schedule: Schedule,
    graph: Graph,
    t: Any,
    form: str,
    *,
    has_hyperschedule: bool,
    moved: Any,
    eligible: Any,
    dtype: Any,
) -> Any:
    """Return the weights of losses; see `ForwardProcess.loss_weight`."""
    kind = check_dtype(dtype)
    if not isinstance(form, str) or form not in FORMS:
        hint = nearest(form, FORMS) if isinstance(form, str) else ""
        rule = f"must be one of {', '.join(FORMS)}"
        raise EngineError("form", "unknown_form", rule, form, hint)
    if form == "elbo" and has_hyperschedule:
        raise EngineError(
            "form",
            "noise_by_position",
            "must not be `elbo` with a `hyperschedule`, with which each position has "
            "its own weight",
            form,
            "use `flat`, `realised` or `count`",
        )
    times = time_array(t)
    if form in _OF_COUNTS:
        weight = _OF_COUNTS[form](*_check_counts(form, times, moved, eligible))
    else:
        for field, value in (("moved", moved), ("eligible", eligible)):
            if value is not None:
                rule = f"must not be given for the form `{form}`"
                way_out = "leave it out, or use the form `realised` or `count`"
                raise EngineError(field, "not_together", rule, value, way_out)
        weight = _OF_TIME[form](schedule, graph, times)
    return weight.astype(kind)[()]


def _elbo(schedule: Schedule, graph: Graph, times: FloatArray) -> FloatArray:
    if not graph.CROSS_ENTROPY:
        raise EngineError(
            "form",
            "not_a_cross_entropy",
            "must not be `elbo` for a `graph` whose weight depends on the tokens",
            "elbo",
            "use `nelbo_weight`, or the form `flat`, `realised` or `count`",
        )
    return schedule.cross_entropy_weight(times.reshape(-1)).reshape(times.shape)


def _flat(schedule: Schedule, graph: Graph, times: FloatArray) -> FloatArray:
    return np.ones_like(times)


def _check_counts(
    form: str, times: FloatArray, moved: Any, eligible: Any
) -> tuple[FloatArray, FloatArray]:
    """Return how many positions moved and were eligible, in the result's shape."""
    for field, other, value in (
        ("moved", "eligible", moved),
        ("eligible", "moved", eligible),
    ):
        if value is None:
            rule = f"must be given with `{other}` for the form `{form}`"
            raise EngineError(field, "missing", rule, None)
    counts = {
        "moved": _count(moved, "moved"),
        "eligible": _count(eligible, "eligible"),
    }
    if times.ndim == 2:  # a count of a row applies to all its positions
        counts = {
            field: count[:, None] if count.ndim == 1 else count
            for field, count in counts.items()
        }
    _, some, all_ = broadcast(t=times, **counts)
    if form == "realised" and (some > all_).any():
        rule = "must not exceed `eligible` for the form `realised`"
        received = int(some[some > all_].flat[0])
        raise EngineError("moved", "out_of_range", rule, received)
    return some.astype(np.float64), all_.astype(np.float64)


def _count(value: Any, field: str) -> AnyArray:
    """Return counts; a mask is counted along its last axis."""
    array = as_array(value)
    if array.dtype == np.bool_ and array.ndim:
        return np.asarray(np.count_nonzero(array, axis=-1))
    return bounded_integers(value, field, low=0, high=_MOST_POSITIONS)


def _realised(moved: FloatArray, eligible: FloatArray) -> FloatArray:
    return np.where(moved > 0.0, eligible / np.where(moved > 0.0, moved, 1.0), 0.0)


def _exact_count(moved: FloatArray, eligible: FloatArray) -> FloatArray:
    return _realised(np.minimum(moved, eligible), eligible)


_OF_TIME: Final[Mapping[str, Callable[[Schedule, Graph, FloatArray], FloatArray]]] = {
    "elbo": _elbo,
    "flat": _flat,
}
_OF_COUNTS: Final[Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]]] = {
    "realised": _realised,
    "count": _exact_count,
}
FORMS: Final = (*_OF_TIME, *_OF_COUNTS)
"""The forms of a weight: two of the time, two of counts of positions."""
