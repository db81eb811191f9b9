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
"""Most characters of parameters in a URL; longer ones are metadata of the body."""

FILLERS: Final = {
    "protect": 0,
    "weights": 1,
    "timesteps": 0,
    "times": 0,
    "sequence_ids": 0,
    "positions": 0,
}
"""Values for the padding of parameters that may have one value for each token.

Weights must be above 0 there too.
"""

Tokens = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoisedBatch:
    """The result of `NoisingClient.noise`.

    Attributes:
        tokens: noised tokens in the shape and dtype of the clean ones; a list of int64
            arrays for rows of different lengths.
        seed: the seed that was used; the same seed gives the same result.
        fingerprint: SHA-256 of the specification of the noise process.
        alpha: alpha at the requested times, in their shape; None without `masks=True`.
        resampled: which tokens were resampled; None without `masks=True`.
        changed: which tokens have another id; None without `masks=True`.
        complement: the tokens with noise at exactly the other positions, except
            protected ones and padding; None without `complement=True`.
    """

    tokens: Any
    seed: int
    fingerprint: str
    alpha: Any = None
    resampled: Any = None
    changed: Any = None
    complement: Any = None


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
    tokens: Any,
    *,
    one_array: bool,
    tensors: dict[str, Any],
    params: dict[str, Any],
) -> EncodedRequest:
    """Return the body and query of a request to noise a batch.

    Args:
        tokens: (L,) or (B, L) integers, or rows of different lengths.
        one_array: whether the noised tokens suffice; npy cannot contain more.
        tensors: parameters that may be arrays, by name; None is omitted.
        params: other parameters, by name; None is omitted.

    Raises:
        TypeError: the tokens are not integers.
        ValueError: rows of different lengths do not fit together.
    """
    array, lengths = pad_tokens(tokens)
    values = {name: value for name, value in tensors.items() if value is not None}
    query = {k: format_query(v) for k, v in params.items() if v is not None}
    if lengths is not None:
        if "lengths" in values:
            raise ValueError(
                "`lengths` are for padded rows: pass rows of different lengths, or an "
                "array with `lengths`"
            )
        values["lengths"] = lengths
    for name in FILLERS.keys() & values.keys():
        values[name] = pad_values(lengths, name, values[name])
    arrays = {name: value for name, value in values.items() if np.ndim(value)}
    query |= {k: format_query(v) for k, v in values.items() if k not in arrays}
    is_long = sum(map(len, query.values())) > LONGEST_QUERY
    if one_array and not arrays and not is_long:
        file = io.BytesIO()
        np.save(file, make_little_endian(array), allow_pickle=False)
        return EncodedRequest(
            media_type=NPY, content=file.getvalue(), params=query, lengths=None
        )
    arrays = {"tokens": array, **arrays}
    contiguous = {name: make_little_endian(value) for name, value in arrays.items()}
    return EncodedRequest(
        media_type=SAFETENSORS,
        content=save(contiguous, query if is_long else None),
        params={} if is_long else query,
        lengths=lengths,
    )


def batch_of(
    response: httpx.Response, form: EncodedRequest, *, masks: bool, complement: bool
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
        names = ["noised_tokens", "resampled", "changed"]
        if complement:
            names.append("complement")
        parts = {name: unpad(tensors[name], form.lengths) for name in names}
        alpha = tensors["alpha"]
    except (EOFError, KeyError, SafetensorError, ValueError) as error:
        raise NoisingError(f"The response is not a noised batch: {error!r}.") from error
    noised, other = parts.pop("noised_tokens"), parts.pop("complement", None)
    extras = {**parts, "alpha": alpha[()]} if masks else {}
    return NoisedBatch(
        tokens=noised, seed=seed, fingerprint=fingerprint, complement=other, **extras
    )


def pad_tokens(tokens: Any) -> tuple[Tokens, NDArray[np.int64] | None]:
    """Return tokens as one array, and the lengths of the rows if they differ.

    Raises:
        TypeError: they are not integers.
    """
    if is_rows(tokens):
        rows = [check_integers(np.asarray(row)) for row in tokens]
        sizes = np.array([row.size for row in rows])
        if (sizes != sizes[0]).any():
            return pad_rows(rows, sizes, np.int64, 0), sizes
    return check_integers(np.asarray(tokens)), None


def pad_values(lengths: NDArray[np.int64] | None, name: str, values: Any) -> Any:
    """Return rows of values as an array, padded like the tokens; others as they are.

    Raises:
        ValueError: rows have other lengths than the rows of tokens.
    """
    if lengths is None or not is_rows(values):
        return values
    rows = [np.asarray(row) for row in values]
    sizes = [row.size for row in rows]
    if sizes != lengths.tolist():
        raise ValueError(
            f"`{name}` must have rows as long as the rows of `tokens`, "
            f"{lengths.tolist()}, got {sizes}"
        )
    dtype = np.result_type(*(row for row in rows if row.size))
    return pad_rows(rows, lengths, dtype, FILLERS[name])


def is_rows(values: Any) -> bool:
    """Return whether values are a list of rows."""
    return isinstance(values, (list, tuple)) and any(
        np.ndim(row) == 1 for row in values[:1]
    )


def pad_rows(
    rows: Sequence[NDArray[Any]], sizes: NDArray[np.int64], dtype: Any, filler: int
) -> NDArray[Any]:
    """Return rows as one array, each padded to the length of the longest."""
    array = np.full((len(rows), int(sizes.max())), filler, dtype)
    for target, row in zip(array, rows, strict=True):
        target[: row.size] = row
    return array


def check_integers(array: NDArray[Any]) -> Tokens:
    """Return the array if it contains integers.

    Raises:
        TypeError: it contains anything else.
    """
    if not array.size:
        return array.astype(np.int64)  # NumPy makes float64 of []
    if array.dtype.kind not in "iu":
        raise TypeError(f"`tokens` must be integers, got {array.dtype}")
    return array


def unpad(values: NDArray[Any], lengths: NDArray[np.int64] | None) -> Any:
    """Return a list of rows without padding, or the array if there is no padding."""
    if lengths is None:
        return values
    return [row[:length].copy() for row, length in zip(values, lengths, strict=True)]


def make_little_endian(value: Any) -> NDArray[Any]:
    """Return a little-endian array in C order, as the binary formats need it."""
    array = np.asarray(value)
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def format_query(value: Any) -> str:
    """Return a value as text for the query string."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    return json.dumps(value)
