"""Noise for the rows of a data set, written into it by `datasets.map`."""

from collections.abc import Mapping
from typing import Any

from noising.hf.rows import EosPolicy, pad_rows
from noising.torch import Noiser


def noise_rows(
    row: Mapping[str, Any],
    index: Any,
    *,
    noiser: Noiser,
    eos: str,
    eos_token_id: int | None = None,
    draw: int = 0,
    column: str = "input_ids",
    **options: Any,
) -> dict[str, Any]:
    """Return noise of one row, or of several with `batched=True`.

        dataset.map(
            noise_rows, with_indices=True, fn_kwargs={"noiser": noiser, "eos": "learn"}
        )

    This noise is the same in every epoch, which is right for validation: every
    checkpoint sees the same. A model that trains on it overfits; `NoisingCollator`
    gives each epoch other noise. With the same ids, seed and draw both give the same.

    Args:
        row: columns of a row, or lists of them. `attention_mask`, `position_ids` and
            `labels` are treated as `NoisingCollator` does; tokens that the mask marks
            as padding are not in the result.
        index: the row's index in the data set, or a list of them: the ids.
        noiser: draws the noise.
        eos: "learn" or "protect", as in `NoisingCollator`.
        eos_token_id: id of end-of-sequence tokens, which "protect" needs.
        draw: which of several independent draws.
        column: name of the column with the tokens.
        **options: further arguments of the noiser's call, such as `t` or `count`.

    Returns:
        The new columns `xt`, `moved`, `t`, `alpha` and `weight`; `t`, `alpha` and
        `weight` are numbers, or lists where positions have their own.

    Raises:
        EngineError: a column is missing or does not fit.
    """
    is_batch = not isinstance(index, int)
    names = [
        name
        for name in (column, "attention_mask", "position_ids", "labels")
        if name in row
    ]
    rows = [{name: row[name] for name in names}]
    if is_batch:
        rows = [
            dict(zip(names, parts, strict=True))
            for parts in zip(*(row[name] for name in names), strict=True)
        ]
    batch = pad_rows(rows, index if is_batch else [index], tokens=column)
    policy = EosPolicy(eos=eos, eos_token_id=eos_token_id)
    n = batch.noise(noiser, draw=draw, policy=policy, **options)
    lengths = batch.lengths.tolist()
    columns = {}
    for name, values in n.as_dict().items():
        whole = values.tolist()
        if values.ndim == 2:
            whole = [part[:k] for part, k in zip(whole, lengths, strict=True)]
        columns[name] = whole if is_batch else whole[0]
    return columns
