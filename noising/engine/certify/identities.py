"""Tests that exact quantities agree with each other, up to rounding."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.engine.arrays import quiet
from noising.engine.certify.certificate import Evidence, Status
from noising.engine.certify.finite import finite_quantities
from noising.engine.certify.moments import IDENTITIES, Moment, clean_tokens
from noising.engine.errors import EngineError
from noising.engine.process import ForwardProcess
from noising.engine.registry import build_process
from noising.engine.slopes import LARGEST_RATE_ERROR, rate_errors, sigma_slopes
from noising.engine.timeline import LARGEST_FALL

PAIRS: Final = ((0.0, 0.013), (0.21, 0.63), (0.63, 0.987))
"""Times s < t, as shares of the last time at which noise is finite."""

MIDDLES: Final = np.array([0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
"""Rates are compared with slopes in the middle of the intervals at these times."""

ABSENT: Final = frozenset({"no_kernel", "not_rank_one", "sigma_decreases", "too_large"})
"""Codes of the errors that mean that a process does not have the quantity."""


def identities(process: ForwardProcess) -> Iterator[Evidence]:
    """Yield the result of every identity; those that do not apply are skipped."""
    yield _round_trip(process)
    yield _sigma_rises(process)
    yield _alpha(process)
    yield _rate_of_noise(process)
    yield _information(process)
    worst = dict.fromkeys(IDENTITIES, 0.0)
    absent: dict[str, str] = {}
    for moment in _moments(process):
        for name, (identity, _) in IDENTITIES.items():
            if name in absent:
                continue
            try:
                value = identity(moment)
            except EngineError as error:
                absent[name] = _reason(error)
            else:  # np.maximum keeps NaN, unlike max(), so that NaN fails the check
                worst[name] = float(np.maximum(worst[name], value))
    for name, (_, tolerance) in IDENTITIES.items():
        if name in absent:
            yield Evidence(name=name, measured=absent[name], status="skipped")
        else:
            yield _within(name, worst[name], tolerance)
    yield finite_quantities(process)


def _reason(error: EngineError) -> str:
    """Return why a process does not have a quantity.

    Raises:
        EngineError: the error has another cause.
    """
    if error.code not in ABSENT:
        raise error
    return str(error)


def _within(name: str, worst: float, tolerance: float) -> Evidence:
    return Evidence(
        name=name,
        measured=f"largest deviation {worst:.2g}, at most {tolerance:g}",
        status="ok" if worst <= tolerance else "failed",
    )


def _moments(process: ForwardProcess) -> Iterator[Moment]:
    tokens = clean_tokens(process)
    end = _last_finite_time(process)
    for s, t in PAIRS:
        for x0 in tokens:
            other = next((token for token in tokens if token != x0), x0)
            yield Moment.of(process, x0, other, s=s * end, t=t * end)


def _last_finite_time(process: ForwardProcess) -> float:
    """Return the time of the last timestep before noise is infinite, or 1."""
    if math.isfinite(process.sigma(PAIRS[-1][1])):
        return 1.0
    return float(np.argmax(np.isinf(process.sigmas)) / process.num_timesteps)


def _round_trip(process: ForwardProcess) -> Evidence:
    again = build_process(process.spec)
    same = (again.spec, again.fingerprint) == (process.spec, process.fingerprint)
    return Evidence(
        name="specification",
        measured="a process built from it has the same canonical form and fingerprint"
        if same
        else "a process built from it has another canonical form",
        status="ok" if same else "failed",
    )


@quiet
def _sigma_rises(process: ForwardProcess) -> Evidence:
    """Check that sigma never falls, neither at timesteps nor between them."""
    grid = np.concatenate([[0.0], process.time(np.arange(process.num_timesteps))])
    after = np.nextafter(grid[:-1], 1.0)
    times = np.sort(np.concatenate([grid, after, 0.5 * (grid[1:] + grid[:-1])]))
    sigma = process.sigma(times)
    falls = np.flatnonzero(~(sigma[1:] >= sigma[:-1] * (1.0 - LARGEST_FALL)))
    measured = f"never falls at {times.size} times"
    if falls.size:
        first = times[falls[0] + 1]
        measured = f"falls {falls.size} times, first at t = {first:.6g}"
    status: Status = "failed" if falls.size or sigma[0] < 0.0 else "ok"
    return Evidence(name="sigma_rises", measured=measured, status=status)


@quiet
def _alpha(process: ForwardProcess) -> Evidence:
    """Check that alpha and the move chance add up to 1, and alpha = exp(-sigma)."""
    times = np.concatenate([[0.0], np.ravel(PAIRS), [1.0]])
    alpha = process.alpha(times)
    whole = np.abs(alpha + process.move_chance(times) - 1.0)
    of_sigma = np.abs(alpha - np.exp(-process.sigma(times)))
    return _within("alpha", float(np.max([whole, of_sigma])), 1e-14)


@quiet
def _rate_of_noise(process: ForwardProcess) -> Evidence:
    """Compare dsigma with fourth-order differences of sigma inside intervals."""
    steps = process.num_timesteps
    if process.spec["schedule"].get("rates") is not None:
        # The first interval is checked only if there is no other: it may begin steeply.
        intervals = np.unique(np.maximum(np.floor(MIDDLES * steps), min(1, steps - 1)))
        error = rate_errors(process, intervals.astype(np.int64))
        return _within("dsigma", float(error.max()), LARGEST_RATE_ERROR)
    middle = (np.floor(MIDDLES * steps) + 0.5) / steps
    # The step width stays inside the interval and is small compared with the distance
    # to the ends of time, where rates may diverge ...
    h = np.minimum(0.1 / steps, 1e-3 * np.minimum(middle, 1.0 - middle))
    # ... and with the time in which sigma grows by a factor.
    rate = process.dsigma(middle)
    h = np.fmin(h, 1e-2 * process.sigma(middle) / rate)
    slope = sigma_slopes(process, middle, h)
    finite = np.isfinite(slope)
    slope, rate = slope[finite], rate[finite]
    scale = np.maximum(np.abs(slope), 1e-6 * np.abs(slope).max(initial=1e-290))
    error = np.abs(rate - slope) / np.where(scale > 0.0, scale, 1.0)
    return _within("dsigma", float(error.max(initial=0.0)), 1e-6)


def _information(process: ForwardProcess) -> Evidence:
    """Check that I(x_t; x_0) + H(x_0 | x_t) = H(x_0) for the uniform prior."""
    times = np.array([s for s, _ in PAIRS] + [PAIRS[-1][1], 1.0])
    total = math.log(process.vocab_size - int(process.graph.mask_inside))
    try:
        both = process.mutual_information(times) + process.conditional_entropy(times)
    except EngineError as error:
        reason = _reason(error)
        return Evidence(name="information", measured=reason, status="skipped")
    deviation = np.abs(both - total).max() / (total or 1.0)
    return _within("information", float(deviation), 1e-10)
