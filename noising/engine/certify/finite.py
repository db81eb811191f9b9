"""A test that exact quantities of possible tokens are finite numbers.

The identities use a few times at which noise is finite. This test uses the ends of
time and the timesteps at which a quotient may be undefined: where no token has moved,
where no information is left, and next to both.
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

_SMALL: Final = (1e-305, 1e-16, 1e-3)
_SHARES: Final = (0.0, 0.5, 0.9, 1.0)
_FEW_TIMES: Final = 6  # number of times if each costs a matrix or much memory
_LARGE: Final = 1e300  # products of larger noise levels and rates may overflow


@quiet
def finite_quantities(process: ForwardProcess) -> Evidence:
    """Find quantities that are NaN, or infinite without a reason.

    These may be infinite: total noise and quotients by alpha at t = 1, or from the
    time on at which a table is infinite; quotients by probabilities close to the
    smallest float64; the divergence from a limit that excludes some states.
    """
    times = _choose_times(process)
    failures: dict[str, float] = {}
    count = 0
    for name, at, values, wrong in _evaluate(process, times):
        count += values.size
        if wrong.any():
            failures.setdefault(name, float(at[np.argwhere(wrong)[0][0]]))
    measured = f"{count} values at {times.size} times"
    if failures:
        places = [f"{name} at t = {t:.6g}" for name, t in failures.items()]
        measured = f"not finite: {', '.join(places)}"
    status: Status = "failed" if failures else "ok"
    return Evidence(name="finite", measured=measured, status=status)


def _choose_times(process: ForwardProcess) -> FloatArray:
    """Return both ends of time, a few timesteps and times next to them."""
    steps = process.num_timesteps
    picks = {round(share * (steps - 1)) for share in _SHARES} | {max(steps - 2, 0)}
    infinite = np.flatnonzero(np.isinf(process.sigmas))
    if infinite.size:
        picks |= {max(int(infinite[0]) - 1, 0), int(infinite[0])}
    grid = process.time(np.array(sorted(picks)))
    close = [np.nextafter(grid, 0.0), np.nextafter(grid, 1.0), grid - 0.5 / steps]
    times = np.unique(np.concatenate([[0.0], _SMALL, grid, *close]))
    times = times[times <= 1.0]
    is_costly = isinstance(process.graph, MatrixGraph)
    if is_costly or process.num_states > MANY_STATES:
        few = np.linspace(0, times.size - 1, _FEW_TIMES).astype(np.int64)
        times = times[few]
    return times


def _evaluate(
    process: ForwardProcess, times: FloatArray
) -> Iterator[tuple[str, FloatArray, FloatArray, BoolArray]]:
    """Yield the name, times, values and faults (True where wrong) of quantities."""
    sigma, dsigma = process.sigma(times), process.dsigma(times)
    too_early = np.isinf(sigma) & (times < 1.0) & (not process.schedule.is_table)
    yield "sigma", times, sigma, np.isnan(sigma) | too_early
    yield "dsigma", times, dsigma, np.isnan(dsigma) | (np.isinf(dsigma) & too_early)
    snr = process.log_snr(times)
    yield "log_snr", times, snr, np.isnan(snr)
    for name in ("alpha", "move_chance"):
        values = getattr(process, name)(times)
        yield name, times, values, ~np.isfinite(values)
    for name in ("mutual_information", "conditional_entropy", "change_chance"):
        try:
            values = getattr(process, name)(times)
        except EngineError:  # the check `information` reports the reason
            continue
        yield name, times, values, ~np.isfinite(values)
    divergence = process.kl_to_limit(times)
    yield "kl_to_limit", times, divergence, np.isnan(divergence)
    moderate = (sigma < _LARGE) & (dsigma < _LARGE)
    earlier = np.concatenate([[0.0], times[:-1]])
    for s, t, is_moderate in zip(earlier, times, moderate, strict=True):
        for name, values, wrong in _evaluate_pairs(process, s, t, bool(is_moderate)):
            yield name, np.array([t]), values, wrong[None]


def _evaluate_pairs(
    process: ForwardProcess, s: float, t: float, is_moderate: bool
) -> Iterator[tuple[str, FloatArray, BoolArray]]:
    """Yield quantities of pairs (x_t, x_0): name, values and faults."""
    x0 = clean_tokens(process)[0]
    states = _states(process, x0)
    chances = process.marginal(x0, t)
    yield "marginal", chances, ~np.isfinite(chances)
    possible = chances[states] > 0.0
    ordinary = (chances[states] > LEAST_CHANCE) & is_moderate

    def is_wrong(values: FloatArray) -> BoolArray:
        bad = np.where(ordinary, ~np.isfinite(values), np.isnan(values))
        return np.asarray(bad & possible)

    ratio = process.score_ratio(states, x0, t).sum(axis=-1)
    yield "score_ratio", ratio, is_wrong(ratio)
    if process.sigma(t) > process.graph.largest_noise:
        return  # such noise has no rates
    loss = process.score_entropy(np.zeros(process.num_states), states, x0, t)
    yield "score_entropy", loss, is_wrong(loss)
    if not isinstance(process.graph, MatrixGraph):
        weight = process.nelbo_weight(states, x0, t)
        yield "nelbo_weight", weight, is_wrong(weight)
    if not process.timeline.falls:
        rows = process.kernel(states, s, t)
        yield "kernel", rows, ~np.isfinite(rows)
        shares = process.posterior(states, x0, s, t)
        yield "posterior", shares, ~np.isfinite(shares) & possible[:, None]


def _states(process: ForwardProcess, x0: int) -> IntArray:
    """Return the clean token, another one if there is one, and the mask if any."""
    states = {x0, *clean_tokens(process)[:2]}
    if process.mask_id is not None:
        states.add(process.mask_id)
    return np.array(sorted(states))
