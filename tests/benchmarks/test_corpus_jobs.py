"""The measurement of corpus jobs: its corpora, the bare copy, its figures."""

import gzip
import json
import os

import pyarrow.parquet as pq

from benchmarks import corpus_jobs
from benchmarks.corpus_jobs import BARE, PROGRAMS, Usage
from noising.command import main


def test_a_copy_writes_the_rows_of_the_shards_again(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus_jobs, "FILE_TOKENS", 20_000)
    source, shards, target = (
        tmp_path / name for name in ("source", "shards", "target")
    )
    source.mkdir()
    target.mkdir()
    corpus_jobs.write_corpus(source, 30_000)
    sizes = [corpus_jobs._count_tokens(path) for path in sorted(source.iterdir())]
    assert 19_000 < sizes[0] <= 20_000
    assert 9_000 < sizes[1] <= 10_000
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(corpus_jobs.SPECIFICATION))
    job = f"corpus noise {source} {shards} --spec {spec} --seed 7 --json"
    assert main(job.split()) == 0
    usage = corpus_jobs.copy_shards(source, shards, target)
    assert usage.seconds > 0.0
    paths = sorted(shards.glob("*.parquet"))
    assert len(paths) == 2
    for path in paths:
        assert pq.read_table(target / path.name).equals(pq.read_table(path))
    slow = Usage(seconds=4 * sum(sizes), cpu_seconds=2.0, peak_bytes=150_000_000)
    usages = {name: [slow] for name in PROGRAMS}
    usages[BARE] = [Usage(seconds=sum(sizes), cpu_seconds=1.0, peak_bytes=0)]
    lines = list(corpus_jobs.list_figures(source, usages, 50_000_000))
    assert lines[0] == f"source: {sum(sizes):,} tokens"
    assert [cell.strip() for cell in lines[4].split("|")[1:-1]] == [
        *("local 1", "0", "25%", f"{2e9 / sum(sizes):,.0f}", "50%", "100"),
    ]
    assert lines[-1] == "2 workers are 1.00 times as fast as 1."


def test_lines_are_tokenized_as_rows_and_packed(tmp_path):
    (tmp_path / "packed").mkdir()
    (tmp_path / "lines").mkdir()
    path = tmp_path / "set.mm.gz"
    path.write_bytes(gzip.compress(b"$c ( ) $.\n\n" + b"a " * 1100 + b"\n"))
    corpus_jobs.tokenize(path, tmp_path / "packed", tmp_path / "lines")
    rows = pq.read_table(tmp_path / "lines")["input_ids"].to_pylist()
    assert len(rows) == 2
    [packed] = pq.read_table(tmp_path / "packed")["input_ids"].to_pylist()
    assert packed == [*rows[0], *rows[1]][:1024]


def test_the_memory_of_a_process_is_found():
    assert corpus_jobs._find_peak(os.getpid()) > 10_000_000
    assert corpus_jobs._find_peak(1 << 30) == 0
