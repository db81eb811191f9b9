"""Small corpora for jobs, and executors that fail."""

import os
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from noising.engine import build_process
from noising.jobs import LocalExecutor, OutputOptions, noise, plan_noise
from noising.replay import CallOptions

SEED = 11
ABSORBING = {
    "vocab_size": 100,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
UNIFORM = ABSORBING | {"graph": {"type": "uniform"}}


def make_rows(count=40, seed=0):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 30, count)
    sizes[3], sizes[4] = 0, 17
    return [rng.integers(0, 100, size).tolist() for size in sizes]


def write_rows(path, rows, special=None):
    columns = {"input_ids": pa.array(rows, pa.list_(pa.int32()))}
    if special is not None:
        columns["special_tokens_mask"] = special
    pq.write_table(pa.table(columns), path, row_group_size=9)
    return path


def plan(sources, spec=ABSORBING, *, call=None, executor=None, **options):
    process = build_process(spec)
    names = OutputOptions.__dataclass_fields__
    output = {name: options.pop(name) for name in list(options) if name in names}
    return plan_noise(
        process,
        sources,
        executor or LocalExecutor(),
        seed=SEED,
        call=CallOptions.parse(call or {}, process),
        output=OutputOptions(**{"shard_rows": 16} | output),
        **options,
    )


def read_files(folder):
    """Return the bytes of all files of a folder by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def read_columns(folder):
    """Return the columns of the Parquet shards of a folder, in the order of names."""
    tables = [pq.read_table(path) for path in sorted(folder.glob("draw-*.parquet"))]
    return pa.concat_tables(tables).to_pydict()


def noise_after_a_kill(task):
    """Noise a shard; the first attempt at one is killed while it writes."""
    mark = task.folder.parent / "killed"
    if task.shard.draw == 1 and task.shard.number == 1 and not mark.exists():
        mark.touch()

        def close(_):
            os.kill(os.getpid(), signal.SIGKILL)

        noise.ParquetShard.close = close
    return noise.noise_shard(task)


class Killing:
    """Runs a job's shards with another executor, whose worker is killed once."""

    def __init__(self, executor):
        self.executor = executor

    def run(self, function, tasks):
        assert function is noise.noise_shard
        return self.executor.run(noise_after_a_kill, tasks)


class Stopping:
    """Is interrupted after some results."""

    def __init__(self, results):
        self.results = results

    def run(self, function, tasks):
        yield from map(function, tasks[: self.results])
        raise KeyboardInterrupt
