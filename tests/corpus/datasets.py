"""Data files of every form with rows of token ids, written as other programs do."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_npy(folder: Path, rows: Sequence[Sequence[int]]) -> Path:
    path = folder / "rows.npy"
    np.save(path, np.array(rows))
    return path


def write_json_lines(folder: Path, rows: Sequence[Sequence[int]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(list(row)) for row in rows))
    return path


def write_raw(folder: Path, rows: Sequence[Sequence[int]], dtype: str) -> Path:
    """Write a .bin file as nanoGPT's prepare.py does."""
    path = folder / "rows.bin"
    np.concatenate([np.array(row, dtype) for row in rows]).tofile(path)
    return path


CODES = {"u1": 1, "i1": 2, "i2": 3, "i4": 4, "i8": 5, "f8": 6, "f4": 7, "u2": 8}


def pack_index(
    lengths: Sequence[int],
    dtype: str,
    *,
    magic: bytes = b"MMIDIDX\x00\x00",
    version: int = 1,
    code: int | None = None,
    sequences: int | None = None,
    documents: Sequence[int] | None = None,
    firsts: Sequence[int] | None = None,
) -> bytes:
    """Return an .idx file, as IndexedDatasetBuilder of Megatron writes it."""
    width = np.dtype(dtype).itemsize
    if documents is None:
        documents = range(len(lengths) + 1)
    if firsts is None:
        firsts = [width * sum(lengths[:place]) for place in range(len(lengths))]
    return b"".join(
        [
            magic,
            struct.pack("<Q", version),
            struct.pack("<B", CODES[dtype] if code is None else code),
            struct.pack("<Q", len(lengths) if sequences is None else sequences),
            struct.pack("<Q", len(documents)),
            np.array(lengths, "<i4").tobytes(),
            np.array(firsts, "<i8").tobytes(),
            np.array(documents, "<i8").tobytes(),
        ]
    )


def write_indexed(folder: Path, rows: Sequence[Sequence[int]], dtype: str) -> Path:
    path = folder / "rows.idx"
    path.write_bytes(pack_index([len(row) for row in rows], dtype))
    tokens = np.concatenate([np.array(row, dtype) for row in rows])
    path.with_suffix(".bin").write_bytes(tokens.tobytes())
    return path
