"""Noise on disk: the engine's for each row, the same bytes by every executor."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from noising.corpus import find_sources
from noising.engine import EngineError, build_process
from noising.jobs import JobError, LocalExecutor, noise, noise_corpus, verify_shards
from noising.replay import read_manifest, replay
from tests.jobs.corpora import (
    ABSORBING,
    SEED,
    UNIFORM,
    Killing,
    Stopping,
    make_rows,
    plan,
    read_columns,
    read_files,
    write_rows,
)

ROWS = make_rows()
SPECIAL = [[i % 4 == 0 for i in range(len(row))] for row in ROWS]


@pytest.fixture
def sources(tmp_path):
    """Two files, of 25 and 15 rows."""
    folder = tmp_path / "in"
    folder.mkdir()
    flags = [[int(flag) for flag in row] for row in SPECIAL]
    write_rows(folder / "a.parquet", ROWS[:25], flags[:25])
    write_rows(folder / "b.parquet", ROWS[25:], flags[25:])
    return find_sources([str(folder)])


CASES = {
    "drawn times": (ABSORBING, {}, {}),
    "timestep, protected": (
        UNIFORM,
        {"timestep": 500, "protect": [3, 7], "special": True, "form": "realised"},
        {},
    ),
    "counts in blocks": (ABSORBING, {"count": 2, "block": 8, "form": "realised"}, {}),
    "block times": (ABSORBING, {}, {"time_block": 4, "max_length": 32}),
    "one time": (UNIFORM, {"t": 0.3, "at_least": 1}, {}),
    "range": (ABSORBING, {"low": 0.3, "high": 0.8}, {"method": "antithetic"}),
    "hyperschedule": (
        UNIFORM
        | {"hyperschedule": {"type": "token_types", "classes": {"critical": [5]}}},
        {"t": 0.5},
        {},
    ),
}


def draw_times(process, call, options):
    """Return the times of all rows, (N,) or (N, 8)."""
    if "timestep" in call:
        return np.full(len(ROWS), (call["timestep"] + 1) / process.num_timesteps)
    if "t" in call:
        return np.full(len(ROWS), call["t"])
    ids, total = np.arange(len(ROWS)), len(ROWS)
    if "time_block" in options:
        ids, total = np.arange(total * 8).reshape(total, 8), total * 8
    ends = {name: call[name] for name in ("low", "high") if name in call}
    method = options.get("method", "stratified")
    times, _ = process.sample_times(
        ids=ids, total=total, seed=SEED, draw=5, method=method, **ends
    )
    return times


@pytest.mark.parametrize("name", CASES)
def test_each_row_has_the_noise_that_it_gets_alone(name, sources, tmp_path):
    spec, call, options = CASES[name]
    process = build_process(spec)
    job = plan(sources, spec, call=call, first_draw=5, clean=True, **options)
    outcome = noise_corpus(job, tmp_path / "out", LocalExecutor())
    assert (outcome.is_whole, outcome.errors, outcome.rows) == (True, [], len(ROWS))
    columns = read_columns(tmp_path / "out")
    assert columns["ids"] == list(range(len(ROWS)))
    assert set(columns["draw"]) == {5}
    assert columns["x0"] == ROWS
    times = draw_times(process, call, options)
    shared = {x: call[x] for x in ("count", "at_least", "block") if x in call}
    for i, row in enumerate(ROWS):
        if not row:
            assert columns["xt"][i] == columns["moved"][i] == []
            continue
        t = times[i]
        if t.ndim:
            t = np.repeat(t, 4)[None, : len(row)]
        fixed = np.zeros(len(row), bool)
        if call.get("special"):
            fixed = np.isin(row, [3, 7]) | SPECIAL[i]
        when = {"timestep": 500} if "timestep" in call else {"t": t}
        alone = process.noise(
            [row],
            **when,
            seed=SEED,
            sequence_ids=[i],
            draw=5,
            protect=fixed[None],
            **shared,
        )
        assert columns["xt"][i] == alone.tokens[0].tolist()
        assert columns["moved"][i] == alone.resampled[0].tolist()
        t = np.ravel(t).astype(np.float32).tolist()
        assert columns["t"][i] == (t if "time_block" in options else t[0])
        alpha = np.ravel(alone.alpha).astype(np.float32).tolist()
        assert columns["alpha"][i] == (alpha if "time_block" in options else alpha[0])
        if call.get("special"):
            moved, eligible = sum(columns["moved"][i]), int((~fixed).sum())
            weight = np.float32(eligible / moved if moved else 0)
            assert columns["weights"][i] == weight
    if "timestep" in call:
        assert set(columns["timestep"]) == {500}
    if name == "counts in blocks":
        # Blocks of 8, 8 and 1 columns: 2, 2 and the only one move.
        assert columns["weights"][4] == [4.0] * 16 + [1.0]
    elif spec is ABSORBING and not options:
        weights = process.loss_weight(times, "elbo")
        assert columns["weights"] == weights.tolist()
    assert verify_shards(tmp_path / "out") == []


def test_replay_gives_the_rows_of_a_job(sources, tmp_path):
    call = {"protect": [3], "special": True, "count": 3}
    job = plan(sources, UNIFORM, call=call, draws=2)
    noise_corpus(job, tmp_path / "out", LocalExecutor())
    columns = read_columns(tmp_path / "out")
    manifest = read_manifest((tmp_path / "out" / "manifest.json").read_bytes())
    replayed = replay(manifest, [30, 2], draw=1)
    for place, id_ in enumerate((30, 2)):
        row = len(ROWS) + id_  # the second draw follows the first
        length = len(ROWS[id_])
        assert columns["xt"][row] == replayed.xt[place, :length].tolist()
        assert columns["moved"][row] == replayed.moved[place, :length].tolist()
        assert columns["weights"][row] == replayed.weight[place]


def test_workers_batches_and_a_killed_worker_do_not_change_the_noise(
    sources, tmp_path, monkeypatch
):
    job = plan(sources, draws=2)
    noise_corpus(job, tmp_path / "one", LocalExecutor())
    killed = Killing(LocalExecutor(workers=2))
    outcome = noise_corpus(job, tmp_path / "two", killed)
    assert outcome.rows == 2 * len(ROWS)  # results from before the kill count once
    assert (tmp_path / "killed").exists()
    files = read_files(tmp_path / "one")
    assert files == read_files(tmp_path / "two")
    assert len(files) == 7
    columns = read_columns(tmp_path / "one")
    smaller = plan(sources, draws=2, shard_rows=7)
    monkeypatch.setattr(noise, "BATCH_TOKENS", 64)
    noise_corpus(smaller, tmp_path / "small", LocalExecutor())
    assert read_columns(tmp_path / "small") == columns


def test_a_job_that_was_stopped_goes_on_with_the_same_bytes(sources, tmp_path):
    job, out = plan(sources), tmp_path / "out"
    noise_corpus(job, tmp_path / "whole", LocalExecutor())
    whole = read_files(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        noise_corpus(job, out, Stopping(2))
    first, second = (out / name for name in sorted(whole)[:2])
    kept = first.stat().st_ino
    second.write_bytes(b"damaged")
    (out / ".draw-00000-part-000002.parquet.0.tmp").write_bytes(b"left by a kill")
    with pytest.raises(JobError, match="must be a new or empty folder; --resume"):
        noise_corpus(job, out, LocalExecutor())
    other = replace(job, manifest=replace(job.manifest, seed=SEED + 1))
    with pytest.raises(JobError, match="another job, which differs in `seed`"):
        noise_corpus(other, out, LocalExecutor(), resume=True)
    with pytest.raises(JobError, match="the job is not done"):
        verify_shards(out)
    assert noise_corpus(job, out, LocalExecutor(), resume=True).is_whole
    assert read_files(out) == whole
    assert first.stat().st_ino == kept
    # A job that is done makes lost shards again.
    first.unlink()
    assert verify_shards(out) == [f"{first}: cannot be read: No such file or directory"]
    assert noise_corpus(job, out, LocalExecutor(), resume=True).is_whole
    assert read_files(out) == whole
    second.write_bytes(second.read_bytes() + b"x")
    assert verify_shards(out) == [f"{second}: has changed since the job was done"]


def test_bad_rows_stop_a_job_or_are_skipped_and_listed(tmp_path):
    rows = [list(row) for row in ROWS]
    rows[20], rows[30] = [1, 100], [1, None]
    path = write_rows(tmp_path / "a.parquet", rows)
    job = plan(find_sources([str(path)]))
    bad = [
        f"{path}: row group 2, row 20: token ids must lie in 0..99, got 100",
        f"{path}: row group 3, row 30: must not have missing values in a list",
    ]
    stopped = noise_corpus(job, tmp_path / "out", LocalExecutor())
    assert (stopped.is_whole, stopped.errors, stopped.rows) == (False, bad[:1], 16)
    assert [x for x in read_files(tmp_path / "out") if "/" not in x] == [
        "draw-00000-part-000000.parquet"
    ]
    skipped = noise_corpus(
        job, tmp_path / "out", LocalExecutor(), resume=True, skips=True
    )
    assert (skipped.is_whole, skipped.errors, skipped.skipped_rows) == (True, bad, 2)
    document = json.loads((tmp_path / "out" / "manifest.json").read_text())["job"]
    assert (document["rows"], document["skipped_rows"]) == (38, 2)
    assert document["shards"][1]["skipped"] == bad
    columns = read_columns(tmp_path / "out")
    assert columns["ids"] == [i for i in range(40) if i not in (20, 30)]


def test_a_file_that_ends_early_fails_its_shards_only(sources, tmp_path):
    job = plan(sources)
    path = tmp_path / "in" / "a.parquet"
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    outcome = noise_corpus(job, tmp_path / "out", LocalExecutor(), skips=True)
    assert not outcome.is_whole
    [error] = outcome.errors
    assert error.startswith(f"{path}: row group 2 cannot be read")
    assert outcome.rows == 16 + 15


def test_records_of_npy_are_padded_and_flags_may_be_bits(sources, tmp_path):
    for form in ("parquet", "npy"):
        job = plan(sources, form=form, packed=form == "npy", clean=True)
        noise_corpus(job, tmp_path / form, LocalExecutor())
    columns = read_columns(tmp_path / "parquet")
    names = sorted((tmp_path / "npy").glob("*.npy"))
    shards = [np.load(path, mmap_mode="r") for path in names]
    assert [len(shard) for shard in shards] == [16, 9, 15]
    place = 0
    for shard in shards:
        for record in shard:
            size = len(ROWS[place])
            assert record["lengths"] == size
            assert record["xt"][:size].tolist() == columns["xt"][place]
            assert not record["xt"][size:].any()
            moved = np.unpackbits(record["moved"])[:size].astype(bool).tolist()
            assert moved == columns["moved"][place]
            assert record["weights"] == columns["weights"][place]
            place += 1
    packed = plan(sources, packed=True)
    noise_corpus(packed, tmp_path / "packed", LocalExecutor())
    bits = read_columns(tmp_path / "packed")["moved"]
    expected = [
        np.packbits(np.array(flags, bool)).tobytes() for flags in columns["moved"]
    ]
    assert bits == expected


def is_running(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status


def test_workers_end_with_a_command_that_was_killed(tmp_path):
    program = (
        "import multiprocessing, time\n"
        "from noising.jobs import LocalExecutor\n"
        "if __name__ == '__main__':\n"
        "    done = LocalExecutor(workers=2).run(time.sleep, [0, 600, 600])\n"
        "    next(done)\n"
        "    pids = [each.pid for each in multiprocessing.active_children()]\n"
        "    print(*pids, flush=True)\n"
        "    next(done)\n"
    )
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, str(tmp_path / "program.py")]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        pids = process.stdout.readline().split()
        process.kill()
    assert len(pids) == 2
    deadline = time.monotonic() + 60
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_rows_that_are_too_long_and_invalid_options_are_refused(sources, tmp_path):
    job = plan(sources, time_block=4, max_length=16)
    outcome = noise_corpus(job, tmp_path / "out", LocalExecutor())
    assert "must have at most 16 tokens, has " in outcome.errors[0]
    for options, field in (
        ({"form": "csv"}, "form"),
        ({"shard_rows": 0}, "shard_rows"),
        ({"first_draw": 1 << 32}, "draw"),
        ({"first_draw": (1 << 32) - 1, "draws": 2}, "draws"),
        ({"call": {"t": 0.5, "timestep": 3}}, r"call\.t"),
        ({"call": {"timestep": 1000}}, r"call\.timestep"),
        ({"call": {"low": 0.5, "t": 0.5}}, r"call\.t"),
        ({"call": {"protect": [100]}}, r"call\.protect\[0\]"),
        ({"call": {"special": 1}}, r"call\.special"),
        ({"method": "steady"}, "method"),
    ):
        with pytest.raises(EngineError, match=f"^`{field}`"):
            plan(sources, **options)
