"""The base classes of schedules.

A schedule gives total noise sigma(t) and its rate, or alpha and its rate; everything
else follows.
"""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information import InformationCurve, minus_log
from noising.engine.parameters import Interval, Number, Parameter

TIME_RANGE: Final = Interval(
    default=[0.0, 1.0],
    item=Number(low=0.0, high=1.0, help="a time"),
    help="the part [low, high] of the schedule that t in [0, 1] runs through",
    hides_default=True,
)
"""The parameter `time_range`, which every schedule takes; see `Schedule.within`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a schedule may need to know about its noise process.

    Attributes:
        num_timesteps: T, the number of steps of a schedule given on a grid.
        information: returns the information curve of the process's graph for a token
            prior, (V,), or for the graph's default prior if that is None.
    """

    num_timesteps: int
    information: Callable[[FloatArray | None], InformationCurve]


class Schedule(abc.ABC):
    """Total noise as a function of time.

    A subclass defines `sigma` and `dsigma`; alpha, the move chance and the log-SNR
    follow. Times and results are float64 arrays of the same shape with at least one
    axis. Times lie in [0, 1]. Results may be infinite.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule of checked `parameters`, without `time_range`.

        Raises:
            EngineError: the parameters contradict each other or the context.
        """

    @abc.abstractmethod
    def sigma(self, t: FloatArray) -> FloatArray:
        """Return total noise, in [0, inf]."""

    @abc.abstractmethod
    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return the rate d sigma / dt, in [0, inf]."""

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return alpha = exp(-sigma), in [0, 1]."""
        return np.exp(-self.sigma(t))

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return 1 - alpha = -expm1(-sigma), exact where it is small."""
        return -np.expm1(-self.sigma(t))

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return -alpha'/(1 - alpha) = dsigma/expm1(sigma), in [0, inf]."""
        sigma = self.sigma(t)
        alpha = np.exp(-sigma)
        # Where alpha is 0 it cannot fall any more, however fast sigma grows.
        return np.where(alpha > 0.0, self.dsigma(t) * alpha / -np.expm1(-sigma), 0.0)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return sigma(t) - sigma(s) >= 0 for s < t; infinite where sigma(s) is.

        Schedules override it where a formula is more accurate: the difference of two
        close values has few correct digits.
        """
        before = self.sigma(s)
        rise = np.maximum(self.sigma(t) - before, 0.0)  # negative only by rounding
        return np.where(np.isinf(before), np.inf, rise)

    @property
    def is_table(self) -> bool:
        """Whether sigma is linear between the points of a grid."""
        return False

    def falls(self, low: float = 0.0, high: float = 1.0) -> bool:
        """Return whether sigma is defined to decrease between two times.

        Only a user's table can be.
        """
        return False

    def within(self, low: float, high: float) -> "Schedule":
        """Return the schedule whose sigma at t is this one's at low + (high - low)·t.

        Args:
            low: the start of the part, 0 <= low < high.
            high: its end, at most 1.
        """
        return RangedSchedule(whole=self, low=low, high=high)

    def log_snr(self, t: FloatArray) -> FloatArray:
        """Return log(alpha/(1 - alpha)) = -log expm1(sigma), in [-inf, inf]."""
        return -self.sigma(t) - np.log(self.move_chance(t))


class AlphaSchedule(Schedule):
    """A schedule whose primitives are alpha, 1 - alpha and d(1 - alpha)/dt.

    alpha and 1 - alpha are computed separately, so that each keeps its digits where
    it is small.
    """

    @abc.abstractmethod
    def alpha(self, t: FloatArray) -> FloatArray:
        """Return alpha, in [0, 1]."""

    @abc.abstractmethod
    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return 1 - alpha."""

    @abc.abstractmethod
    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return d(1 - alpha)/dt, >= 0."""

    @abc.abstractmethod
    def lost_share(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return 1 - alpha(t)/alpha(s) for s <= t, exact where the times are close.

        NaN where alpha(s) = 0.
        """

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return -log(1 - lost share), or the difference where that is large."""
        lost = self.lost_share(s, t)
        is_close = lost < 0.5
        close = -np.log1p(-np.where(is_close, lost, 0.0))
        return np.where(is_close, close, super().added(s, t))

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return -log alpha, computed from 1 - alpha where alpha is near 1."""
        return minus_log(self.move_chance(t), self.alpha(t))

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return d(1 - alpha)/dt / (1 - alpha), finite where alpha = 0."""
        moved = self.move_chance(t)
        rate = self.move_rate(t) / np.where(moved > 0.0, moved, 1.0)
        return np.where(moved > 0.0, rate, np.inf)

    def log_snr(self, t: FloatArray) -> FloatArray:
        """Return log alpha - log(1 - alpha)."""
        return np.log(self.alpha(t)) - np.log(self.move_chance(t))

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return d(1 - alpha)/dt / alpha; infinite where alpha = 0."""
        alpha = self.alpha(t)
        rate = self.move_rate(t) / np.where(alpha > 0.0, alpha, 1.0)
        return np.where(alpha > 0.0, rate, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangedSchedule(Schedule):
    """The part of a schedule between two times, stretched to [0, 1].

    Attributes:
        whole: the schedule.
        low: the time of `whole` at t = 0.
        high: the time of `whole` at t = 1.
    """

    whole: Schedule
    low: float
    high: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Raise an error: `Schedule.within` makes it from another schedule."""
        raise TypeError("use `Schedule.within`")

    @property
    def is_table(self) -> bool:
        """Whether the whole schedule is a table."""
        return self.whole.is_table

    @property
    def width(self) -> float:
        """The length of the part, by which rates are multiplied."""
        return self.high - self.low

    def times(self, t: FloatArray) -> FloatArray:
        """Return low + (high - low)·t, which never falls and ends at high."""
        inside = np.minimum(self.low + self.width * t, self.high)
        return np.where(t == 1.0, self.high, inside)

    def steps(
        self, s: FloatArray, t: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the times of steps from s to t, and a factor for what a step adds.

        Times are rounded, so that those of a short step are too far apart or too close:
        by the factor its length is (high - low)·(t - s) again. Times that would be
        rounded to the same are moved apart.
        """
        end = self.times(t)
        start = np.minimum(self.times(s), np.nextafter(end, 0.0))
        length = end - start
        factor = self.width * (t - s) / np.where(length > 0.0, length, 1.0)
        return start, end, factor

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's sigma."""
        return self.whole.sigma(self.times(t))

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's rate, times high - low."""
        return self.width * self.whole.dsigma(self.times(t))

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's alpha."""
        return self.whole.alpha(self.times(t))

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's move chance."""
        return self.whole.move_chance(self.times(t))

    def log_snr(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's log-SNR."""
        return self.whole.log_snr(self.times(t))

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return the whole schedule's weight, times high - low."""
        return self.width * self.whole.cross_entropy_weight(self.times(t))

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return what the whole schedule adds, times the factor of `steps`."""
        start, end, factor = self.steps(s, t)
        return np.where(start < end, factor * self.whole.added(start, end), 0.0)

    def falls(self, low: float = 0.0, high: float = 1.0) -> bool:
        """Return whether the whole schedule falls in this part."""
        ends = self.low + self.width * low, self.low + self.width * high
        return self.whole.falls(*ends)
