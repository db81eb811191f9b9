"""Which schedule fits measured changes best."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.audit.checks.levels import GROUPS, LevelCounts
from noising.engine import (
    SCHEDULE_TYPES,
    EngineError,
    ForwardProcess,
    build_process,
)
from noising.engine.arrays import FloatArray, quiet
from noising.engine.exact_tests import chi_square_tail
from noising.engine.parameters import Number

AS_GOOD: Final = 10.0
"""Fits whose scores differ by less cannot be told apart."""

_TINY: Final = 1e-12
_CONTRADICTS: Final = 1e-6
_INTERVAL: Final = 3.84  # of twice the log-likelihood, for one parameter
_ROUNDS: Final = 30
_GRID: Final = 9
_MOST_PARAMETERS: Final = 2
_NOT_TRIED: Final = ("custom", "sedd_entropy")
_STARTS: Final[Mapping[str, tuple[float, ...]]] = {
    "beta_min": (1e-6, 1e-2),
    "beta_max": (1e-3, 0.5),
    "s": (1e-4, 0.5),
    "epsilon": (1e-6, 0.5),
    "terminal_alpha": (1e-6, 0.5),
    "exponent": (0.1, 8.0),
    "sigma_min": (1e-6, 0.5),
    "sigma_max": (1.0, 100.0),
    "start": (-8.0, -0.5),
    "end": (0.5, 8.0),
    "p_uniform": (0.01, 0.5),
    "gamma": (0.25, 2.0),
}
"""Ranges in which the search for a parameter begins; it may leave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A law of alpha, and how well it fits.

    Attributes:
        name: what it is, such as ``schedule `cosine```.
        schedule: the schedule's specification, or None for a misuse of the claimed one.
        code: the finding that it explains, ``wrong_alpha`` for another schedule.
        score: twice the log-likelihood less log(n) for each fitted parameter.
        misfit: deviance of the counts in GROUPS parts of time, about their number for
            the true law.
        parts: number of these parts.
        free: number of parameters that were fitted.
    """

    name: str
    schedule: dict[str, Any] | None
    code: str
    score: float
    misfit: float
    parts: int
    free: int

    @property
    def agrees(self) -> bool:
        """Whether the data do not contradict the law."""
        return chi_square_tail(self.misfit, self.parts + self.parts % 2) > _CONTRADICTS

    @property
    def type(self) -> str | None:
        """The type of the schedule, or None for a misuse of the claimed one."""
        return None if self.schedule is None else str(self.schedule["type"])

    def as_dict(self) -> dict[str, Any]:
        """Return the fit as JSON values."""
        return {
            "name": self.name,
            "schedule": self.schedule,
            "score": self.score,
            "agrees": self.agrees,
        }


@quiet
def fit_schedules(process: ForwardProcess, counts: LevelCounts) -> list[Fit]:
    """Return the laws that fit the counts best, the best first.

    It tries every registered schedule at its defaults and with fitted parameters, and
    the usual misuses of the claimed one.

    Args:
        process: the claimed process, without a hyperschedule.
        counts: the counts in fine parts of time.

    Returns:
        The fits whose score is at most AS_GOOD below the best, those with the fewest
        fitted parameters first; empty where all tokens have one time.
    """
    used = counts.trials > 0
    if np.count_nonzero(used) < 4:
        return []
    data = _Data(process=process, counts=counts, used=used)
    fits = [*_misuses(data), *_schedules(data)]
    best = max(fit.score for fit in fits)
    near = [fit for fit in fits if fit.score >= best - AS_GOOD]
    plain = {fit.type for fit in near if not fit.free}
    near = [fit for fit in near if not fit.free or fit.type not in plain]
    return sorted(near, key=lambda fit: (fit.free, -fit.score))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    process: ForwardProcess
    counts: LevelCounts
    used: Any

    @property
    def time(self) -> FloatArray:
        return np.asarray(self.counts.time[self.used])

    def likelihood(self, alpha: FloatArray, own: FloatArray | float | None) -> float:
        """Return twice the log-likelihood of alphas at `time`."""
        chance = self._chance(alpha, own)
        changed = self.counts.changed[self.used]
        stayed = self.counts.trials[self.used] - changed
        logs = changed * np.log(chance) + stayed * np.log1p(-chance)
        total = float(logs.sum())
        return 2.0 * total if math.isfinite(total) else -math.inf

    def _chance(self, alpha: FloatArray, own: FloatArray | float | None) -> FloatArray:
        base = self.counts.own[self.used] if own is None else own
        return np.clip((1.0 - alpha) * (1.0 - base), _TINY, 1.0 - _TINY)

    def misfit(self, alpha: FloatArray, own: FloatArray | float | None) -> float:
        """Return the deviance of the counts in GROUPS parts of time."""
        chance = np.zeros(self.used.size)
        chance[self.used] = self._chance(alpha, own)

        def join(values: FloatArray) -> FloatArray:
            return np.asarray(values.reshape(GROUPS, -1).sum(axis=1))

        trials, changed = join(self.counts.trials), join(self.counts.changed)
        expected = join(chance * self.counts.trials)
        deviance = 0.0
        for found, mean in ((changed, expected), (trials - changed, trials - expected)):
            some = found > 0
            ratio = found[some] / np.maximum(mean[some], _TINY)
            deviance += float((found[some] * np.log(ratio)).sum())
        return 2.0 * deviance

    @property
    def parts(self) -> int:
        """The number of the GROUPS parts of time that hold tokens."""
        return int((self.counts.trials.reshape(GROUPS, -1).sum(axis=1) > 0).sum())

    def fit(
        self,
        name: str,
        alpha: FloatArray,
        *,
        code: str = "wrong_alpha",
        schedule: dict[str, Any] | None = None,
        own: FloatArray | float | None = None,
        free: int = 0,
    ) -> Fit:
        """Return the fit of alphas at `time`."""
        penalty = free * math.log(max(float(self.counts.trials.sum()), 1.0))
        return Fit(
            name=name,
            schedule=schedule,
            code=code,
            score=self.likelihood(alpha, own) - penalty,
            misfit=self.misfit(alpha, own),
            parts=self.parts,
            free=free,
        )


def _misuses(data: _Data) -> Iterator[Fit]:
    """Yield fits of the usual misuses of the claimed schedule."""
    process, t = data.process, data.time
    alpha, total = process.alpha(t), 1.0 / process.num_timesteps

    def misuse(code: str, name: str, alphas: Any, **more: Any) -> Fit:
        return data.fit(name, np.asarray(alphas, np.float64), code=code, **more)

    yield misuse(
        "time_reversed", "the specification's alpha(1 - t)", process.alpha(1.0 - t)
    )
    yield misuse(
        "total_noise_trap",
        "the noise of one step, sigma(t) - sigma(t - 1/T), as the total",
        np.exp(process.sigma(np.maximum(t - total, 0.0)) - process.sigma(t)),
    )
    rate = process.dsigma(t)
    yield misuse("total_noise_trap", "dsigma(t) as the total noise", np.exp(-rate))
    yield misuse(
        "total_noise_trap", "dsigma(t)/T as the total noise", np.exp(-rate * total)
    )
    counts = data.counts
    even = float(counts.changed.sum() / counts.trials.sum())
    even /= max(1.0 - float(counts.own[data.used].mean()), _TINY)
    even = min(even, 1.0)
    yield misuse(
        "schedule_ignored",
        f"the same alpha, {1.0 - even:.4g}, at every time",
        np.full(t.shape, 1.0 - even),
        free=1,
    )
    if counts.own[data.used].mean() > _TINY:
        yield misuse(
            "own_token_excluded",
            "the specification's alpha, with replacements that are never the token "
            "itself",
            alpha,
            own=0.0,
        )
    yield misuse("wrong_alpha", "the square of the specification's alpha", alpha**2)
    yield misuse("wrong_alpha", "the root of the specification's alpha", alpha**0.5)
    yield misuse("wrong_alpha", "1 - alpha in place of alpha", 1.0 - alpha)
    yield misuse(
        "wrong_alpha",
        "1 - sigma(t) as alpha",
        1.0 - np.minimum(process.sigma(t), 1.0),
    )
    for shift in (-1, 1):
        yield misuse(
            "wrong_alpha",
            f"the specification's alpha one step {'early' if shift < 0 else 'late'}",
            process.alpha(np.clip(t - shift * total, 0.0, 1.0)),
        )


def _schedules(data: _Data) -> Iterator[Fit]:
    """Yield fits of the registered schedules, at defaults and with parameters."""
    for kind, schedule_class in SCHEDULE_TYPES.items():
        if kind in _NOT_TRIED:
            continue
        curve = _curve_of(data.process, kind)
        plain = curve({}, data.time)
        if plain is not None:
            yield data.fit(f"schedule `{kind}`", plain, schedule={"type": kind})
        numbers = [
            name
            for name, parameter in schedule_class.PARAMETERS.items()
            if isinstance(parameter, Number) and name in _STARTS
        ][:_MOST_PARAMETERS]
        if numbers:
            yield from _fitted(data, kind, numbers, curve)


Curve = Callable[[Mapping[str, float], FloatArray], FloatArray | None]


def _curve_of(process: ForwardProcess, kind: str) -> Curve:
    """Return the function from parameters and times to alphas."""
    spec = {
        "vocab_size": 4,
        "num_timesteps": process.num_timesteps,
        "graph": {"type": "gidd"} if kind == "gidd" else {"type": "absorbing"},
    }

    def find_alpha(values: Mapping[str, float], time: FloatArray) -> FloatArray | None:
        try:
            own = build_process({**spec, "schedule": {"type": kind, **values}})
        except EngineError:
            return None
        return np.asarray(own.alpha(time))

    return find_alpha


def _fitted(data: _Data, kind: str, names: list[str], curve: Curve) -> Iterator[Fit]:
    """Yield the fit of a schedule whose parameters are searched for.

    A grid gives the start; then each parameter is moved by steps that halve.
    """

    def score(values: tuple[float, ...]) -> float:
        alpha = curve(dict(zip(names, values, strict=True)), data.time)
        return -math.inf if alpha is None else data.likelihood(alpha, None)

    axes = [_axis(*_STARTS[name]) for name in names]
    best = max(itertools.product(*axes), key=score)
    top = score(best)
    if not math.isfinite(top):
        return
    step = 0.5
    for _ in range(_ROUNDS):
        improved = False
        for place, sign in itertools.product(range(len(names)), (-1, 1)):
            moved = list(best)
            moved[place] = _move(best[place], sign * step)
            value = score(tuple(moved))
            if value > top + 1e-9:
                best, top, improved = tuple(moved), value, True
        if not improved:
            step *= 0.5
    rounded = _round(best, top, score)
    values = dict(zip(names, rounded, strict=True))
    alpha = curve(values, data.time)
    if alpha is not None:
        shown = ", ".join(f"{name} {value:g}" for name, value in values.items())
        yield data.fit(
            f"schedule `{kind}` with {shown}",
            alpha,
            schedule={"type": kind, **values},
            free=len(names),
        )


def _axis(low: float, high: float) -> list[float]:
    if low * high > 0.0:
        sign = math.copysign(1.0, low)
        return [float(sign * v) for v in np.geomspace(abs(low), abs(high), _GRID)]
    return [float(value) for value in np.linspace(low, high, _GRID)]


def _move(value: float, step: float) -> float:
    return value * math.exp(step)


def _round(
    values: tuple[float, ...], top: float, score: Callable[[tuple[float, ...]], float]
) -> tuple[float, ...]:
    """Return the roundest parameters within the interval of 95 %."""
    for digits in range(1, 7):
        rounded = tuple(float(f"{value:.{digits}g}") for value in values)
        if score(rounded) >= top - _INTERVAL:
            return rounded
    return values
