"""The safetensors format: named arrays, checked completely and read without a copy.

A file is the length of its header (8 bytes), the header as JSON, and the data. Every
byte of the data belongs to exactly one tensor.
Source: the format's description in the safetensors repository, version 0.8.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError

from noising.api.problems import shorten

MEDIA_TYPE = "application/vnd.safetensors"
LENGTH_BYTES: Final = 8
ALIGNMENT: Final = 8
METADATA: Final = "__metadata__"
MOST_DIMENSIONS: Final = 8
MOST_ITEMS: Final = 2**48

DTYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
"""The format's dtypes that NumPy has."""

NAMES: Mapping[np.dtype[Any], str] = {dtype: name for name, dtype in DTYPES.items()}


def read_tensors(body: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the tensors of a body, views of its bytes, and its metadata.

    Raises:
        ParseError: the body is not a safetensors file, or its header and its data
            disagree.
        ValidationError: a tensor has a dtype that NumPy does not have.
    """
    start = _find_data(body)
    header = _parse_header(body[LENGTH_BYTES:start])
    metadata = _check_metadata(header.pop(METADATA, {}))
    data = memoryview(body)[start:]
    spans: list[tuple[int, int]] = []
    tensors: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        dtype, shape, span = _check_entry(name, entry, len(data))
        array = np.frombuffer(data[slice(*span)], dtype).reshape(shape)
        # The data may begin at any byte; a copy then has NumPy's alignment.
        tensors[name] = array if array.flags.aligned else array.copy()
        spans.append(span)
    _check_cover(spans, len(data))
    return tensors, metadata


def write_tensors(
    tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]
) -> bytes:
    """Return arrays and metadata as a safetensors file: equal bytes for equal input.

    The safetensors library changes the order of the metadata with each call.
    """
    arrays = [(name, np.asarray(tensors[name], order="C")) for name in sorted(tensors)]
    arrays.sort(key=lambda item: -item[1].itemsize)  # so that each begins aligned
    header: dict[str, Any] = {METADATA: dict(sorted(metadata.items()))}
    begin = 0
    for name, array in arrays:
        end = begin + array.nbytes
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": array.shape,
            "data_offsets": [begin, end],
        }
        begin = end
    text = orjson.dumps(header)
    text += b" " * (-len(text) % ALIGNMENT)
    length = len(text).to_bytes(LENGTH_BYTES, "little")
    return b"".join([length, text, *(array.data for _, array in arrays)])


def _find_data(body: bytes) -> int:
    if len(body) < LENGTH_BYTES:
        raise ParseError("The body is not a safetensors file: it is too short.")
    length = int.from_bytes(body[:LENGTH_BYTES], "little")
    if length > len(body) - LENGTH_BYTES:
        raise ParseError(
            f"The safetensors header declares {length} bytes, but "
            f"{len(body) - LENGTH_BYTES} follow."
        )
    return LENGTH_BYTES + length


def _parse_header(text: bytes) -> dict[str, Any]:
    """Return the header, in which no key may be repeated."""
    if not text.startswith(b"{"):
        raise ParseError("The safetensors header must be a JSON object.")
    try:
        orjson.loads(text)  # strict about JSON, but silent about repeated keys
        header: dict[str, Any] = json.loads(text, object_pairs_hook=_make_dict)
    except (ValueError, RecursionError) as error:
        reason = shorten(str(error))
        raise ParseError(f"The safetensors header is not valid: {reason}.") from None
    return header


def _make_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"the key {shorten(key)!r} occurs twice")
        entries[key] = value
    return entries


def _check_metadata(metadata: Any) -> dict[str, str]:
    is_text = isinstance(metadata, dict) and all(
        isinstance(value, str) for value in metadata.values()
    )
    if not is_text:
        raise ParseError("The safetensors metadata must be an object of strings.")
    return dict(metadata)


def _check_entry(
    name: str, entry: Any, available: int
) -> tuple[np.dtype[Any], list[int], tuple[int, int]]:
    """Return dtype, shape and span of a tensor within the data."""
    label = shorten(name)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ParseError(
            f"The tensor {label!r} must have dtype, shape and data_offsets."
        )
    shape, span = entry["shape"], entry["data_offsets"]
    if not _are_sizes(shape) or len(shape) > MOST_DIMENSIONS:
        raise ParseError(
            f"The shape of the tensor {label!r} must be a list of at most "
            f"{MOST_DIMENSIONS} whole numbers."
        )
    if not _are_sizes(span) or len(span) != 2 or not span[0] <= span[1] <= available:
        raise ParseError(
            f"The data_offsets of the tensor {label!r} must lie in order within the "
            f"{available} bytes of data."
        )
    dtype = entry["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        text = f"`{label}` must have one of the dtypes {', '.join(DTYPES)}"
        text += f", got {shorten(str(dtype))!r}."
        raise ValidationError({name: [ErrorDetail(text, "wrong_dtype")]})
    # NumPy makes an empty array of a shape with a zero, but multiplies the others.
    if math.prod(filter(None, shape)) > MOST_ITEMS:
        raise ParseError(f"The shape of the tensor {label!r} is too large.")
    size = math.prod(shape) * DTYPES[dtype].itemsize
    if size != span[1] - span[0]:
        raise ParseError(
            f"The tensor {label!r} has a shape of {size} bytes, but data_offsets of "
            f"{span[1] - span[0]} bytes."
        )
    if span[0] % DTYPES[dtype].itemsize:
        raise ParseError(
            f"The tensor {label!r} must begin at a multiple of its item's size, got "
            f"{span[0]}."
        )
    return DTYPES[dtype], shape, (span[0], span[1])


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(
        type(item) is int and 0 <= item < 2**48 for item in value
    )


def _check_cover(spans: list[tuple[int, int]], available: int) -> None:
    """Refuse data that belongs to two tensors or to no tensor."""
    end_of_last = 0
    for begin, end in sorted(spans):
        if begin != end_of_last:
            break
        end_of_last = end
    else:
        if end_of_last == available:
            return
    raise ParseError(
        f"Each of the {available} bytes of the data must belong to exactly one tensor; "
        f"from byte {end_of_last} on this is not so."
    )
