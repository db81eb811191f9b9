"""Which rows a training step sees, where a run takes them in the data set's order."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from noising.engine import EngineError
from noising.engine.arrays import IntArray
from noising.engine.parameters import check_integer, check_keys, mapping
from noising.engine.randomness import MAX_SEQUENCE_ID

MAX_ROWS: Final = 1 << 20
"""Rows that one replay returns at most."""


def number_rows(
    step: int,
    rank: int = 0,
    world: int = 1,
    batch: int = 1,
    accumulation: int = 1,
    microbatch: int = 0,
) -> IntArray:
    """Return the global numbers of a microbatch's rows, (batch,) int64.

    Row j of rank r in microbatch m of step s has the number
    ((s·accumulation + m)·batch + j)·world + r, the row that a `DistributedSampler`
    without shuffling gives it. So the rows of a step have the same numbers however they
    are split into ranks and microbatches.

    Args:
        step: number of the optimiser's step, from 0.
        rank: number of this process, 0..world-1.
        world: number of processes.
        batch: number of rows of a microbatch on one rank.
        accumulation: number of microbatches of a step.
        microbatch: number of this microbatch, 0..accumulation-1.

    Raises:
        EngineError: an argument out of range.
    """
    most = MAX_SEQUENCE_ID
    check_integer(step, "step", 0, most)
    check_integer(world, "world", 1, most)
    check_integer(rank, "rank", 0, world - 1)
    check_integer(batch, "batch", 1, most)
    check_integer(accumulation, "accumulation", 1, most)
    check_integer(microbatch, "microbatch", 0, accumulation - 1)
    first = (step * accumulation + microbatch) * batch
    if (first + batch) * world - 1 > most:
        rule = "must leave the numbers of rows below 2^63"
        raise EngineError("step", "out_of_range", rule, step)
    return (first + np.arange(batch)) * world + rank


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOrder:
    """How a run without shuffling takes its rows, as `number_rows` counts them.

    Attributes:
        batch: number of rows of a microbatch on one rank.
        world: number of processes.
        accumulation: number of microbatches of a step.
    """

    batch: int
    world: int = 1
    accumulation: int = 1

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            EngineError: one is not an integer from 1 on.
        """
        for name, value in asdict(self).items():
            check_integer(value, f"order.{name}", 1, MAX_SEQUENCE_ID)

    @classmethod
    def parse(cls, value: Any) -> "RowOrder":
        """Return the order that a JSON object describes.

        Raises:
            EngineError: it has an unknown key, lacks `batch`, or a value is invalid.
        """
        given: Mapping[str, Any] = mapping(value, "order")
        check_keys(given, cls.__dataclass_fields__, "order")
        if "batch" not in given:
            raise EngineError("order.batch", "missing", "must be given", None)
        return cls(**given)

    def find_rows(self, step: int, rank: int | None, total: int) -> IntArray:
        """Return the numbers of a step's rows in an epoch, ascending.

        Args:
            step: number of the step in its epoch, from 0.
            rank: number of a process, or None for all.
            total: number of rows of the data set. The last step of an epoch has those
                that are left.

        Raises:
            EngineError: the step or rank does not exist, or there are more than
                MAX_ROWS rows.
        """
        of_rank = self.batch * self.accumulation
        steps = -(-total // (of_rank * self.world))
        check_integer(step, "step", 0, steps - 1, f"an epoch has {steps} steps")
        stride, offset = 1, 0
        if rank is None:
            of_rank *= self.world
        else:
            check_integer(rank, "rank", 0, self.world - 1)
            stride, offset = self.world, rank
        first = step * of_rank * stride + offset
        end = min(first + of_rank * stride, total)
        check_count(len(range(first, end, stride)))
        return np.arange(first, end, stride, dtype=np.int64)


def check_count(rows: int) -> None:
    """Check that there are not too many rows for one replay.

    Raises:
        EngineError: there are more than MAX_ROWS.
    """
    if rows > MAX_ROWS:
        rule = f"must select at most {MAX_ROWS} rows"
        way_out = "select fewer rows by `rank` or `ids`"
        raise EngineError("rows", "too_many", rule, rows, way_out)
