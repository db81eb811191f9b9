"""Audits the shards of a job against its manifest and its corpus."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.audit import Audit, Report
from noising.corpus import BadRowError, DataFileError, Row
from noising.corpus.forms import hash_file, join_rows
from noising.corpus.forms.files import shorten
from noising.corpus.writers import Column
from noising.engine import ForwardProcess
from noising.jobs.errors import JobError
from noising.jobs.folder import MANIFEST, read_job_manifest
from noising.jobs.plan import NoiseJob, OutputOptions
from noising.replay import Manifest
from noising.replay.rows import find_fixed
from noising.replay.weights import choose_form

PART_TOKENS: Final = 1 << 19

Part: TypeAlias = Mapping[str, NDArray[Any]]
"""(B,) or (B, L) values by column, padded with 0."""


def audit_job(
    folder: Path,
    process: ForwardProcess | None = None,
    *,
    on_shard: Callable[[int, int], None] | None = None,
    **claims: Any,
) -> Report:
    """Return the verdict on what a job has written.

    The clean tokens are those of the corpus, also where shards have them. So rows that
    were mixed up are found.

    Args:
        folder: the folder of the job.
        process: what the noise should be; by default what the manifest says.
        on_shard: called with the number of shards that are done, and of all.
        **claims: arguments of `Audit` in place of those of the manifest.

    Raises:
        JobError: there is no manifest, a file has changed, or the job has moved exact
            numbers of tokens.
        DataFileError: a file cannot be read.
    """
    manifest = read_job_manifest(folder)
    call = manifest.call
    for name in ("count", "at_least"):
        if getattr(call, name) is not None:
            rule = f"has `{name}`, and audits are of tokens that move independently"
            raise JobError(f"{folder / MANIFEST}: {rule}")
    document = dict(manifest.job or {})
    shards = document.pop("shards")
    for key in ("rows", "tokens", "skipped_rows"):
        document.pop(key, None)
    job = NoiseJob(manifest=manifest, output=OutputOptions(**document), places=())
    form = call.form or choose_form(manifest.process, has_count=False)
    own = {
        "low": manifest.times.low,
        "high": manifest.times.high,
        "block": manifest.times.time_block,
        "form": form,
    }
    audited = Audit(process or manifest.process, **(own | claims))
    corpus = _Corpus(manifest)
    for done, shard in enumerate(shards, 1):
        path = folder / shard["name"]
        if hash_file(path) != shard["sha256"]:
            raise JobError(f"{path}: has changed since the job was done")
        for part in _read_parts(path, job):
            _add(audited, part, corpus.take(part["ids"], shard), manifest)
        if on_shard is not None:
            on_shard(done, len(shards))
    return audited.report()


class _Corpus:
    """The clean rows, which are scanned once for each draw."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        rows = [data.rows for data in manifest.data]
        self._first_ids = [0, *itertools.accumulate(rows)]
        self._file: tuple[int, int] | None = None
        self._rows: Iterator[tuple[int, Row | BadRowError]] = iter(())

    def take(self, ids: NDArray[Any], shard: Mapping[str, Any]) -> list[Row]:
        """Return the rows with ascending ids, which follow those taken before."""
        file = shard["file"], shard["draw"]
        data = self._manifest.data[shard["file"]]
        if file != self._file:
            self._file = file
            scanned = data.open_in().scan(0, data.rows)
            self._rows = enumerate(scanned, self._first_ids[shard["file"]])
        taken = []
        for wanted in ids.tolist():
            row = next((row for id_, row in self._rows if id_ == wanted), None)
            if not isinstance(row, Row):
                rule = f"row {wanted - self._first_ids[shard['file']]} must be readable"
                raise DataFileError(Path(data.path), rule)
            taken.append(row)
        return taken


def _read_parts(path: Path, job: NoiseJob) -> Iterator[Part]:
    """Yield the rows of a shard in parts."""
    columns = job.columns()
    if job.output.form == "npy":
        records = np.load(path, mmap_mode="r")
        height = max(1, PART_TOKENS // max(1, records.dtype["xt"].shape[0]))
        for start in range(0, len(records), height):
            yield _find_columns(records[start : start + height], columns)
        return
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield _pad_columns(file.read_row_group(group), columns)
    except pyarrow.ArrowException as error:
        raise DataFileError(path, f"cannot be read: {shorten(error)}") from error


def _find_columns(records: NDArray[Any], columns: list[Column]) -> Part:
    found = {column.name: records[column.name] for column in columns}
    for column in columns:
        if column.is_packed:
            flags = np.unpackbits(found[column.name], axis=1)
            found[column.name] = flags[:, : records.dtype["xt"].shape[0]]
    return found


def _pad_columns(table: Any, columns: list[Column]) -> Part:
    lengths = table["lengths"].to_numpy()
    real = np.arange(max(1, int(lengths.max()))) < lengths[:, None]
    found = {}
    for column in columns:
        values = table[column.name].combine_chunks()
        if not column.by_token:
            found[column.name] = values.to_numpy()
            continue
        if column.is_packed:
            flat = np.concatenate(
                [
                    np.unpackbits(np.frombuffer(bits, np.uint8), count=length)
                    for bits, length in zip(
                        values.to_pylist(), lengths.tolist(), strict=True
                    )
                ]
            )
        else:
            flat = values.flatten().to_numpy(zero_copy_only=False)
        padded = np.zeros(real.shape, column.dtype)
        padded[real] = flat
        found[column.name] = padded
    return found


def _add(audited: Audit, part: Part, rows: list[Row], manifest: Manifest) -> None:
    """Add the rows that have tokens to an audit."""
    for number, row in enumerate(rows):
        if row.tokens.size != part["lengths"][number]:
            rule = f"has {part['lengths'][number]} tokens, in the corpus"
            message = f"row {part['ids'][number]} {rule} {row.tokens.size}"
            raise JobError(message)
    chosen = np.flatnonzero(part["lengths"])
    if not chosen.size:
        return
    kept = [rows[place] for place in chosen.tolist()]
    length = int(part["lengths"].max())
    x0 = np.zeros((len(kept), length), np.int64)
    for target, row in zip(x0, kept, strict=True):
        target[: row.tokens.size] = row.tokens
    own = {
        name: values[chosen][:, :length] if values.ndim == 2 else values[chosen]
        for name, values in part.items()
    }
    if own["t"].ndim == 2:
        _continue_times(own, manifest)
    audited.add(
        x0,
        own["xt"],
        **{name: own[name] for name in ("alpha", "lengths", "weights", "ids")},
        **{"timestep": own["timestep"]} if "timestep" in own else {"t": own["t"]},
        moved=own["moved"].astype(np.bool_),
        epoch=own["draw"].astype(np.int64),
        protect=find_fixed(manifest.call, join_rows(kept), x0),
    )


def _continue_times(part: dict[str, NDArray[Any]], manifest: Manifest) -> None:
    """Continue the times of blocks into the padding, as a padded batch has them.

    An audit takes the times of whole blocks, and shards have those of tokens.
    """
    length, draw = part["t"].shape[1], int(part["draw"][0])
    times, _ = manifest.times.draw(
        manifest.process, part["ids"], seed=manifest.seed, draw=draw, length=length
    )
    real = np.arange(length) < part["lengths"][:, None]
    alphas = manifest.process.alpha(times)
    part["t"] = np.where(real, part["t"], times.astype(np.float32))
    part["alpha"] = np.where(real, part["alpha"], alphas.astype(np.float32))
