"""A user-defined matrix of noise levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import BoolArray, IntArray, TokenArray
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.base import GroupedSigma, SigmaFunction
from noising.engine.hyperschedules.rows import LevelHyperschedule
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import (
    REQUIRED,
    Integer,
    Parameter,
    array_schema,
    listed,
)

MAX_CELLS: Final = 1 << 20
_LEVEL: Final = Integer(low=0, high=1 << 16, help="a level")


@dataclass(frozen=True, slots=True, kw_only=True)
class _LevelRows(Parameter):
    """A matrix of integers >= 0."""

    def parse(self, value: Any, field: str) -> list[list[int]]:
        """Return the rows as lists of equal length."""
        rows = listed(value, field, min_length=1)
        width = len(listed(rows[0], f"{field}[0]", min_length=1))
        if len(rows) * width > MAX_CELLS:
            rule = f"must have at most {MAX_CELLS} levels"
            raise EngineError(field, "too_large", rule, len(rows) * width)
        for i, row in enumerate(rows):
            path = f"{field}[{i}]"
            values = listed(row, path)
            if len(values) != width:
                rule = f"must have {width} levels as the first row"
                raise EngineError(path, "wrong_length", rule, len(values))
            rows[i] = [_LEVEL.parse(v, f"{path}[{j}]") for j, v in enumerate(values)]
        return rows

    def schema(self) -> dict[str, Any]:
        """Return a list of rows of levels."""
        row = array_schema(_LEVEL, min_length=1)
        return {"type": "array", "items": row, "minItems": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix(LevelHyperschedule):
    """Rows of levels, in the order of noising or of generation.

    From row to row either no level falls or no level rises. One end is the row of full
    noise. Of several rows that are all clean only one is kept.

    Attributes:
        walk: (R+1, L) levels from full noise to all clean.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "rows": _LevelRows(default=REQUIRED, help="levels by row and position"),
        "levels": Integer(
            default=REQUIRED, low=1, high=1 << 16, help="the level of full noise"
        ),
    }
    walk: IntArray

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; levels must be monotone and reach full noise."""
        levels = parameters["levels"]
        walk = np.asarray(parameters["rows"], np.int64)
        above = np.argwhere(walk > levels)
        if above.size:
            i, j = above[0]
            rule = f"must not exceed levels = {levels}"
            raise EngineError(
                f"hyperschedule.rows[{i}][{j}]", "out_of_range", rule, int(walk[i, j])
            )
        if walk[0].sum() < walk[-1].sum():
            walk = walk[::-1]
        turns = np.flatnonzero((np.diff(walk, axis=0) > 0).any(axis=1))
        if turns.size:
            raise EngineError(
                "hyperschedule.rows",
                "not_monotone",
                "must not rise at some positions and fall at others",
                f"both between the {len(walk)} rows",
                "noise can only be added from row to row, or only be removed",
            )
        if (walk[0] < levels).any():
            raise EngineError(
                "hyperschedule.rows",
                "no_full_row",
                f"must begin or end with a row of levels = {levels}",
                walk[0].tolist(),
            )
        noisy = walk[walk.any(axis=1)]
        return cls(levels=levels, walk=np.vstack([noisy, np.zeros_like(noisy[:1])]))

    @property
    def depends_on_row(self) -> bool:
        """Return False: each position has its own column of levels."""
        return False

    @property
    def own_length(self) -> int:
        """The number of columns."""
        return int(self.walk.shape[1])

    def count(self, length: int) -> int:
        """Return the number of rows that are not all clean."""
        return len(self.walk) - 1

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels.

        Raises:
            EngineError: `length` is not the rows' length.
        """
        if length != self.walk.shape[1]:
            raise EngineError(
                "hyperschedule.rows",
                "wrong_length",
                f"must have a level for each of the {length} positions",
                self.walk.shape[1],
            )
        return self.walk[steps]

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return sigma at each position's level, regardless of padding."""
        return self.find_sigma(sigma, self.local(time, length))
