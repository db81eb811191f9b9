"""The npy format: one array of integers, read without a copy and without pickle.

NumPy's own reader evaluates the header as Python and allocates the memory that it
declares. Here a grammar matches the header, and its shape must match the body's size.
Source: numpy.lib.format, versions 1.0 to 3.0.
"""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError

from noising.api.problems import shorten

MEDIA_TYPE = "application/x-npy"
MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000
ALIGNMENT = 64

LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
"""Bytes of the header's length, by version."""

ITEM = (
    r"(?:'descr' *: *(?P<descr{n}>'[^'\\]*'|\[[^'\\]*(?:'[^'\\]*'[^'\\]*)*\])"
    r"|'fortran_order' *: *(?P<fortran{n}>True|False)"
    r"|'shape' *: *\((?P<shape{n}>[0-9, ]*)\))"
)
HEADER = re.compile(
    r"\{ *" + " *, *".join(ITEM.format(n=n) for n in range(3)) + r"(?: *,)? *\} *\n?"
)
"""A dictionary of three items, in any order."""

SHAPE = re.compile(r" ?[0-9]{1,12} ?, ?(?:[0-9]{1,12} ?,? ?)?")
INTEGER = re.compile(r"\|[iu]1|<[iu][248]")
"""Integers in little-endian order; single bytes have no order."""


def read_npy(body: bytes) -> NDArray[Any]:
    """Return the array of a body, (L,) or (B, L), a view of its bytes.

    Raises:
        ParseError: the body is not an npy file, or its header and its size disagree.
        ValidationError: the array cannot be tokens: objects, floats, another order of
            bytes or axes.
    """
    start, text = _read_header(body)
    descr, is_fortran, shape = _parse_header(text)
    if not INTEGER.fullmatch(descr):
        raise _tokens_error(
            "wrong_dtype", f"hold little-endian integers, got {shorten(descr)!r}"
        )
    if is_fortran:
        raise _tokens_error("fortran_order", "be in C order, got fortran_order True")
    if not SHAPE.fullmatch(shape):
        raise _tokens_error(
            "wrong_shape", f"have one or two axes, got the shape ({shorten(shape)})"
        )
    sizes = [int(size) for size in shape.split(",") if size.strip()]
    dtype = np.dtype(descr)
    declared = math.prod(sizes) * dtype.itemsize
    if declared != len(body) - start:
        raise ParseError(
            f"The npy header declares {declared} bytes of data, but "
            f"{len(body) - start} follow it."
        )
    array = np.frombuffer(body, dtype, offset=start).reshape(sizes)
    # A header of an odd length is legal; a copy then has NumPy's alignment.
    return array if array.flags.aligned else array.copy()


def write_npy(array: NDArray[Any]) -> bytes:
    """Return a C-contiguous array of numbers as an npy file, version 1.0."""
    shape = "".join(f"{size}, " for size in array.shape)
    shape = f"({shape.rstrip() if array.ndim == 1 else shape.removesuffix(', ')})"
    text = (
        f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    )
    size = len(MAGIC) + 4 + len(text) + 1
    header = text + " " * (-size % ALIGNMENT) + "\n"
    start = MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    return b"".join([start, array.data])


def _read_header(body: bytes) -> tuple[int, str]:
    """Return the index of the data's first byte, and the header's text."""
    if not body.startswith(MAGIC):
        raise ParseError(
            "The body is not an npy file: its first bytes are not those of the format."
        )
    version = tuple(body[len(MAGIC) : len(MAGIC) + 2])
    width = LENGTH_BYTES.get(version) if len(version) == 2 else None
    if width is None:
        raise ParseError(
            f"The npy version must be 1.0, 2.0 or 3.0, got {list(version)}."
        )
    begin = len(MAGIC) + 2 + width
    length = int.from_bytes(body[begin - width : begin], "little")
    if length > LONGEST_HEADER or begin + length > len(body):
        raise ParseError(
            f"The npy header must fit the body and {LONGEST_HEADER} bytes, but it "
            f"declares {length} bytes."
        )
    return begin + length, body[begin : begin + length].decode("latin-1")


def _parse_header(text: str) -> tuple[str, bool, str]:
    """Return dtype, whether it is in Fortran order, and shape, as in the header."""
    match = HEADER.fullmatch(text)
    entries: dict[str, str] = {}
    if match:
        groups = match.groupdict().items()
        entries = {name[:-1]: value for name, value in groups if value is not None}
    if len(entries) != 3:
        raise ParseError(
            "The npy header must be a dictionary of descr, fortran_order and shape."
        )
    return entries["descr"].strip("'"), entries["fortran"] == "True", entries["shape"]


def _tokens_error(code: str, rule: str) -> ValidationError:
    return ValidationError({"tokens": [ErrorDetail(f"`tokens` must {rule}.", code)]})
