"""Weights of the losses of rows, in the form that a run chose."""

from typing import Final

import numpy as np

from noising.engine import ForwardProcess
from noising.engine.arrays import AnyIntArray, FloatArray, repeat_blocks

BY_COUNTS: Final = ("realised", "count")
"""Forms that depend on how many tokens moved."""


def choose_form(process: ForwardProcess, *, has_count: bool) -> str:
    """Return the form of the weight for runs that do not choose one."""
    if has_count:
        return "count"
    has_elbo = process.graph.CROSS_ENTROPY and process.hyperschedule is None
    return "elbo" if has_elbo else "flat"


def check_form(process: ForwardProcess, form: str) -> None:
    """Check that the losses of a process can be weighed in a form.

    Raises:
        EngineError: the form is unknown, or the process has no such weights.
    """
    counts = {"moved": 1, "eligible": 1} if form in BY_COUNTS else {}
    process.loss_weight(1.0, form, **counts)


def weigh_by_counts(
    process: ForwardProcess,
    form: str,
    moved: AnyIntArray,
    eligible: AnyIntArray,
    *,
    block: int | None,
    length: int,
    by_token: bool,
) -> FloatArray:
    """Return weights of a form of BY_COUNTS, (B,), (B, 1) or (B, L).

    Args:
        process: the process.
        form: "realised" or "count".
        moved: (B, K) numbers of tokens that moved in each block of columns.
        eligible: (B, K) numbers of tokens that may move.
        block: width of the blocks that are weighed by themselves; None for whole rows,
            where K is 1.
        length: L.
        by_token: whether the times are (B, L).
    """
    weight: FloatArray = np.asarray(
        process.loss_weight(
            np.zeros(moved.size),  # on which these forms do not depend
            form,
            moved=moved.reshape(-1),
            eligible=eligible.reshape(-1),
        )
    ).reshape(moved.shape)
    if block is not None:
        return repeat_blocks(weight, block, length)
    weight = weight.reshape(-1)
    return weight[:, None] if by_token else weight
