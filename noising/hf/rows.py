"""Rows of a data set as one padded batch that a `Noiser` can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from noising.engine import EngineError
from noising.engine.arrays import AnyIntArray, bounded_integers
from noising.engine.parameters import nearest
from noising.engine.randomness import MAX_SEQUENCE_ID
from noising.torch import NoisedTensors, Noiser

EOS_POLICIES: Final = ("learn", "protect")
IGNORE_INDEX: Final = -100
MAX_POSITION: Final = (1 << 60) - 1

_INT64: Final = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class EosPolicy:
    """Whether end-of-sequence tokens are noised.

    Attributes:
        eos: "learn", they are noised like all tokens; "protect", they never change.
        eos_token_id: their id; "protect" needs it.
    """

    eos: str
    eos_token_id: int | None

    def __post_init__(self) -> None:
        """Check both.

        Raises:
            EngineError: `eos` is no policy, or "protect" has no id.
        """
        if not isinstance(self.eos, str) or self.eos not in EOS_POLICIES:
            rule = "must be `learn` or `protect`"
            hint = nearest(self.eos, EOS_POLICIES) if isinstance(self.eos, str) else ""
            raise EngineError("eos", "unknown_name", rule, self.eos, hint)
        if self.eos_token_id is not None:
            bounded_integers(self.eos_token_id, "eos_token_id", low=0, high=_INT64 - 1)
        elif self.eos == "protect":
            rule = "must be given with eos='protect'"
            raise EngineError("eos_token_id", "missing", rule, None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PaddedRows:
    """Rows of a batch, padded on the right to one length L.

    Attributes:
        tokens: (B, L) int64 clean tokens; padding repeats the row's first token, so
            that the id of padding need not be in the vocabulary.
        ids: (B,) ids of the rows, or (B, L) ids of the tokens.
        lengths: (B,) numbers of tokens.
        positions: (B, L) positions of the tokens in their sequences, or None.
        labels: (B, L) labels as given, -100 for padding, or None.
    """

    tokens: torch.Tensor
    ids: torch.Tensor
    lengths: torch.Tensor
    positions: torch.Tensor | None
    labels: torch.Tensor | None

    def find_padding(self) -> torch.Tensor:
        """Return where padding is, (B, L) bool."""
        return torch.arange(self.tokens.shape[1]) >= self.lengths[:, None]

    def noise(
        self, noiser: Noiser, *, draw: int, policy: EosPolicy, **options: Any
    ) -> NoisedTensors:
        """Return the noise of the rows; padding and what is ignored never change."""
        protect = None
        if policy.eos == "protect":
            protect = self.tokens == policy.eos_token_id
        return noiser(
            self.tokens,
            ids=self.ids,
            draw=draw,
            lengths=self.lengths,
            positions=self.positions,
            protect=protect,
            labels=self.labels,
            ignore_index=IGNORE_INDEX,
            **options,
        )


def pad_rows(
    rows: Sequence[Mapping[str, Any]],
    ids: Sequence[Any],
    *,
    tokens: str = "input_ids",
    multiple: int = 1,
) -> PaddedRows:
    """Return rows as one batch.

    Tokens that the `attention_mask` of a row marks as padding are removed first.

    Args:
        rows: at least one row; `position_ids` and `labels` are optional, and every row
            or none has them.
        ids: an id for each row, or a list of ids of its tokens.
        tokens: name of the column with the tokens.
        multiple: the padded length is a multiple of it.

    Raises:
        EngineError: a column is missing or does not fit the tokens.
    """
    ids = [x.tolist() if isinstance(x, torch.Tensor) else x for x in ids]
    kept, columns = [], [tokens, *find_columns(rows)]
    for i, row in enumerate(rows):
        parts = {name: read_column(row, name, i) for name in columns}
        if np.ndim(ids[i]):
            parts["ids"] = _read(ids[i], f"ids[{i}]", 0, MAX_SEQUENCE_ID)
        length = parts[tokens].size
        for name, part in parts.items():
            if part.size != length:
                rule = f"must have as many elements as `{tokens}`, {length}"
                raise EngineError(f"{name}[{i}]", "wrong_length", rule, part.size)
        if "attention_mask" in row:
            mask = read_column(row, "attention_mask", i)
            if mask.size != length:
                rule = f"must have as many elements as `{tokens}`, {length}"
                raise EngineError(
                    f"attention_mask[{i}]", "wrong_length", rule, mask.size
                )
            parts = {name: part[mask != 0] for name, part in parts.items()}
        if not parts[tokens].size:
            rule = "must hold at least one token"
            raise EngineError(f"{tokens}[{i}]", "too_short", rule, 0)
        kept.append(parts)
    lengths = [parts[tokens].size for parts in kept]
    width = -(-max(lengths) // multiple) * multiple
    has_token_ids = ["ids" in parts for parts in kept]
    if any(has_token_ids) and not all(has_token_ids):
        rule = "must be one for each row, or a list for each row"
        raise EngineError("ids", "mixed", rule, list(ids))

    def join(name: str, fill: int | None = None) -> torch.Tensor:
        padded = np.empty((len(kept), width), np.int64)
        for out, parts in zip(padded, kept, strict=True):
            part = parts[name]
            out[: part.size] = part
            out[part.size :] = part[0] if fill is None else fill
        return torch.from_numpy(padded)

    own = _read(ids, "ids", 0, MAX_SEQUENCE_ID) if not any(has_token_ids) else None
    return PaddedRows(
        tokens=join(tokens),
        ids=join("ids") if own is None else torch.from_numpy(own.astype(np.int64)),
        lengths=torch.tensor(lengths),
        positions=join("position_ids") if "position_ids" in columns else None,
        labels=join("labels", IGNORE_INDEX) if "labels" in columns else None,
    )


def find_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which of the optional columns the rows have.

    Raises:
        EngineError: some rows have one, and others do not.
    """
    found = []
    for name in ("position_ids", "labels"):
        has = [name in row for row in rows]
        if any(has) and not all(has):
            rule = "must be a column of every row or of none"
            raise EngineError(f"{name}[{has.index(False)}]", "missing", rule, None)
        if has[0]:
            found.append(name)
    return found


def read_column(row: Mapping[str, Any], name: str, number: int) -> AnyIntArray:
    """Return a column of a row, (L,).

    Raises:
        EngineError: it is missing, or does not hold integers.
    """
    if name not in row:
        rule = "must be a column of every row"
        raise EngineError(name, "missing", rule, f"columns {sorted(row)}")
    low = 0 if name != "labels" else -_INT64
    high = MAX_POSITION if name == "position_ids" else _INT64 - 1
    return _read(row[name], f"{name}[{number}]", low, high)


def _read(value: Any, field: str, low: int, high: int) -> AnyIntArray:
    """Return integers, (N,).

    Raises:
        EngineError: they are not a list of integers in low..high.
    """
    if isinstance(value, torch.Tensor):
        value = value.cpu().numpy()
    array = np.asarray(value)
    if array.dtype == np.bool_:  # masks may be flags
        array = array.astype(np.int64)
    if array.ndim != 1:
        rule = "must be a list of integers"
        raise EngineError(field, "wrong_shape", rule, list(array.shape))
    if not array.size:
        return np.zeros(0, np.int64)
    return bounded_integers(array, field, low=low, high=high)
