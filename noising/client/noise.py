"""Batches of tokens as npy or safetensors, and their noised tokens."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from noising.client.errors import NoisingError

NPY: Final = "application/x-npy"
SAFETENSORS: Final = "application/vnd.safetensors"

LONGEST_QUERY: Final = 4096
"""Characters of parameters in a URL; longer ones are sent in the body, as metadata."""

PER_TOKEN: Final = frozenset({"protect", "weights"})
"""Parameters that may have one value for each token."""

Tokens = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoisedBatch:
    """What `NoisingClient.noise` returns.

    Attributes:
        tokens: noised tokens in the shape and dtype of the clean ones; for rows of
            different lengths a list of int64 arrays.
        seed: the seed that was used; it gives the same result again.
        fingerprint: SHA-256 of the specification of the noise process.
        alpha: alpha at the time, in its shape; None without `masks=True`.
        resampled: which tokens were resampled; None without `masks=True`.
        changed: which tokens have another id than before; None without `masks=True`.
    """

    tokens: Any
    seed: int
    fingerprint: str
    alpha: Any = None
    resampled: Any = None
    changed: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRequest:
    """A request's body and query, in one of the two binary formats.

    Attributes:
        media_type: media type of the request and the response.
        content: the body.
        params: the query.
        lengths: lengths of rows that were padded, or None.
    """

    media_type: str
    content: bytes
    params: dict[str, str]
    lengths: NDArray[np.int64] | None


def form_of(
    tokens: Any, *, masks: bool, tensors: dict[str, Any], params: dict[str, Any]
) -> EncodedRequest:
    """Return the body and query in which a batch is sent.

    Args:
        tokens: (L,) or (B, L) integers, or rows of different lengths.
        masks: whether to request masks, which npy cannot hold.
        tensors: parameters that may be arrays, by name; None is left out.
        params: other parameters, by name; None is left out.

    Raises:
        TypeError: the tokens are not integers.
        ValueError: rows of different lengths do not fit together.
    """
    array, lengths = padded(tokens)
    given = {name: value for name, value in tensors.items() if value is not None}
    query = {k: in_query(v) for k, v in params.items() if v is not None}
    if lengths is not None:
        if "lengths" in given:
            raise ValueError(
                "`lengths` are for padded rows: give rows of different lengths, or an "
                "array with `lengths`"
            )
        given["lengths"] = lengths
    for name in PER_TOKEN & given.keys():
        given[name] = like(lengths, name, given[name])
    arrays = {name: value for name, value in given.items() if np.ndim(value)}
    query |= {k: in_query(v) for k, v in given.items() if k not in arrays}
    is_long = sum(map(len, query.values())) > LONGEST_QUERY
    if not masks and not arrays and not is_long:
        file = io.BytesIO()
        np.save(file, little_endian(array), allow_pickle=False)
        return EncodedRequest(
            media_type=NPY, content=file.getvalue(), params=query, lengths=None
        )
    arrays = {"tokens": array, **arrays}
    contiguous = {name: little_endian(value) for name, value in arrays.items()}
    return EncodedRequest(
        media_type=SAFETENSORS,
        content=save(contiguous, query if is_long else None),
        params={} if is_long else query,
        lengths=lengths,
    )


def batch_of(
    response: httpx.Response, form: EncodedRequest, *, masks: bool
) -> NoisedBatch:
    """Return the noised batch of a response.

    Raises:
        NoisingError: the response is not a noised batch.
    """
    try:
        seed = int(response.headers["Noise-Seed"])
        fingerprint = response.headers["Noise-Fingerprint"]
        if form.media_type == NPY:
            noised = np.load(io.BytesIO(response.content), allow_pickle=False)
            return NoisedBatch(tokens=noised, seed=seed, fingerprint=fingerprint)
        tensors = load(response.content)
        parts = {
            name: cut(tensors[name], form.lengths)
            for name in ("noised_tokens", "resampled", "changed")
        }
        alpha = tensors["alpha"]
    except (EOFError, KeyError, SafetensorError, ValueError) as error:
        raise NoisingError(f"The response is not a noised batch: {error!r}.") from error
    noised = parts.pop("noised_tokens")
    extras = {**parts, "alpha": alpha[()]} if masks else {}
    return NoisedBatch(tokens=noised, seed=seed, fingerprint=fingerprint, **extras)


def padded(tokens: Any) -> tuple[Tokens, NDArray[np.int64] | None]:
    """Return tokens as one array, and the lengths of the rows if they differ.

    Raises:
        TypeError: they are not integers.
    """
    if is_rows(tokens):
        rows = [whole(np.asarray(row)) for row in tokens]
        sizes = np.array([row.size for row in rows])
        if (sizes != sizes[0]).any():
            return filled(rows, sizes, np.int64, 0), sizes
    return whole(np.asarray(tokens)), None


def like(lengths: NDArray[np.int64] | None, name: str, values: Any) -> NDArray[Any]:
    """Return values for each token as an array, padded like the tokens.

    Raises:
        ValueError: rows are not as long as the rows of tokens.
    """
    if lengths is None or not is_rows(values):
        return np.asarray(values)
    rows = [np.asarray(row) for row in values]
    sizes = [row.size for row in rows]
    if sizes != lengths.tolist():
        raise ValueError(
            f"`{name}` must have rows as long as the rows of `tokens`, "
            f"{lengths.tolist()}, got {sizes}"
        )
    # Weights must be above 0 in the padding too.
    return filled(rows, lengths, np.result_type(*(row for row in rows if row.size)), 1)


def is_rows(values: Any) -> bool:
    """Return whether values are a list of rows."""
    return isinstance(values, (list, tuple)) and any(
        np.ndim(row) == 1 for row in values[:1]
    )


def filled(
    rows: Sequence[NDArray[Any]], sizes: NDArray[np.int64], dtype: Any, filler: int
) -> NDArray[Any]:
    """Return rows as one array, each filled up to the length of the longest."""
    array = np.full((len(rows), int(sizes.max())), filler, dtype)
    for target, row in zip(array, rows, strict=True):
        target[: row.size] = row
    return array


def whole(array: NDArray[Any]) -> Tokens:
    """Return an array of integers.

    Raises:
        TypeError: it holds anything else.
    """
    if not array.size:
        return array.astype(np.int64)  # NumPy takes [] for floats
    if array.dtype.kind not in "iu":
        raise TypeError(f"`tokens` must be integers, got {array.dtype}")
    return array


def cut(values: NDArray[Any], lengths: NDArray[np.int64] | None) -> Any:
    """Return rows without their padding, as a list, or the array as it is."""
    if lengths is None:
        return values
    return [row[:length].copy() for row, length in zip(values, lengths, strict=True)]


def little_endian(value: Any) -> NDArray[Any]:
    """Return an array as the binary formats need it: little-endian, in C order."""
    array = np.asarray(value)
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def in_query(value: Any) -> str:
    """Return a value as text for the query."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    return json.dumps(value)
