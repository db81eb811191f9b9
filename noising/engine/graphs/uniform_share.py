"""How the noise of the mixture graph is shared between uniform noise and masks.

A share r is the part of the resampled mass that is uniform; 1 - r is masked. With
w = (1 - alpha)/alpha = expm1(sigma) the resampled mass over alpha is U = w·r for
uniform noise and M = w·(1-r) for masks. A step from sigma_s to sigma_t adds
alpha_t·(U_t - U_s) of uniform noise. So there is a transition kernel if and only if
neither U nor M falls, and dU/dw is the part of the rate of noise that resamples.

The share is a function of total noise, like everything that a graph knows, so that
positions with noise of their own have the share of the time at which the schedule has
as much.
"""

import abc
import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, quiet
from noising.engine.errors import EngineError
from noising.engine.graphs.step import Step
from noising.engine.parameters import REQUIRED, Number, Numbers, Parameter, parse_typed

Parts: TypeAlias = tuple[FloatArray, FloatArray]
"""The uniform part and the masked part, which add up to 1; neither is computed as the
complement of the other, so that each keeps its digits where it is small."""

LARGEST_FALL: Final = 1e-9
"""Relative decrease of U or M between timesteps that counts as rounding of a table."""


class UniformShare(abc.ABC):
    """The share of uniform noise as a function of total noise.

    sigma and the results are arrays of the same shape.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the share of checked `parameters`."""

    @property
    @abc.abstractmethod
    def largest_noise(self) -> float:
        """Total noise beyond which U or M falls, so that no step has a kernel."""

    @abc.abstractmethod
    def split(self, sigma: FloatArray) -> Parts:
        """Return r and 1 - r."""

    @abc.abstractmethod
    def split_rate(self, sigma: FloatArray) -> Parts:
        """Return dU/dw and dM/dw; one of them is negative beyond `largest_noise`."""

    @abc.abstractmethod
    def split_step(self, step: Step) -> Parts:
        """Return the parts of the noise that a step up to `largest_noise` adds."""

    def bind(self, timeline: Any) -> Self:
        """Return the share for a timeline; by default it does not depend on it."""
        return self

    @property
    def is_bound(self) -> bool:
        """Whether the share is known without `bind`, or was bound."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSnrShare(UniformShare):
    """r = sigmoid(scale·log-SNR + shift), log-SNR = log(alpha/(1 - alpha)).

    With a scale in [-1, 1] neither U nor M ever falls. Otherwise one of them does from
    the noise on at which its part p of the resampled mass is less than 1 - 1/|scale|.
    Source: gidd-easydel (von Ruette et al. 2025), HybridMixingDistribution.

    Attributes:
        scale: steepness; if positive, noise ends with masks, else with uniform noise.
        shift: r is sigmoid(shift) where alpha = 1/2.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "scale": Number(default=1.0, help="factor of the log-SNR"),
        "shift": Number(default=0.0, help="number added to the scaled log-SNR"),
    }
    scale: float
    shift: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the share."""
        return cls(scale=parameters["scale"], shift=parameters["shift"])

    @property
    def largest_noise(self) -> float:
        """The noise at which the falling part is 1 - 1/|scale|, infinite without."""
        if self._steepness <= 1.0:
            return math.inf
        least_logit = math.log(self._steepness - 1.0)
        log_odds = (self._falling_shift - least_logit) / self._steepness
        return float(np.logaddexp(0.0, log_odds))

    def split(self, sigma: FloatArray) -> Parts:
        """Return r and 1 - r."""
        return self._order(*self._split_falling(sigma))

    def split_rate(self, sigma: FloatArray) -> Parts:
        """Return p·(1 - |scale|·(1-p)) of the falling part, (1-p)·(1 + |scale|·p)."""
        falling, rising = self._split_falling(sigma)
        steepness = self._steepness
        flat = (1.0 - steepness) + steepness * falling
        return self._order(falling * flat, rising * (1.0 + steepness * falling))

    def split_step(self, step: Step) -> Parts:
        """Return (U_t - U_s)/(w_t - w_s) and (M_t - M_s)/(w_t - w_s).

        With f = w_s/w_t and the falling part p, which is p_s and p_t at the ends, that
        of the step is p_t·(p_s·f^(1-a)·(1 - f^a) + 1 - f^(1-a))/(1-f), a = |scale|: a
        sum of terms >= 0 for a <= 1.
        """
        before, _ = self._split_falling(step.sigma_s)
        after, rising = self._split_falling(step.sigma_t)
        gap, log_f = compare_odds(step)
        length = np.where(gap > 0.0, gap, 1.0)
        steepness = self._steepness
        passed = _lost(steepness, log_f) * before / length
        shift = np.exp(log_f) * passed * rising
        if steepness <= 1.0:
            rest = 1.0 - steepness
            falling = _power(rest, log_f) * passed + _lost(rest, log_f) / length
            falling = after * falling
        else:
            falling = np.maximum(after - shift, 0.0)
        return self._order(falling, rising + shift)

    @property
    def _steepness(self) -> float:
        return abs(self.scale)

    @property
    def _falling_shift(self) -> float:
        return self.shift if self.scale >= 0.0 else -self.shift

    def _split_falling(self, sigma: FloatArray) -> Parts:
        """Return the part of the resampled mass that falls with noise, and the other.

        That is the uniform one for a positive scale and the masked one for a negative.
        """
        logit = np.full_like(sigma, self._falling_shift)
        if self._steepness > 0.0:  # else the product with an infinite log-SNR is NaN
            logit -= self._steepness * log_odds_of_noise(sigma)
        return np.exp(-np.logaddexp(0.0, -logit)), np.exp(-np.logaddexp(0.0, logit))

    def _order(self, falling: FloatArray, rising: FloatArray) -> Parts:
        return (falling, rising) if self.scale >= 0.0 else (rising, falling)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShare(UniformShare):
    """r at every timestep; between them U is linear in w, as sigma is in a table.

    The noise that is added between two timesteps then has one share of uniform noise,
    and the kernels between timesteps exist if and only if those of whole steps do.
    Before the first timestep and after the last one, r is constant.
    Source: Gu et al. 2022 (VQ-Diffusion), sec. 4.2, whose cumulative chances to keep a
    token, to resample it and to mask it give r = resample/(1 - keep).

    Attributes:
        values: (T,) r at the timesteps, as given.
        noise: (N,) the different levels of total noise at the timesteps, ascending;
            empty before `bind`.
        uniform: (N,) r at these levels.
        rates: (N+1,) and (N+1,) dU/dw and dM/dw before, between and after them.
        largest_noise: as in the base class.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "values": Numbers(
            item=Number(low=0.0, high=1.0, help="a share"),
            help="share of uniform noise at every timestep, T numbers in [0, 1]",
        ),
    }
    values: FloatArray
    noise: FloatArray
    uniform: FloatArray
    rates: Parts
    largest_noise: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the table without the noise of its timesteps."""
        values, none = np.array(parameters["values"]), np.empty(0)
        return cls(
            values=values,
            noise=none,
            uniform=none,
            rates=(none, none),
            largest_noise=math.inf,
        )

    @quiet
    def bind(self, timeline: Any) -> Self:
        """Return the table with the total noise of the timesteps.

        Raises:
            EngineError: the length is not T, or the share is not a function of noise.
        """
        sigmas: FloatArray = timeline.sigmas
        if self.values.size != sigmas.size:
            raise EngineError(
                "graph.share.values",
                "wrong_length",
                f"must have num_timesteps = {sigmas.size} items",
                self.values.size,
            )
        rises = sigmas[1:] > sigmas[:-1]
        same = (sigmas[1:] == sigmas[:-1]) & (self.values[1:] == self.values[:-1])
        wrong = np.flatnonzero(~(rises | same))
        if wrong.size:
            step = int(wrong[0])
            raise EngineError(
                "graph.share.values",
                "not_of_noise",
                f"must not change where total noise does not rise, as from timestep "
                f"{step} to {step + 1}",
                [float(value) for value in self.values[step : step + 2]],
                "choose a schedule whose noise rises at every timestep",
            )
        kept = np.concatenate([[True], rises])
        noise, uniform = sigmas[kept], self.values[kept]
        gap, log_f = compare_odds(Step.of_noise(noise[:-1], noise[1:]))
        parts = uniform, 1.0 - uniform
        between = [part[:-1] + np.diff(part) / gap for part in parts]
        falls = np.zeros(gap.shape, bool)
        for part, rate in zip(parts, between, strict=True):
            falls |= gap * rate < -LARGEST_FALL * np.exp(log_f) * part[:-1]
        drawn, masked = (
            np.concatenate(
                [part[:1], np.where(falls, rate, np.clip(rate, 0.0, 1.0)), part[-1:]]
            )
            for part, rate in zip(parts, between, strict=True)
        )
        first = np.flatnonzero(falls)
        return dataclasses.replace(
            self,
            noise=noise,
            uniform=uniform,
            rates=(drawn, masked),
            largest_noise=float(noise[first[0]]) if first.size else math.inf,
        )

    @property
    def is_bound(self) -> bool:
        """Whether the timesteps have their noise."""
        return bool(self.noise.size)

    def split(self, sigma: FloatArray) -> Parts:
        """Return r and 1 - r."""
        after = np.searchsorted(self.noise, sigma, side="right")
        last = np.maximum(after - 1, 0)
        knot = self.noise[last]
        start = np.where(after > 0, knot, sigma)
        gap, log_f = compare_odds(Step.of_noise(start, sigma))
        at_start = (sigma == start) | (after == 0)  # also where both are infinite
        gap, f = np.where(at_start, 0.0, gap), np.where(at_start, 1.0, np.exp(log_f))
        drawn, masked = (rate[after] for rate in self.rates)
        uniform = self.uniform[last]
        return gap * drawn + f * uniform, gap * masked + f * (1.0 - uniform)

    def split_rate(self, sigma: FloatArray) -> Parts:
        """Return the rates of the interval around sigma, or left of a timestep."""
        interval = np.searchsorted(self.noise, sigma, side="left")
        drawn, masked = self.rates
        return drawn[interval], masked[interval]

    def split_step(self, step: Step) -> Parts:
        """Return the means of the rates, weighted by the noise added at each.

        A step across timesteps has three parts: up to the first of them, to the last of
        them, and from there.
        """
        first = np.searchsorted(self.noise, step.sigma_s, side="right")
        last = np.searchsorted(self.noise, step.sigma_t, side="left")
        crosses = first < last
        low = self.noise[np.where(crosses, first, 0)]
        high = self.noise[np.where(crosses, last - 1, 0)]
        head = -np.expm1(step.sigma_s - low) * np.exp(low - step.sigma_t)
        tail = -np.expm1(high - step.sigma_t)
        left = np.exp(high - step.sigma_t)
        at_low, at_high = self.split(low), self.split(high)
        means = []
        total = head + tail - np.expm1(low - high) * left
        for rate, start, end in zip(self.rates, at_low, at_high, strict=True):
            grown = -np.expm1(-high) * end + np.expm1(-low) * np.exp(low - high) * start
            between = np.maximum(grown, 0.0) * left
            mean = (head * rate[first] + between + tail * rate[last]) / total
            means.append(np.where(crosses, mean, rate[last]))
        return means[0], means[1]


SHARE_TYPES: Mapping[str, type[UniformShare]] = {
    "log_snr": LogSnrShare,
    "table": TableShare,
}
"""Maps the ``type`` of a share to its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareParameter(Parameter):
    """A share of uniform noise: an object with a ``type`` and its parameters."""

    def parse(self, value: Any, field: str) -> dict[str, Any]:
        """Return the canonical object."""
        return parse_typed(SHARE_TYPES, value, field)[2]

    def schema(self) -> dict[str, Any]:
        """Return a choice between the types."""
        return {"oneOf": [_describe(name, kind) for name, kind in SHARE_TYPES.items()]}


def _describe(name: str, kind: type[UniformShare]) -> dict[str, Any]:
    properties: dict[str, Any] = {"type": {"type": "string", "const": name}}
    table = kind.PARAMETERS
    for key, parameter in table.items():
        properties[key] = parameter.schema() | {"description": parameter.help}
        if parameter.default is not REQUIRED:
            properties[key]["default"] = parameter.default
    return {
        "type": "object",
        "properties": properties,
        "required": ["type", *(k for k, p in table.items() if p.default is REQUIRED)],
        "additionalProperties": False,
    }


def log_odds_of_noise(sigma: FloatArray) -> FloatArray:
    """Return log w = log(expm1(sigma)), minus the log-SNR."""
    return sigma + np.log(-np.expm1(-sigma))


def compare_odds(step: Step) -> Parts:
    """Return 1 - f and log f for f = w_s/w_t, each exact where it is small.

    f is 0 where sigma_s is infinite, as if all noise were new.
    """
    gap = np.expm1(-step.added) / np.expm1(-step.sigma_t)
    gap = np.where(step.added > 0.0, np.minimum(gap, 1.0), 0.0)
    is_close = gap < 0.5
    apart = log_odds_of_noise(step.sigma_s) - log_odds_of_noise(step.sigma_t)
    apart = np.where(np.isinf(step.added), -np.inf, apart)
    return gap, np.where(is_close, np.log1p(-np.where(is_close, gap, 0.0)), apart)


def _power(exponent: float, log_f: FloatArray) -> FloatArray:
    """Return f^exponent for an exponent >= 0, with 0^0 = 1."""
    return np.exp(exponent * log_f) if exponent > 0.0 else np.ones_like(log_f)


def _lost(exponent: float, log_f: FloatArray) -> FloatArray:
    """Return 1 - f^exponent for an exponent >= 0, with 0^0 = 1."""
    return -np.expm1(exponent * log_f) if exponent > 0.0 else np.zeros_like(log_f)
