"""What one request to noise a batch asks for, and whether its parts fit together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail

from noising.api.array_fields import range_detail
from noising.api.arrays import Rows
from noising.api.processes import CachedProcess
from noising.engine import ForwardProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Which tokens never change: those with some ids, and those at some positions.

    Attributes:
        ids: (N,) token ids.
        positions: (M,) positions, the same in every row.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]

    def mask(self, tokens: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where tokens, (L,) or (B, L), never change."""
        mask = np.isin(tokens, self.ids)
        mask[..., self.positions] = True
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseOrder:
    """A batch and how to noise it.

    Attributes:
        rows: the tokens in the form in which they came.
        process: under the hyperschedule that applies.
        served: the process as it is kept, with what it costs.
        overlay: the field that the hyperschedule came from, or ``schedule``.
        timesteps: integers, () or (B,), or None.
        times: real times in their place.
        weights: by position, in place of a hyperschedule, or None.
        protect: what never changes, or None.
        lengths: (B,) real positions of padded rows, or None.
        seed: 0..2^64-1, or None for a fresh one.
        sequence_ids: (B,), or None for the rows' indices.
        draw: 0..2^32-1.
        extras: names of what to answer beside.
    """

    rows: Rows
    process: ForwardProcess
    served: CachedProcess
    overlay: str
    timesteps: NDArray[Any] | None
    times: NDArray[Any] | None
    weights: Rows | None
    protect: Rows | Protected | None
    lengths: NDArray[Any] | None
    seed: int | None
    sequence_ids: NDArray[Any] | None
    draw: int
    extras: frozenset[str]

    @property
    def when(self) -> NDArray[Any]:
        """The timesteps or times, in the shape in which they were given."""
        given = self.times if self.timesteps is None else self.timesteps
        return np.asarray(given)

    @property
    def row_lengths(self) -> NDArray[Any] | None:
        """Real positions of the rows once padded, or None where all are."""
        return self.lengths if self.rows.lengths is None else self.rows.lengths

    def seconds(self, wanted: frozenset[str]) -> float:
        """Return what it is estimated to take beside its tokens, with some extras."""
        *many, length = self.rows.shape
        rows = many[0] if many else 1
        weighted = self.weights is not None
        by_row = self.weights is not None and self.weights.values.ndim > 1
        once = self.served.effort.of_noise(
            self.process.hyperschedule,
            rows=rows,
            length=length,
            times=self.when.size,
            tabulated=self.times is None,
            alike=self.when.size == 1 and self.row_lengths is None and not by_row,
            weighted=weighted,
        )
        return once * (1 + len(wanted & {"alphas", "masks"}))


def misfits(order: NoiseOrder) -> dict[str, Any]:
    """Return what does not fit together, as the detail of a ValidationError.

    Of fields in range, each of which was judged on its own.
    """
    rows, process = order.rows, order.process
    *many, length = rows.shape
    details = {
        "tokens": range_detail("tokens", rows, most=process.vocab_size - 1),
        "timesteps": _timesteps_misfit(order),
        "times": _count_misfit("times", order.times, many, "time"),
        "sequence_ids": _ids_misfit(order, many),
        "lengths": _lengths_misfit(order),
        "weights": _rows_misfit("weights", order.weights, rows, "weight"),
        "protect": _protect_misfit(order, length),
    }
    return {name: detail for name, detail in details.items() if detail}


def _timesteps_misfit(order: NoiseOrder) -> Any:
    if order.timesteps is None:
        return None
    most = order.process.num_timesteps - 1
    outside = range_detail("timesteps", order.timesteps, most=most)
    many = list(order.rows.shape[:-1])
    return outside or _count_misfit("timesteps", order.timesteps, many, "timestep")


def _count_misfit(
    name: str, given: NDArray[Any] | None, many: list[int], what: str
) -> Any:
    """Refuse anything but one value, or one for each of the rows."""
    if given is None or given.ndim == 0 or list(given.shape) == many:
        return None
    rule = f"must be one {what} for one sequence"
    if many:
        rule = f"must be one {what} or one for each of the {many[0]} rows"
    return [ErrorDetail(f"`{name}` {rule}, got {given.size}.", "wrong_length")]


def _ids_misfit(order: NoiseOrder, many: list[int]) -> Any:
    ids = order.sequence_ids
    if ids is None or list(ids.shape) == many:
        return None
    rule = f"one for each of the {many[0]} rows" if many else "one for one sequence"
    text = f"`sequence_ids` must be {rule}, got {ids.size}."
    return [ErrorDetail(text, "wrong_length")]


def _lengths_misfit(order: NoiseOrder) -> Any:
    if order.lengths is None:
        return None
    *many, length = order.rows.shape
    if order.rows.lengths is not None or list(order.lengths.shape) != many or not many:
        text = "`lengths` must have one length for each row of tokens that are padded "
        text += f"to one length, got {order.lengths.size}."
        return [ErrorDetail(text, "wrong_length")]
    return range_detail("lengths", order.lengths, most=length)


def _rows_misfit(name: str, given: Rows | None, tokens: Rows, what: str) -> Any:
    if given is None or given.fits(tokens):
        return None
    text = f"`{name}` must have one {what} for each token, or for each of the "
    text += f"{tokens.shape[-1]} positions, got {list(given.shape)} for tokens of "
    text += f"shape {list(tokens.shape)}."
    return [ErrorDetail(text, "wrong_length")]


def _protect_misfit(order: NoiseOrder, length: int) -> Any:
    given = order.protect
    if not isinstance(given, Protected):
        return _rows_misfit("protect", given, order.rows, "boolean")
    most = order.process.num_states - 1
    details = {
        "ids": range_detail("protect.ids", given.ids, most=most),
        "positions": range_detail(
            "protect.positions", given.positions, most=length - 1
        ),
    }
    return {name: detail for name, detail in details.items() if detail}
