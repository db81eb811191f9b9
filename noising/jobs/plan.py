"""The plan of a job that noises a corpus: its shards, and what is in them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from noising.corpus import DataFile, DataFileError, Row, Source
from noising.corpus.forms import MAX_ROW_TOKENS, join_rows
from noising.corpus.writers import Column
from noising.engine import EngineError, ForwardProcess
from noising.engine.parameters import check_integer
from noising.engine.randomness import MAX_DRAW
from noising.extras import require_extra
from noising.jobs.executors import Executor
from noising.replay import CallOptions, Manifest, TimeRule
from noising.replay.rows import find_problem, noise_rows

OUTPUT_FORMS: Final = ("parquet", "npy")
SHARD_ROWS: Final = 1 << 14
MAX_SHARD_ROWS: Final = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How the noise is written.

    Attributes:
        form: "parquet", or "npy" with records that are padded to the longest row.
        shard_rows: number of rows of a shard; each file starts a new one.
        first_draw: the first draw, such as an epoch.
        draws: number of draws; each shard has one.
        packed: whether `moved` is stored as bits.
        clean: whether the clean tokens are stored as well, as `x0`.
    """

    form: str = "parquet"
    shard_rows: int = SHARD_ROWS
    first_draw: int = 0
    draws: int = 1
    packed: bool = False
    clean: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            EngineError: one is out of range.
        """
        if self.form not in OUTPUT_FORMS:
            rule = f"must be one of {', '.join(OUTPUT_FORMS)}"
            raise EngineError("form", "unknown_name", rule, self.form)
        check_integer(self.shard_rows, "shard_rows", 1, MAX_SHARD_ROWS)
        check_integer(self.first_draw, "draw", 0, MAX_DRAW)
        check_integer(self.draws, "draws", 1, MAX_DRAW + 1 - self.first_draw)


class Shard(NamedTuple):
    """A part of the output: consecutive rows of a file, in one draw.

    Attributes:
        number: number of the part, over all files.
        file: number of the file.
        start: its first row.
        stop: its last row plus one.
        place: where the file has this row, as `RowReader.mark` says.
        first_id: the id of the first row.
        draw: the draw.
    """

    number: int
    file: int
    start: int
    stop: int
    place: int
    first_id: int
    draw: int

    def name(self, form: str) -> str:
        """Return the name of the shard's file."""
        return f"draw-{self.draw:05d}-part-{self.number:06d}.{form}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseJob:
    """A corpus, its noise, and how it is written.

    Attributes:
        manifest: the noise and the data files.
        output: how it is written.
        places: for each file, where every `shard_rows`-th row is.
    """

    manifest: Manifest
    output: OutputOptions
    places: tuple[tuple[int, ...], ...]

    def shards(self) -> list[Shard]:
        """Return all shards, draw by draw in the order of the rows."""
        parts: list[tuple[int, int, int, int, int]] = []
        height, first_id = self.output.shard_rows, 0
        for file, (data, places) in enumerate(
            zip(self.manifest.data, self.places, strict=True)
        ):
            for index, place in enumerate(places):
                start = index * height
                stop = min(start + height, data.rows)
                parts.append((file, start, stop, place, first_id + start))
            first_id += data.rows
        first = self.output.first_draw
        return [
            Shard(number, *part, draw)
            for draw in range(first, first + self.output.draws)
            for number, part in enumerate(parts)
        ]

    @property
    def token_dtype(self) -> str:
        """The dtype of tokens in shards."""
        return "<i4" if self.manifest.process.graph.num_states <= 1 << 31 else "<i8"

    def columns(self) -> list[Column]:
        """Return the columns of a shard."""
        call, output = self.manifest.call, self.output
        tokens = self.token_dtype
        is_drawn = call.t is None and call.timestep is None
        by_token = is_drawn and self.manifest.times.time_block is not None
        columns = [Column(name="ids", dtype="<i8"), Column(name="draw", dtype="<u4")]
        columns.append(Column(name="lengths", dtype="<i4"))
        if output.clean:
            columns.append(Column(name="x0", dtype=tokens, by_token=True))
        packed = {"is_packed": output.packed}
        columns += [
            Column(name="xt", dtype=tokens, by_token=True),
            Column(name="moved", dtype="|b1", by_token=True, **packed),
            Column(name="t", dtype="<f4", by_token=by_token),
        ]
        if call.timestep is not None:
            columns.append(Column(name="timestep", dtype="<i4"))
        weighs_blocks = call.form in ("realised", "count") and call.block is not None
        weight_by_token = by_token or weighs_blocks
        return [
            *columns,
            Column(name="alpha", dtype="<f4", by_token=by_token),
            Column(name="weights", dtype="<f4", by_token=weight_by_token),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the job as a manifest, without what it has written."""
        return replace(self.manifest, job=asdict(self.output)).as_dict()


def plan_noise(
    process: ForwardProcess,
    sources: Sequence[Source],
    executor: Executor,
    *,
    seed: int,
    call: CallOptions,
    output: OutputOptions,
    method: str = "stratified",
    time_block: int | None = None,
    max_length: int | None = None,
) -> NoiseJob:
    """Return the job that noises some files; each is read once.

    Args:
        process: the noise.
        sources: the data files, in the order of their rows.
        executor: reads them.
        seed: 0..2^64-1.
        call: what all rows have in common; `lengths` is always set.
        output: how the noise is written.
        method: how times are drawn, as in `ForwardProcess.sample_times`.
        time_block: width of blocks of positions that each have a time of their own.
        max_length: number of tokens of the longest row, with `time_block`.

    Raises:
        EngineError: an argument is invalid.
        DataFileError: a file cannot be read.
    """
    tasks = [
        MeasureTask(number, source, output.shard_rows, Path.cwd())
        for number, source in enumerate(sources)
    ]
    measured = sorted(executor.run(measure_file, tasks), key=lambda each: each.number)
    for each in measured:
        if each.error is not None:
            raise each.error
    data = tuple(each.data for each in measured if each.data is not None)
    rows = sum(each.rows for each in data)
    manifest = Manifest(
        process=process,
        seed=seed,
        times=TimeRule(
            method=method,
            total=rows,
            low=0.0 if call.low is None else call.low,
            high=1.0 if call.high is None else call.high,
            time_block=time_block,
            max_length=max_length,
        ),
        call=replace(call, lengths=True, low=None, high=None),
        data=data,
        versions=_find_versions(output.form),
    )
    _try_first_row(manifest, output.first_draw)
    places = tuple(each.places for each in measured)
    return NoiseJob(manifest=manifest, output=output, places=places)


def _try_first_row(manifest: Manifest, draw: int) -> None:
    """Noise the first row, unless it is bad, so that all arguments are checked.

    Raises:
        EngineError: the arguments do not fit each other.
    """
    row = next(iter(manifest.data[0].open().scan(0, 1)))
    if isinstance(row, Row):
        most = min(MAX_ROW_TOKENS, manifest.times.max_length or MAX_ROW_TOKENS)
        special = None if row.special is None else row.special[:most]
        row = Row(row.tokens[:most], special)
        if find_problem(row.tokens, manifest.process) is None:
            noise_rows(manifest, join_rows([row]), np.zeros(1, np.int64), draw)


class MeasureTask(NamedTuple):
    """A file to be measured, with the folder of relative paths."""

    number: int
    source: Source
    height: int
    folder: Path


class Measured(NamedTuple):
    """A measured file, or the error."""

    number: int
    data: DataFile | None
    places: tuple[int, ...]
    error: DataFileError | EngineError | None = None


def measure_file(task: MeasureTask) -> Measured:
    """Return the digest and the number of rows of a file, and where its rows are."""
    try:
        moved = task.source.at(task.folder)
        marks = moved.open().mark(task.height)
        data = DataFile.make(moved, marks.rows)
    except DataFileError as error:
        return Measured(task.number, None, (), error)
    path, tokenizer = task.source.path, task.source.tokenizer
    given = replace(data, path=path, tokenizer=tokenizer)
    return Measured(task.number, given, tuple(marks.places))


def _find_versions(form: str) -> dict[str, str]:
    if form != "parquet":
        return {}
    with require_extra("corpus", user="a .parquet file"):
        import pyarrow
    return {"pyarrow": str(pyarrow.__version__)}
