"""Measures `noising corpus noise` against reading and writing the same Parquet files.

``python -m benchmarks.corpus_jobs --folder DIR`` makes a corpus of 200 million tokens
and prints the figures of docs/corpus.md; ``--setmm set.mm.gz`` measures that file,
tokenized for GPT-2, as well. Programs run one after the other, in several rounds, each
in new processes. It needs the extras `corpus`, `dask` and `tokenizers`, and 20 bytes of
disk for a token.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from noising.arguments import integer
from noising.corpus.writers import COMPRESSION
from noising.tokenizers import load_tokenizer

VOCAB_SIZE: Final = 50_257
FILE_TOKENS: Final = 1 << 25
GROUP_ROWS: Final = 1024
LENGTH: Final = 1024
SHORTEST: Final = 64
SPECIFICATION: Final = {
    "vocab_size": VOCAB_SIZE,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
BARE: Final = "bare"
PROGRAMS: Final = {
    BARE: None,
    "local 1": ("--workers", "1"),
    "local 2": ("--workers", "2"),
    "dask 2": ("--executor", "dask", "--workers", "2"),
}
LOOK_SECONDS: Final = 0.1
_CALL: Final = "import sys; from noising.command import main; sys.exit(main())"
_IDLE: Final = "import noising.command, pyarrow.parquet; print(flush=True); input()"
"""A worker without work, which says when it is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a program used.

    Attributes:
        seconds: wall-clock time.
        cpu_seconds: processor time of all its processes.
        peak_bytes: the largest memory of one of its processes.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def write_corpus(folder: Path, tokens: int) -> None:
    """Write rows of 64 to 1,024 tokens with Zipf's frequencies."""
    rng = np.random.default_rng(0)
    cumulative = np.cumsum(1.0 / np.arange(1, VOCAB_SIZE + 1))
    for number, start in enumerate(range(0, tokens, FILE_TOKENS)):
        size = min(FILE_TOKENS, tokens - start)
        ids = np.searchsorted(cumulative, rng.random(size) * cumulative[-1])
        lengths = rng.integers(SHORTEST, LENGTH + 1, 2 * size // (SHORTEST + LENGTH))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        write_rows(folder / f"part-{number:04d}.parquet", ids, ends[ends <= size])


def write_rows(path: Path, ids: NDArray[Any], ends: NDArray[Any]) -> None:
    """Write rows that end at some places of a list of ids."""
    values = pa.array(ids[: ends[-1]].astype(np.int32))
    rows = pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), values)
    table = pa.table({"input_ids": rows})
    pq.write_table(table, path, row_group_size=GROUP_ROWS, compression=COMPRESSION)


def tokenize(path: Path, packed: Path, lines: Path) -> None:
    """Write the lines of a text for GPT-2: as rows, and in pieces of 1,024 tokens."""
    tokenizer = load_tokenizer("gpt2")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        rows = [tokenizer.encode(line).tokens for line in file if line.strip()]
    ids = np.concatenate([np.asarray(row, np.int32) for row in rows])
    write_rows(lines / "rows.parquet", ids, np.cumsum([0, *map(len, rows)]))
    write_rows(packed / "rows.parquet", ids, np.arange(0, ids.size + 1, LENGTH))


def copy_shards(source: Path, shards: Path, target: Path) -> Usage:
    """Read a corpus, and write the rows of its shards again; loading them is free."""
    seconds, cpu_seconds = 0.0, 0.0

    def measure(work: Iterable[Any]) -> None:
        nonlocal seconds, cpu_seconds
        before = time.perf_counter(), time.process_time()
        for _ in work:
            pass
        seconds += time.perf_counter() - before[0]
        cpu_seconds += time.process_time() - before[1]

    for path in sorted(source.glob("*.parquet")):
        measure(_read(path))
    for path in sorted(shards.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            count = file.num_row_groups
            groups = [file.read_row_group(i).combine_chunks() for i in range(count)]
        measure(_write(target / path.name, groups))
    return Usage(seconds=seconds, cpu_seconds=cpu_seconds, peak_bytes=0)


def _read(path: Path) -> Iterator[Any]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=GROUP_ROWS, use_threads=False):
            yield batch.column(0).flatten().to_numpy()


def _write(path: Path, groups: Sequence[Any]) -> Iterator[None]:
    with pq.ParquetWriter(path, groups[0].schema, compression=COMPRESSION) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=group.num_rows)
            yield
    with path.open("rb") as file:
        os.fsync(file.fileno())


def noise(source: Path, target: Path, spec: Path, flags: Sequence[str]) -> Usage:
    """Run `noising corpus noise`, and watch its processes."""
    command = [sys.executable, "-c", _CALL, "corpus", "noise", f"{source}/*.parquet"]
    command += [str(target), "--spec", str(spec), "--seed", "7", *flags]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - the user's own arguments
    peaks: dict[int, int] = {}
    watch = threading.Thread(target=_watch, args=(process, peaks))
    watch.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = max(peaks.values())
    return Usage(seconds=seconds, cpu_seconds=cpu_seconds, peak_bytes=peak)


def _watch(process: subprocess.Popen[bytes], peaks: dict[int, int]) -> None:
    while process.poll() is None:
        for pid in _find_family(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), _find_peak(pid))
        time.sleep(LOOK_SECONDS)


def _find_family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        text = " ".join((task / "children").read_text() for task in tasks)
    except OSError:
        return [pid]
    return [pid, *(each for child in text.split() for each in _find_family(int(child)))]


def _find_peak(pid: int) -> int:
    """Return the largest memory of a process so far, in bytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def find_base() -> int:
    """Return the memory of Python with the packages of a worker, in bytes."""
    command = [sys.executable, "-c", _IDLE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:  # noqa: S603 - this program's own arguments
        if process.stdout is not None:
            process.stdout.readline()
        peak = _find_peak(process.pid)
        process.communicate(b"\n")
    return peak


def measure_corpus(source: Path, folder: Path, rounds: int) -> dict[str, list[Usage]]:
    """Run all programs on a corpus in turn, in each round."""
    shards, target = folder / "shards", folder / "target"
    spec = folder / "spec.json"
    spec.write_text(json.dumps(SPECIFICATION))
    noise(source, shards, spec, ("--workers", "2"))  # also compiles the kernel
    usages: dict[str, list[Usage]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, flags in PROGRAMS.items():
            if flags is None:
                target.mkdir()
                usage = copy_shards(source, shards, target)
            else:
                usage = noise(source, target, spec, flags)
            usages[name].append(usage)
            shutil.rmtree(target)
    shutil.rmtree(shards)
    return usages


def list_figures(
    source: Path, usages: dict[str, list[Usage]], base: int
) -> Iterator[str]:
    """Yield the rows of a table."""
    tokens = sum(_count_tokens(path) for path in source.glob("*.parquet"))
    yield f"{source.name}: {tokens:,} tokens"
    yield "| program | tokens/s | of bare | CPU-s per 10^9 tokens | CPU of bare | MB |"
    yield "|---|---|---|---|---|---|"
    bare = usages[BARE]
    for name, own in usages.items():
        rate = median(tokens / each.seconds for each in own)
        pairs = list(zip(bare, own, strict=True))
        share = median(a.seconds / b.seconds for a, b in pairs)
        cpu = median(each.cpu_seconds for each in own)
        cpu_share = median(a.cpu_seconds / b.cpu_seconds for a, b in pairs)
        peak = max(each.peak_bytes for each in own)
        memory = "" if name == BARE else f"{(peak - base) / 1e6:.0f}"
        yield (
            f"| {name} | {rate:,.0f} | {share:.0%} | {cpu / tokens * 1e9:,.0f} | "
            f"{cpu_share:.0%} | {memory} |"
        )
    one, two = usages["local 1"], usages["local 2"]
    gain = median(a.seconds / b.seconds for a, b in zip(one, two, strict=True))
    yield f"2 workers are {gain:.2f} times as fast as 1."


def _count_tokens(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    return sum(group.column(0).num_values for group in groups)


def main() -> int:
    """Print a table for each corpus."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus_jobs")
    parser.add_argument("--folder", type=Path, required=True, help="a new folder")
    parser.add_argument("--tokens", type=integer, default=200_000_000, metavar="N")
    parser.add_argument("--rounds", type=integer, default=3, metavar="N")
    parser.add_argument(
        "--setmm", type=Path, metavar="FILE", help="set.mm or set.mm.gz"
    )
    options = parser.parse_args()
    corpora = ["synthetic"]
    if options.setmm is not None:
        corpora += ["setmm-packed", "setmm-lines"]
    for name in corpora:
        (options.folder / name).mkdir(parents=True)
    write_corpus(options.folder / "synthetic", options.tokens)
    if options.setmm is not None:
        tokenize(options.setmm, *(options.folder / name for name in corpora[1:]))
    base = find_base()
    sys.stdout.write(f"Python with its packages: {base / 1e6:.0f} MB\n")
    for name in corpora:
        usages = measure_corpus(options.folder / name, options.folder, options.rounds)
        for line in list_figures(options.folder / name, usages, base):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
