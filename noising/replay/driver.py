"""Makes rows of a training run again: the tokens, noise, times and weights."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from noising.corpus.data import DataFile
from noising.corpus.forms import DataFileError, Row, join_rows
from noising.engine import EngineError
from noising.engine.arrays import (
    IntArray,
    bounded_integers,
)
from noising.replay.manifest import Manifest
from noising.replay.order import check_count
from noising.replay.rows import Replayed, find_problem, noise_rows

MAX_TOKENS: Final = 1 << 28
"""Tokens that one replay returns at most, with padding."""


def find_step_ids(manifest: Manifest, step: int, rank: int | None = None) -> IntArray:
    """Return the ids of the rows of a step, ascending.

    Args:
        manifest: the manifest.
        step: number of the step in its epoch, from 0.
        rank: number of a process, or None for the rows of all.

    Raises:
        EngineError: the manifest has no order, or the step or rank does not exist.
    """
    if manifest.order is None:
        raise EngineError(
            "order",
            "missing",
            "must be given to find the rows of a step",
            None,
            "name the rows by ids, as for every run that shuffles; for a run in the "
            "order of the files pass `order` to Noiser.manifest",
        )
    return manifest.order.find_rows(step, rank, _count_rows(manifest))


def find_files(manifest: Manifest, ids: Any) -> list[DataFile]:
    """Return the data files that hold the rows with some ids.

    Raises:
        EngineError: an id is no row of the data files.
    """
    places = _place_rows(manifest, _check_ids(manifest, ids))
    return [manifest.data[place] for place in sorted({place for place, _ in places})]


def replay(
    manifest: Manifest, ids: Any, *, draw: int = 0, folder: Path | None = None
) -> Replayed:
    """Return rows as the run saw them.

    It does not compare digests of the files with the manifest's, which
    `DataFile.find_changes` does.

    Args:
        manifest: the manifest.
        ids: (B,) numbers of rows in all data files.
        draw: which of several independent draws, such as the epoch.
        folder: the folder of relative paths; by default the current one.

    Raises:
        EngineError: an argument is invalid, or the manifest does not fit the rows.
        DataFileError: a data file is not as the manifest says.
    """
    checked = _check_ids(manifest, ids)
    rows = _read_rows(manifest, checked, folder or Path())
    return noise_rows(manifest, join_rows(rows), checked, draw)


def _count_rows(manifest: Manifest) -> int:
    if not manifest.data:
        rule = "must describe the data files"
        way_out = "write the manifest with Noiser.manifest(data=[paths])"
        raise EngineError("data", "missing", rule, [], way_out)
    return manifest.rows


def _check_ids(manifest: Manifest, ids: Any) -> IntArray:
    total = _count_rows(manifest)
    way_out = "ids are the numbers of rows in all data files, from 0"
    array = bounded_integers(ids, "ids", low=0, high=total - 1, way_out=way_out)
    if array.ndim != 1 or not array.size:
        rule = "must be a list of at least one id"
        raise EngineError("ids", "wrong_shape", rule, list(array.shape))
    check_count(array.size)
    return array.astype(np.int64)


def _place_rows(manifest: Manifest, ids: IntArray) -> list[tuple[int, int]]:
    """Return the file and the number of the row in it, for each id."""
    ends = np.cumsum([each.rows for each in manifest.data])
    files = np.searchsorted(ends, ids, side="right")
    starts = ends - [each.rows for each in manifest.data]
    return list(zip(files.tolist(), (ids - starts[files]).tolist(), strict=True))


def _read_rows(manifest: Manifest, ids: IntArray, folder: Path) -> list[Row]:
    """Return the rows, each checked to lie in the vocabulary."""
    rows = [Row(np.empty(0, np.int64))] * ids.size
    wanted: dict[int, list[tuple[int, int]]] = {}
    for place, (file, number) in enumerate(_place_rows(manifest, ids)):
        wanted.setdefault(file, []).append((place, number))
    for file, pairs in wanted.items():
        described = manifest.data[file]
        numbers = [number for _, number in pairs]
        read = described.open_in(folder).read(numbers)
        for (place, number), row in zip(pairs, read, strict=True):
            if problem := find_problem(row.tokens, manifest.process):
                path = folder / described.path
                raise DataFileError(path, f"row {number}: {problem}")
            rows[place] = row
    return rows
