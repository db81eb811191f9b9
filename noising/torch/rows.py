"""Global numbers of rows, for codes whose rows have no ids."""

from typing import Any, Final

import numpy as np
import torch
import torch.distributed
import torch.utils.data

from noising.engine import EngineError
from noising.engine.arrays import IntArray
from noising.engine.parameters import check_integer
from noising.engine.randomness import MAX_SEQUENCE_ID, check_word
from noising.replay.order import number_rows

_MOST: Final = MAX_SEQUENCE_ID


def global_ids(
    step: int,
    rank: int = 0,
    world: int = 1,
    batch: int = 1,
    accumulation: int = 1,
    microbatch: int = 0,
) -> torch.Tensor:
    """Return the global numbers of a microbatch's rows, (batch,) int64 on the CPU.

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
    return torch.from_numpy(
        number_rows(step, rank, world, batch, accumulation, microbatch)
    )


class RowCounter:
    """Numbers the rows of calls without ids: row j of rank r is start + j·world + r.

    Args:
        rank: number of this process; by default that of `torch.distributed` where it is
            initialised, else 0.
        world: number of processes, likewise; else 1.

    Raises:
        EngineError: only one of them is given, or one is out of range.
    """

    def __init__(self, rank: int | None, world: int | None) -> None:
        if (rank is None) != (world is None):
            field, other = ("rank", "world") if rank is None else ("world", "rank")
            rule = f"must be given with `{other}`"
            raise EngineError(field, "missing", rule, None)
        if rank is not None and world is not None:
            check_integer(world, "world", 1, _MOST)
            check_integer(rank, "rank", 0, world - 1)
        self._given = rank, world
        self._start = 0
        self._rows = 0  # of this process, since the start

    def find_rank(self) -> tuple[int, int]:
        """Return rank and world size."""
        rank, world = self._given
        if rank is not None and world is not None:
            return rank, world
        distributed: Any = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            return int(distributed.get_rank()), int(distributed.get_world_size())
        return 0, 1

    def find_next(self, count: int) -> IntArray:
        """Return the numbers of the next rows, (count,), without counting them.

        Raises:
            EngineError: this is a worker process of a DataLoader, whose counter is a
                copy of which the training process knows nothing.
        """
        if torch.utils.data.get_worker_info() is not None:
            raise EngineError(
                "ids",
                "missing",
                "must be given in a worker process of a DataLoader",
                None,
                "let the data set return the index of each row, or noise in the "
                "training process",
            )
        rank, world = self.find_rank()
        return self._start + (self._rows + np.arange(count)) * world + rank

    def add(self, count: int) -> None:
        """Count rows of this process."""
        self._rows += count

    @property
    def total(self) -> int:
        """The number of rows that all processes have noised.

        It is meant for a moment at which all of them have noised equally many.
        """
        return self._start + self._rows * self.find_rank()[1]

    @total.setter
    def total(self, rows: int) -> None:
        self._start = check_word(rows, "rows", _MOST)
        self._rows = 0
