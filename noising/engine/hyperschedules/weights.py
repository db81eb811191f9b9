"""Hyperschedules by weight: a higher weight means less noise."""

import contextlib
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
    float_array,
)
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.base import (
    GroupedSigma,
    Hyperschedule,
    SigmaFunction,
    look_up_ids,
)
from noising.engine.hyperschedules.calibration import WeightGroups
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import (
    REQUIRED,
    Flag,
    Integer,
    Number,
    Numbers,
    Parameter,
    array_schema,
    check_keys,
    listed,
    mapping,
)

LARGEST_RATIO: Final = 1e6
CALIBRATE = Flag(
    default=True,
    help="keep the row's mean alpha as scheduled; false for plain sigma/w",
)


def check_weights(weights: Any, field: str = "weights") -> FloatArray:
    """Return weights as float64, each > 0 and within a factor of 1e6.

    Raises:
        EngineError: a weight is not a number, not positive or too far from the others.
    """
    values = float_array(weights, field)
    if values.size == 0 or not (values > 0.0).all() or not np.isfinite(values).all():
        bad = [float(v) for v in values[~((values > 0.0) & np.isfinite(values))][:1]]
        raise EngineError(
            field,
            "out_of_range",
            "must be finite and greater than 0",
            bad[0] if bad else [],
            "use `protect` for positions that must not change",
        )
    lowest, highest = float(values.min()), float(values.max())
    if highest / lowest > LARGEST_RATIO:
        raise EngineError(
            field,
            "too_far_apart",
            f"must lie within a factor of {LARGEST_RATIO:g} of each other",
            highest / lowest,
            "use `protect` for positions that must not change",
        )
    return values


def group_sigma_by_weights(
    sigma: FloatArray, weights: FloatArray, real: BoolArray | None, *, calibrate: bool
) -> GroupedSigma:
    """Return sigma_i = s/w_i for every position.

    Calibrated noise does not change if all weights are multiplied by a constant.

    Args:
        sigma: (B,) total noise of the rows.
        weights: (1, L) or (B, L) valid weights.
        real: (B, L) False at padding, or None.
        calibrate: whether to solve for s such that the mean of exp(-sigma_i) over the
            row's real positions is exp(-sigma); otherwise s = sigma.

    Raises:
        EngineError: the numbers of times and rows differ and neither is 1.
    """
    check_rows(sigma, weights)
    return WeightGroups.of(weights, real).group_sigma(sigma, calibrate=calibrate)


def order_by_weights(uniforms: FloatArray, weights: FloatArray) -> FloatArray:
    """Return -log(1 - u)·w, which rises with the time at which a position moves.

    Position i moves when s exceeds this, where its total noise is s/w_i.

    Args:
        uniforms: (R, C) u in [0, 1).
        weights: weights > 0, broadcastable to (R, C).
    """
    return -np.log1p(-uniforms) * weights


def check_rows(sigma: FloatArray, of_rows: np.ndarray) -> None:
    """Check that there is one time, one row, or one time for each row.

    Args:
        sigma: (B,) total noise at the times.
        of_rows: (R, ...) an array with the rows on its first axis.

    Raises:
        EngineError: B and R differ and neither is 1.
    """
    times, rows = sigma.shape[0], of_rows.shape[0]
    if times != rows and 1 not in (times, rows):
        rule = f"must be a scalar or hold one time for each of the {rows} rows"
        raise EngineError("t", "wrong_shape", rule, times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights(Hyperschedule):
    """A weight for every position of the row.

    Attributes:
        weights: (L,) weights > 0.
        calibrate: whether the row's mean alpha stays that of the schedule.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "weights": Numbers(
            item=Number(low=0.0, open_low=True, help="weight of one position"),
            help="one weight > 0 per position; higher means less noise",
        ),
        "calibrate": CALIBRATE,
    }
    HAS_ORDER: ClassVar[bool] = True
    weights: FloatArray
    calibrate: bool

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; weights lie within a factor of 1e6."""
        weights = check_weights(parameters["weights"], "hyperschedule.weights")
        return cls(weights=weights, calibrate=parameters["calibrate"])

    @property
    def depends_on_row(self) -> bool:
        """Return False: a calibration is over all weights, not over a row."""
        return False

    @property
    def own_length(self) -> int:
        """The number of weights."""
        return int(self.weights.size)

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return s/w_i; `length` must be the number of weights."""
        if length != self.weights.size:
            raise EngineError(
                "hyperschedule.weights",
                "wrong_length",
                f"must have one weight for each of the {length} positions",
                self.weights.size,
            )
        return group_sigma_by_weights(
            sigma(time.t), self.weights[None], real, calibrate=self.calibrate
        )

    def order_moves(
        self, uniforms: FloatArray, positions: AnyIntArray, tokens: TokenArray
    ) -> FloatArray:
        """Return -log(1 - u)·w by the weight of each position."""
        last = self.weights.size - 1
        places = np.minimum(positions, last).astype(np.int64)
        return order_by_weights(uniforms, self.weights[places])


TYPE_WEIGHTS: Mapping[str, float] = {"critical": 2.0, "variable": 0.8, "other": 1.0}
"""Token types and their default weights; critical tokens are kept longest."""


_ID: Final = Integer(low=-(1 << 63), high=(1 << 63) - 1, help="a token id")
_WEIGHT: Final = Number(low=0.0, open_low=True, help="weight of one type")


def token_ids(values: list[Any], field: str) -> IntArray:
    """Return token ids, (N,), in the order given.

    Raises:
        EngineError: a value is not a 64-bit integer; names its index.
    """
    if set(map(type, values)) <= {int}:  # the common case, in one pass
        with contextlib.suppress(OverflowError):  # the loop below finds the value
            return np.array(values, np.int64)
    ids = [_ID.parse(value, f"{field}[{i}]") for i, value in enumerate(values)]
    return np.array(ids, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Classes(Parameter):
    """Token ids by type."""

    def parse(self, value: Any, field: str) -> dict[str, list[int]]:
        """Return sorted ids for every type; no id may have two types."""
        given = mapping(value, field)
        check_keys(given, TYPE_WEIGHTS, field)
        # Sets and lists, since np.isin and np.unique load numpy.ma, which takes a
        # megabyte in each worker process.
        classes: dict[str, list[int]] = {}
        taken: dict[int, str] = {}
        for name in TYPE_WEIGHTS:
            path = f"{field}.{name}"
            ids = token_ids(listed(given.get(name, []), path), path).tolist()
            for place, token in enumerate(ids):
                if token in taken:
                    rule = f"must not be `{taken[token]}` too"
                    raise EngineError(f"{path}[{place}]", "two_types", rule, token)
            classes[name] = sorted(set(ids))
            taken |= dict.fromkeys(ids, name)
        return classes

    def schema(self) -> dict[str, Any]:
        """Return a list of ids for some of the types."""
        return {
            "type": "object",
            "properties": {name: array_schema(_ID) for name in TYPE_WEIGHTS},
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _TypeWeights(Parameter):
    """A weight for every token type; missing types have their default."""

    def parse(self, value: Any, field: str) -> dict[str, float]:
        """Return a weight for each of the three types."""
        given = mapping(value, field)
        check_keys(given, TYPE_WEIGHTS, field)
        weights = {
            name: _WEIGHT.parse(given.get(name, default), f"{field}.{name}")
            for name, default in TYPE_WEIGHTS.items()
        }
        check_weights(list(weights.values()), field)
        return weights

    def schema(self) -> dict[str, Any]:
        """Return a weight for some of the types."""
        return {
            "type": "object",
            "properties": {name: _WEIGHT.schema() for name in TYPE_WEIGHTS},
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTypes(Hyperschedule):
    """A weight for every token type: critical, variable, other.

    Attributes:
        ids: (N,) ascending ids that have a type of their own.
        types: (N,) the type of each, an index into `weights`.
        weights: (3,) weights of critical, variable and other.
        calibrate: whether a row's mean alpha stays that of the schedule.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "classes": _Classes(
            default=REQUIRED,
            help="ids by type; an id in no class is `other`",
        ),
        "weights": _TypeWeights(
            default=dict(TYPE_WEIGHTS), help="weight by type; higher means less noise"
        ),
        "calibrate": CALIBRATE,
    }
    BY_TOKENS: ClassVar[bool] = True
    HAS_ORDER: ClassVar[bool] = True
    ids: IntArray
    types: IntArray
    weights: FloatArray
    calibrate: bool

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; every id lies in the vocabulary."""
        classes: dict[str, list[int]] = parameters["classes"]
        ids: list[int] = []
        types: list[int] = []
        for index, (name, members) in enumerate(classes.items()):
            if members and not 0 <= members[0] <= members[-1] < vocab_size:
                bad = members[0] if members[0] < 0 else members[-1]
                rule = f"must lie in 0..{vocab_size - 1}"
                field = f"hyperschedule.classes.{name}"
                raise EngineError(field, "out_of_range", rule, bad)
            ids += members
            types += [index] * len(members)
        order = np.argsort(np.asarray(ids, np.int64), kind="stable")
        return cls(
            ids=np.asarray(ids, np.int64)[order],
            types=np.asarray(types, np.int64)[order],
            weights=np.array([parameters["weights"][name] for name in classes]),
            calibrate=parameters["calibrate"],
        )

    @property
    def depends_on_row(self) -> bool:
        """Whether noise is calibrated, which depends on the types of a row's tokens."""
        return self.calibrate

    def type_of(self, tokens: TokenArray) -> IntArray:
        """Return 0 for critical, 1 for variable, 2 for other; shape of `tokens`."""
        other = len(TYPE_WEIGHTS) - 1
        return look_up_ids(tokens, self.ids, self.types, missing=other)

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return s/w by the type of each token; needs `tokens`."""
        if tokens is None:
            rule = "are required by the hyperschedule `token_types`"
            raise EngineError("tokens", "missing", rule, None)
        types, noise = self.type_of(tokens), sigma(time.t)
        check_rows(noise, types)
        present = np.ones(types.shape, bool) if real is None else real
        counts = np.stack(
            [((types == kind) & present).sum(axis=1) for kind in range(3)], axis=1
        )
        groups = WeightGroups(
            weights=self.weights[None], counts=counts.astype(np.float64), place=types
        )
        return groups.group_sigma(noise, calibrate=self.calibrate)

    def order_moves(
        self, uniforms: FloatArray, positions: AnyIntArray, tokens: TokenArray
    ) -> FloatArray:
        """Return -log(1 - u)·w by the type of each token."""
        return order_by_weights(uniforms, self.weights[self.type_of(tokens)])
