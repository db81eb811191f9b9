"""Noises a corpus: each shard is a pure function of the corpus, the noise and the seed.

The noise of a row depends on its id only, and a shard has rows of one file in one draw.
So any number of workers, in any order, with any restarts, writes the same bytes.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from noising.corpus import BadRowError, DataFileError, RowReader
from noising.corpus.forms import MAX_ROW_TOKENS, Block, hash_file, join_blocks
from noising.corpus.writers import (
    ArrayShard,
    ParquetShard,
    ShardWriter,
    replace_when_whole,
    write_whole,
)
from noising.engine import EngineError
from noising.engine.arrays import IntArray
from noising.jobs.errors import JobError
from noising.jobs.executors import Executor
from noising.jobs.folder import (
    JOB,
    RUNNING,
    close_folder,
    format_document,
    open_folder,
)
from noising.jobs.plan import NoiseJob, OutputOptions, Shard
from noising.jobs.scan import scan_checked
from noising.replay import Manifest, read_manifest
from noising.replay.rows import Replayed, find_problem, noise_rows

BATCH_TOKENS: Final = 1 << 19
"""Tokens that are noised at once, with padding. A row group has as many, so that this
number is a part of the form of a shard."""

BATCH_ROWS: Final = 1 << 16
"""Rows that are noised at once, likewise."""

MAX_PADDED: Final = 1 << 30
"""Tokens of a shard of padded records, with padding."""

MAX_LISTED: Final = 1000
"""Skipped rows of a shard that its record names."""


class NoiseTask(NamedTuple):
    """A shard to be written.

    Attributes:
        folder: the folder of the job.
        data_folder: the folder of the data files' relative paths.
        digest: SHA-256 of the plan in it.
        shard: the shard.
        skips: whether bad rows are left out.
    """

    folder: Path
    data_folder: Path
    digest: str
    shard: Shard
    skips: bool


@dataclass(slots=True)
class Outcome:
    """What a job has done so far.

    Attributes:
        shards: number of shards that are done.
        all_shards: number of shards of the job.
        kept_shards: those that were whole before, when a job goes on.
        rows: number of rows that were written, in all draws.
        tokens: number of their tokens.
        skipped_rows: number of rows that were left out.
        errors: a line for each bad row or shard, as far as they are listed.
        is_whole: whether all shards are written, and the manifest.
    """

    shards: int = 0
    all_shards: int = 0
    kept_shards: int = 0
    rows: int = 0
    tokens: int = 0
    skipped_rows: int = 0
    errors: list[str] = field(default_factory=list)
    is_whole: bool = False


def noise_corpus(
    job: NoiseJob,
    folder: Path,
    executor: Executor,
    *,
    resume: bool = False,
    skips: bool = False,
    on_progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Write the shards of a job and its manifest.

    Args:
        job: the job.
        folder: a new or empty folder.
        executor: runs it.
        resume: go on with the same job, which was stopped: shards whose digest is that
            of their record are kept.
        skips: leave bad rows out, and count them; otherwise the job stops at one.
            Shards that are whole stay in both cases.
        on_progress: called before the first shard, after each, and at the end. An
            exception in it stops the job.

    Raises:
        JobError: the folder is not empty, or another job's.
    """
    document = job.as_dict()
    digest = open_folder(folder, document, resume=resume)
    shards = job.shards()
    tasks = [
        NoiseTask(folder.absolute(), Path.cwd(), digest, shard, skips)
        for shard in shards
    ]
    outcome = Outcome(all_shards=len(shards))
    report = on_progress or _ignore
    report(outcome)
    records: dict[str, dict[str, Any]] = {}
    for record, is_kept in executor.run(noise_shard, tasks):
        records[record["name"]] = record
        outcome.rows += record["rows"]
        outcome.tokens += record["tokens"]
        outcome.skipped_rows += record["skipped_rows"]
        outcome.errors += record["skipped"]
        if "error" in record:
            outcome.errors.append(record["error"])
            if not skips:
                break
        else:
            outcome.shards += 1
            outcome.kept_shards += is_kept
        report(outcome)
    outcome.is_whole = len(records) == len(shards) and not any(
        "error" in record for record in records.values()
    )
    if outcome.is_whole:
        names = [shard.name(job.output.form) for shard in shards]
        close_folder(folder, document, [records[name] for name in names])
    report(outcome)
    return outcome


def _ignore(outcome: Outcome) -> None:
    pass


def noise_shard(task: NoiseTask) -> tuple[dict[str, Any], bool]:
    """Write a shard and its record; return the record, and whether it was there before.

    A record with `error` is of a shard that is not written.
    """
    job, shard = _read_plan(task.folder, task.digest), task.shard
    name = shard.name(job.output.form)
    path, record_path = task.folder / name, task.folder / RUNNING / f"{name}.json"
    record = _read_record(record_path)
    if record is not None and path.is_file() and hash_file(path) == record["sha256"]:
        return record, True
    work = _ShardWork(
        job=job, shard=shard, skips=task.skips, data_folder=task.data_folder
    )
    record = {"name": name, "file": shard.file, "draw": shard.draw}
    record |= {"first_id": shard.first_id}
    try:
        with replace_when_whole(path) as temporary:
            work.write(temporary)
    except (DataFileError, EngineError) as error:
        failed = {"rows": 0, "tokens": 0, "error": work.shorten(error)}
        return record | work.describe() | failed, False
    record |= {"sha256": hash_file(path)} | work.describe()
    write_whole(record_path, format_document(record))
    return record, False


@functools.lru_cache(maxsize=1)
def _read_plan(folder: Path, digest: str) -> NoiseJob:
    """Return the job of a folder; places are in the tasks.

    Raises:
        JobError: the folder has another plan, such as that of another machine.
    """
    path = folder / RUNNING / JOB
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise JobError(f"{path}: must be the plan of this job")
    manifest = read_manifest(content)
    output = OutputOptions(**(manifest.job or {}))
    return NoiseJob(manifest=manifest, output=output, places=())


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if "sha256" in record else None


@dataclass(slots=True, kw_only=True)
class _ShardWork:
    """The work on a shard, with its counts."""

    job: NoiseJob
    shard: Shard
    skips: bool
    data_folder: Path
    rows: int = 0
    tokens: int = 0
    skipped_rows: int = 0
    skipped: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """Return the counts for the record."""
        names = ("rows", "tokens", "skipped_rows", "skipped")
        return {name: getattr(self, name) for name in names}

    def shorten(self, error: Exception) -> str:
        """Return the message of an error with the path as the manifest has it."""
        return str(error).removeprefix(f"{self.data_folder}/")

    def write(self, path: Path) -> None:
        """Write the file.

        Raises:
            DataFileError: a row is bad and must not be skipped, or the file cannot be
                read.
        """
        manifest: Manifest = self.job.manifest
        data = manifest.data[self.shard.file]
        reader = data.open_in(self.data_folder)
        writer = self._open(path, reader)
        try:
            for ids, rows in _batch(self._read(reader)):
                noised = noise_rows(
                    manifest, rows, ids, self.shard.draw, dtype=self.job.token_dtype
                )
                arrays = _find_arrays(noised, manifest.call.timestep)
                writer.write(arrays, noised.lengths)
                self.rows += ids.size
                self.tokens += int(noised.lengths.sum())
        finally:
            writer.close()

    def _open(self, path: Path, reader: RowReader) -> ShardWriter:
        columns = self.job.columns()
        if self.job.output.form == "parquet":
            return ParquetShard(path, columns)
        rows, length = 0, 1
        for ids, block in self._read(reader, counts=False):
            rows += ids.size
            length = max(length, int(block.lengths.max()))
        if rows * length > MAX_PADDED:
            rule = f"rows {self.shard.start}..{self.shard.stop - 1} have up to {length}"
            way_out = "write Parquet, or fewer rows in a shard"
            source = Path(self.job.manifest.data[self.shard.file].path)
            raise DataFileError(source, f"{rule} tokens, too many to pad; {way_out}")
        return ArrayShard(path, columns, rows=rows, length=length)

    def _read(
        self, reader: RowReader, *, counts: bool = True
    ) -> Iterator[tuple[IntArray, Block]]:
        """Yield the good rows with their ids.

        Raises:
            BadRowError: a row is bad and must not be skipped.
        """
        shard = self.shard
        path = Path(self.job.manifest.data[shard.file].path)
        rows = (shard.start, shard.stop, shard.place)
        for number, item in scan_checked(reader, path, *rows, self._find_problem):
            if isinstance(item, BadRowError):
                self._skip(item, counts=counts)
            else:
                first_id = shard.first_id + number - shard.start
                yield np.arange(first_id, first_id + item.lengths.size), item

    def _skip(self, bad: BadRowError, *, counts: bool) -> None:
        if not self.skips:
            raise bad
        if counts:
            self.skipped_rows += 1
            if len(self.skipped) < MAX_LISTED:
                self.skipped.append(self.shorten(bad))

    def _find_problem(self, rows: Block) -> str | None:
        """Return what is wrong with the rows, or None."""
        times = self.job.manifest.times
        most = MAX_ROW_TOKENS
        if times.max_length is not None:
            most = min(most, times.max_length)
        longest = int(rows.lengths.max())
        if longest > most:
            return f"must have at most {most} tokens, has {longest}"
        return find_problem(rows.tokens, self.job.manifest.process)


def _batch(
    parts: Iterator[tuple[IntArray, Block]],
) -> Iterator[tuple[IntArray, Block]]:
    """Yield rows in batches: at least one, else up to BATCH_ROWS and BATCH_TOKENS."""
    held: list[tuple[IntArray, Block]] = []
    for part in parts:
        held.append(part)
        lengths = np.concatenate([block.lengths for _, block in held])
        while end := _find_end(lengths):
            ids, block = _join(held)
            yield ids[:end], block.cut(0, end)
            held = [(ids[end:], block.cut(end, ids.size))]
            lengths = lengths[end:]
    if held:
        yield _join(held)


def _join(held: list[tuple[IntArray, Block]]) -> tuple[IntArray, Block]:
    ids = np.concatenate([some for some, _ in held])
    return ids, join_blocks([block for _, block in held])


def _find_end(lengths: IntArray) -> int:
    """Return how many rows fill a batch, or 0 if more rows may fit in."""
    some = lengths[: BATCH_ROWS + 1]
    padded = np.maximum.accumulate(np.maximum(some, 1)) * np.arange(1, some.size + 1)
    is_over = padded > BATCH_TOKENS
    is_over[0] = False  # a batch has at least one row
    is_over[BATCH_ROWS:] = True
    return int(np.argmax(is_over))


def _find_arrays(noised: Replayed, timestep: int | None) -> dict[str, Any]:
    count = noised.ids.size
    arrays = {
        **noised.as_arrays(),
        "draw": np.full(count, noised.draw),
        "alpha": noised.alpha,
        "weights": noised.weight,
    }
    if timestep is not None:
        arrays["timestep"] = np.full(count, timestep)
    return arrays
