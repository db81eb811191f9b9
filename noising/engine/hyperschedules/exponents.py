"""The hyperschedule by token exponent: each token has its own power of the schedule."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import (
    AnyIntArray,
    BoolArray,
    FloatArray,
    IntArray,
    TokenArray,
    quiet,
)
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.base import (
    GroupedSigma,
    Hyperschedule,
    SigmaFunction,
    look_up_ids,
)
from noising.engine.hyperschedules.weights import check_rows
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import Number, Parameter, mapping

_EXPONENT: Final = Number(
    default=1.0, low=1e-6, high=1e6, help="exponent of all other tokens"
)
_ID_PATTERN: Final = "^(0|[1-9][0-9]{0,7})$"
_HALF_LOST: Final = math.log(2.0)  # total noise at which the move chance is 1/2
_LATE: Final = 600.0  # total noise above which w·alpha is far below any rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exponents(Parameter):
    """An exponent for each of some token ids."""

    def parse(self, value: Any, field: str) -> dict[str, float]:
        """Return the exponents by id, in ascending order of the ids."""
        given = mapping(value, field)
        for key in given:
            if not re.fullmatch(_ID_PATTERN, key):
                rule = "must have token ids such as `17` as keys"
                raise EngineError(f"{field}.{key}", "not_an_id", rule, key)
        return {
            key: _EXPONENT.parse(given[key], f"{field}.{key}")
            for key in sorted(given, key=int)
        }

    def schema(self) -> dict[str, Any]:
        """Return an object of exponents whose keys are token ids."""
        return {
            "type": "object",
            "propertyNames": {"pattern": _ID_PATTERN},
            "additionalProperties": _EXPONENT.schema(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExponents(Hyperschedule):
    """A token with exponent w has move chance m(t)^w, m that of the schedule.

    With `loglinear` and epsilon 0 that is alpha = 1 - t^w. The exponents are given;
    GenMD4 learns them. Exponents above 1 keep tokens longer.
    Source: Shi et al. 2024 (MD4), section 6, GenMD4.

    Attributes:
        ids: (N,) ascending ids that have an exponent of their own.
        places: (N,) the exponent of each, an index into `exponents`.
        exponents: (G,) distinct exponents; the first is that of all other ids.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "exponents": _Exponents(
            help="exponents by token id; higher means less noise",
        ),
        "default": _EXPONENT,
    }
    BY_TOKENS: ClassVar[bool] = True
    HAS_ORDER: ClassVar[bool] = True
    ids: IntArray
    places: IntArray
    exponents: FloatArray

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; every id lies in the vocabulary."""
        given: dict[str, float] = parameters["exponents"]
        for key in given:
            if int(key) >= vocab_size:
                rule = f"must be for an id in 0..{vocab_size - 1}"
                field = f"hyperschedule.exponents.{key}"
                raise EngineError(field, "out_of_range", rule, int(key))
        distinct: dict[float, int] = {parameters["default"]: 0}
        places = [distinct.setdefault(w, len(distinct)) for w in given.values()]
        return cls(
            ids=np.array([int(key) for key in given], np.int64),
            places=np.array(places, np.int64),
            exponents=np.array(list(distinct), np.float64),
        )

    @property
    def depends_on_row(self) -> bool:
        """Return False: it depends on the token."""
        return False

    def place_of(self, tokens: TokenArray) -> IntArray:
        """Return the index of each token's exponent; shape of `tokens`."""
        return look_up_ids(tokens, self.ids, self.places, missing=0)

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return the noise of each exponent, or of each position if these are fewer."""
        if tokens is None:
            rule = "are required by the hyperschedule `token_exponents`"
            raise EngineError("tokens", "missing", rule, None)
        place, noise = self.place_of(tokens), sigma(time.t)
        check_rows(noise, place)
        if self.exponents.size > length:
            exponents = self.exponents[place]
            return GroupedSigma(
                sigma=raise_chance(noise[:, None], exponents), group=None
            )
        return GroupedSigma(
            sigma=raise_chance(noise[:, None], self.exponents[None]), group=place
        )

    @quiet
    def order_moves(
        self, uniforms: FloatArray, positions: AnyIntArray, tokens: TokenArray
    ) -> FloatArray:
        """Return log(u)/w: u < m(t)^w at the move chance m(t) = u^(1/w)."""
        return np.log(uniforms) / self.exponents[self.place_of(tokens)]


@quiet
def raise_chance(sigma: FloatArray, exponents: FloatArray) -> FloatArray:
    """Return the total noise whose move chance is (1 - exp(-sigma))^exponent.

    Logarithms of both chances use the smaller one of move chance and alpha. Late, where
    alpha underflows, the power is 1 - exponent·alpha.

    Args:
        sigma: total noise in [0, inf].
        exponents: exponents in 1e-6..1e6; the result has the common shape.
    """
    minus_log_chance = np.where(
        sigma < _HALF_LOST, -np.log(-np.expm1(-sigma)), -np.log1p(-np.exp(-sigma))
    )
    x = exponents * minus_log_chance  # minus the log of the power
    power = np.where(x > _HALF_LOST, -np.log1p(-np.exp(-x)), -np.log(-np.expm1(-x)))
    power = np.where(sigma > _LATE, sigma - np.log(exponents), power)
    return np.where(exponents == 1.0, sigma, power)
