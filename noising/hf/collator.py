"""A collator that pads the rows of a batch and noises them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch

from noising.engine import EngineError
from noising.engine.arrays import bounded_integers
from noising.hf.rows import IGNORE_INDEX, EosPolicy, PaddedRows, pad_rows
from noising.torch import Noiser

LABELS: Final = ("moved", "eligible")

_MAX_DRAW: Final = (1 << 32) - 1


class NoisingCollator:
    """Pads rows and noises them, in the training process or in workers of a DataLoader.

        collator = NoisingCollator(
            noiser, pad_token_id=0, eos="protect", eos_token_id=2
        )
        collator.set_epoch(epoch)  # before each epoch, as with DistributedSampler

    The noise of a row depends on the noiser's seed, the row's id and the epoch, and not
    on the batch, its padding or the worker. Rows need the columns `input_ids` and `id`,
    the row's index in the data set. `Trainer` drops `id`, since no model takes it,
    unless `TrainingArguments(remove_unused_columns=False)`.

    Further columns are optional. Tokens that `attention_mask` marks as padding are
    removed before the batch is padded on the right. Tokens whose `labels` are -100,
    such as a prompt's, never change. A packed row has a list of its tokens' sequence
    ids as `id`, and their positions within their sequences as `position_ids`. All other
    columns are left out.

    A batch holds these tensors:
        input_ids: (B, L) int64, noised tokens.
        labels: (B, L) int64, clean tokens where a loss is due, else -100. They belong
            to the same position, so that a model must not shift them.
        attention_mask: (B, L) int64, 0 for padding.
        moved: (B, L) bool, where a token was resampled.
        t, weight: (B,) or (B, L) float32, times and weights of the losses.
        id: the ids, (B,) or (B, L), under the name of their column.
        position_ids: (B, L) int64, if the rows have them.

    The epoch lies in shared memory, so that `set_epoch` also reaches worker processes
    that live on between epochs (`persistent_workers=True`). Workers load ahead: set it
    before an epoch's iterator is made, never within an epoch. For `Trainer`, pass the
    callback of `make_epoch_callback`.

    Args:
        noiser: draws the noise.
        pad_token_id: id of padding, any integer from 0. Padding is told by its place
            and not by this id, which may also be that of end-of-sequence tokens.
        eos: "learn" noises end-of-sequence tokens like all others, so that the model
            learns where a text ends; "protect" never changes them.
        eos_token_id: their id, which "protect" needs.
        labels: "moved" gives labels to the tokens that were resampled; "eligible" to
            all that are neither protected nor padding, as losses of uniform noise need.
        id_column: name of the column with ids.
        pad_to_multiple_of: the padded length is a multiple of it.
        count: as in `Noiser.__call__`, exactly so many tokens of each row move.
        at_least: as in `Noiser.__call__`, at least so many tokens of each row move.
        block: as in `Noiser.__call__`, makes both hold for every block of columns.
        epoch: the first epoch. Validation keeps one epoch, and so the same noise.

    Raises:
        EngineError: an argument is invalid; names it.
    """

    def __init__(
        self,
        noiser: Noiser,
        pad_token_id: int,
        *,
        eos: str,
        eos_token_id: int | None = None,
        labels: str = "moved",
        id_column: str = "id",
        pad_to_multiple_of: int = 1,
        count: int | None = None,
        at_least: int | None = None,
        block: int | None = None,
        epoch: int = 0,
    ) -> None:
        bounded_integers(pad_token_id, "pad_token_id", low=0, high=(1 << 63) - 1)
        bounded_integers(pad_to_multiple_of, "pad_to_multiple_of", low=1, high=1 << 31)
        if labels not in LABELS:
            rule = "must be `moved` or `eligible`"
            raise EngineError("labels", "unknown_name", rule, labels)
        self.noiser = noiser
        self.pad_token_id = pad_token_id
        self.policy = EosPolicy(eos=eos, eos_token_id=eos_token_id)
        self.labels = labels
        self.id_column = id_column
        self.pad_to_multiple_of = pad_to_multiple_of
        self.options = {"count": count, "at_least": at_least, "block": block}
        # A worker process gets the memory itself, however it is started.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        self.set_epoch(epoch)

    @property
    def epoch(self) -> int:
        """The epoch of the next batches."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Select the noise of an epoch, 0..2^32-1, for the batches that follow.

        Raises:
            EngineError: it is out of range.
        """
        bounded_integers(epoch, "epoch", low=0, high=_MAX_DRAW)
        self._epoch.fill_(int(epoch))

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Return a batch.

        Args:
            rows: the rows, each a mapping of columns.

        Raises:
            EngineError: a row lacks its id, or a column does not fit.
        """
        ids = [self._find_id(row) for row in rows]
        batch = pad_rows(rows, ids, multiple=self.pad_to_multiple_of)
        self._check_padding(rows, batch)
        n = batch.noise(
            self.noiser, draw=self.epoch, policy=self.policy, **self.options
        )
        padding = batch.find_padding()
        due = n.moved if self.labels == "moved" else ~self._find_fixed(batch, padding)
        result = {
            "input_ids": n.xt.masked_fill(padding, self.pad_token_id),
            "labels": batch.tokens.masked_fill(~due, IGNORE_INDEX),
            "attention_mask": (~padding).to(torch.int64),
            "moved": n.moved,
            "t": n.t,
            "weight": n.weight,
            self.id_column: batch.ids,
        }
        if batch.positions is not None:
            result["position_ids"] = batch.positions
        return result

    def _find_id(self, row: Mapping[str, Any]) -> Any:
        if self.id_column not in row:
            raise EngineError(
                self.id_column,
                "missing",
                "must be a column of every row, the row's index in the data set",
                f"columns {sorted(row)}",
                "add it with `dataset.map(lambda row, i: {'"
                + self.id_column
                + "': i}, with_indices=True)`; if the data set has it, `Trainer` "
                "dropped it: set `TrainingArguments(remove_unused_columns=False)`",
            )
        return row[self.id_column]

    def _check_padding(
        self, rows: Sequence[Mapping[str, Any]], batch: PaddedRows
    ) -> None:
        """Check that no row comes with padding that nothing marks as such."""
        if self.pad_token_id == self.policy.eos_token_id:
            return  # it may be the end of the sequence
        last = batch.tokens.gather(1, batch.lengths[:, None] - 1)[:, 0]
        for i in (last == self.pad_token_id).nonzero()[:, 0].tolist():
            if "attention_mask" not in rows[i]:
                raise EngineError(
                    f"input_ids[{i}]",
                    "padded",
                    "must not end with padding in a row without `attention_mask`",
                    self.pad_token_id,
                    "keep the `attention_mask` of the tokenizer, or do not pad before "
                    "the collator; if this id also ends sequences, pass it as "
                    "`eos_token_id`",
                )

    def _find_fixed(self, batch: PaddedRows, padding: torch.Tensor) -> torch.Tensor:
        """Return where tokens are protected or padding, (B, L)."""
        fixed = padding
        if self.policy.eos == "protect":
            fixed = fixed | (batch.tokens == self.policy.eos_token_id)
        if batch.labels is not None:
            fixed = fixed | (batch.labels == IGNORE_INDEX)
        return fixed
