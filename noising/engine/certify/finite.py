"""Every exact quantity is a number wherever the tokens asked about are possible.

The other identities look at a few moments at which noise is finite. This check looks at
the ends of time and at the timesteps where a quotient may lose its meaning: where
nothing has moved, where nothing is left, and beside both.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, quiet
from noising.engine.certify.certificate import Evidence, Status
from noising.engine.certify.moments import LEAST_CHANCE, MANY_STATES, clean_tokens
from noising.engine.errors import EngineError
from noising.engine.graphs import MatrixGraph
from noising.engine.process import ForwardProcess
from noising.engine.schedules.grid import GridSchedule

_SMALL: Final = (1e-305, 1e-16, 1e-3)
_SHARES: Final = (0.0, 0.5, 0.9, 1.0)
_FEW_TIMES: Final = 6  # where each costs a matrix, or much memory
_LARGE: Final = 1e300  # noise and rates from which on products may overflow


@quiet
def finite_quantities(process: ForwardProcess) -> Evidence:
    """Look for what is not a number, or infinite without reason.

    Infinite may be: total noise and what is divided by alpha at t = 1, or from where on
    a table says so; a quotient by a chance that float64 can hardly hold; the divergence
    from a limit that some states are not in.
    """
    times = _times(process)
    found: dict[str, float] = {}
    count = 0
    for name, at, values, wrong in _looked_at(process, times):
        count += values.size
        if wrong.any():
            found.setdefault(name, float(at[np.argwhere(wrong)[0][0]]))
    measured = f"{count} values at {times.size} times"
    if found:
        places = [f"{name} at t = {t:.6g}" for name, t in found.items()]
        measured = f"not finite: {', '.join(places)}"
    status: Status = "failed" if found else "ok"
    return Evidence(name="finite", measured=measured, status=status)


def _times(process: ForwardProcess) -> FloatArray:
    """Return both ends, a few timesteps, the last intervals, and times beside them."""
    steps = process.num_timesteps
    picks = {round(share * (steps - 1)) for share in _SHARES} | {max(steps - 2, 0)}
    endless = np.flatnonzero(np.isinf(process.sigmas))
    if endless.size:
        picks |= {max(int(endless[0]) - 1, 0), int(endless[0])}
    grid = process.time(np.array(sorted(picks)))
    beside = [np.nextafter(grid, 0.0), np.nextafter(grid, 1.0), grid - 0.5 / steps]
    times = np.unique(np.concatenate([[0.0], _SMALL, grid, *beside]))
    times = times[times <= 1.0]
    is_costly = isinstance(process.graph, MatrixGraph)
    if is_costly or process.num_states > MANY_STATES:
        few = np.linspace(0, times.size - 1, _FEW_TIMES).astype(np.int64)
        times = times[few]
    return times


def _looked_at(
    process: ForwardProcess, times: FloatArray
) -> Iterator[tuple[str, FloatArray, FloatArray, BoolArray]]:
    """Yield quantities by name, with times, values and where these are wrong."""
    sigma, dsigma = process.sigma(times), process.dsigma(times)
    is_table = isinstance(process.schedule, GridSchedule)
    endless = np.isinf(sigma) & (times < 1.0) & (not is_table)
    yield "sigma", times, sigma, np.isnan(sigma) | endless
    yield "dsigma", times, dsigma, np.isnan(dsigma) | (np.isinf(dsigma) & endless)
    snr = process.log_snr(times)
    yield "log_snr", times, snr, np.isnan(snr)
    for name in ("alpha", "move_chance"):
        values = getattr(process, name)(times)
        yield name, times, values, ~np.isfinite(values)
    for name in ("mutual_information", "conditional_entropy", "change_chance"):
        try:
            values = getattr(process, name)(times)
        except EngineError:  # the check `information` says why
            continue
        yield name, times, values, ~np.isfinite(values)
    divergence = process.kl_to_limit(times)
    yield "kl_to_limit", times, divergence, np.isnan(divergence)
    moderate = (sigma < _LARGE) & (dsigma < _LARGE)
    earlier = np.concatenate([[0.0], times[:-1]])
    for s, t, is_moderate in zip(earlier, times, moderate, strict=True):
        for name, values, wrong in _of_pairs(process, s, t, bool(is_moderate)):
            yield name, np.array([t]), values, wrong[None]


def _of_pairs(
    process: ForwardProcess, s: float, t: float, is_moderate: bool
) -> Iterator[tuple[str, FloatArray, BoolArray]]:
    """Yield what is conditioned on x_t, at the pairs (x_t, x_0) that are possible."""
    x0 = clean_tokens(process)[0]
    states = _states(process, x0)
    chances = process.marginal(x0, t)
    yield "marginal", chances, ~np.isfinite(chances)
    possible = chances[states] > 0.0
    ordinary = (chances[states] > LEAST_CHANCE) & is_moderate

    def wrong(values: FloatArray) -> BoolArray:
        bad = np.where(ordinary, ~np.isfinite(values), np.isnan(values))
        return np.asarray(bad & possible)

    ratio = process.score_ratio(states, x0, t).sum(axis=-1)
    yield "score_ratio", ratio, wrong(ratio)
    loss = process.score_entropy(np.zeros(process.num_states), states, x0, t)
    yield "score_entropy", loss, wrong(loss)
    if not isinstance(process.graph, MatrixGraph):
        weight = process.nelbo_weight(states, x0, t)
        yield "nelbo_weight", weight, wrong(weight)
    if not process.timeline.falls:
        rows = process.kernel(states, s, t)
        yield "kernel", rows, ~np.isfinite(rows)
        shares = process.posterior(states, x0, s, t)
        yield "posterior", shares, ~np.isfinite(shares) & possible[:, None]


def _states(process: ForwardProcess, x0: int) -> IntArray:
    """Return the clean token, another one and the mask, as far as there are any."""
    states = {x0, *clean_tokens(process)[:2]}
    if process.mask_id is not None:
        states.add(process.mask_id)
    return np.array(sorted(states))
