"""noising corpus: noise and counts of a corpus from the command line."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.corpus.datasets import write_raw
from tests.jobs.corpora import ABSORBING, make_rows, write_rows


@pytest.fixture(autouse=True)
def corpus(tmp_path):
    write_rows(tmp_path / "a.parquet", make_rows())
    (tmp_path / "spec.json").write_text(json.dumps(ABSORBING))


NOISE = ("--spec", "spec.json", "--seed", "7")


def test_noise_is_written_verified_and_replayed(run, tmp_path):
    arguments = ("corpus", "noise", "a.parquet", "out", *NOISE, "--shard-rows", "16")
    done = run(*arguments)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("out: 3 shards, 40 rows of ")
    assert run(*arguments, "--verify").out == "out: all shards are as written\n"
    replayed = run("replay", "out/manifest.json", "--ids", "20", "--json").document
    shard = pq.read_table("out/draw-00000-part-000001.parquet").to_pydict()
    assert shard["ids"][4] == 20
    assert replayed["xt"][0] == shard["xt"][4]
    audited = run("corpus", "audit", "out", "--json")
    assert (audited.code, audited.document["verdict"]) == (0, "passed")
    assert run("corpus", "audit", "out", "--spec", "cosine").code == 1
    (tmp_path / "out" / "draw-00000-part-000001.parquet").unlink()
    lost = run(*arguments, "--verify")
    assert (lost.code, lost.out.count("\n")) == (1, 1)
    again = run(*arguments, "--resume", "--json")
    assert (again.code, again.document["is_whole"]) == (0, True)
    (tmp_path / "a.parquet").unlink()
    write_rows(tmp_path / "a.parquet", make_rows(seed=1))
    other = run(*arguments, "--verify")
    assert (other.code, other.err) == (
        2,
        "noising corpus: error: out: holds another job, which differs in `data`; name "
        "another folder\n",
    )


def test_every_option_of_the_sampler_is_taken(run, tmp_path):
    options = (
        "--times antithetic --low 0.2 --high 0.9 --time-block 8 --max-length 32 "
        "--draws 2 --draw 3 --at-least 1 --block 8 --weights flat --protect 3,4 "
        "--protect-special "
        "--format npy --pack --clean"
    )
    done = run("corpus", "noise", "*.parquet", "out", *NOISE, *options.split())
    assert (done.code, done.err) == (0, "")
    names = sorted(path.name for path in (tmp_path / "out").glob("*.npy"))
    assert names == ["draw-00003-part-000000.npy", "draw-00004-part-000000.npy"]
    assert run("corpus", "noise", "a.parquet", "t", *NOISE, "--times", "0.5").code == 0
    table = pq.read_table(tmp_path / "t" / "draw-00000-part-000000.parquet")
    assert set(table["t"].to_pylist()) == {0.5}


def test_bad_rows_are_named_and_the_exit_code_says_so(run, tmp_path):
    write_rows(tmp_path / "a.parquet", [[1], [100], [2]])
    line = "a.parquet: row group 0, row 1: token ids must lie in 0..99, got 100\n"
    arguments = ("corpus", "noise", "a.parquet", "out", *NOISE)
    stopped = run(*arguments)
    assert (stopped.code, stopped.err) == (1, line)
    assert "not whole, 0 rows" in stopped.out
    skipped = run(*arguments, "--resume", "--on-error", "skip")
    assert (skipped.code, skipped.err) == (1, line)
    assert skipped.out == "out: 1 shards, 2 rows of 2 tokens, 1 rows skipped\n"
    counted = run("corpus", "count", "a.parquet", "--vocab-size", "100")
    assert (counted.code, counted.err) == (
        2,
        f"noising corpus: error: {tmp_path}/{line}",
    )


def test_tokens_are_counted(run, tmp_path):
    path = write_raw(tmp_path, [[1, 2, 2, 9, 9, 9]], "<u2")
    layout = ("--dtype", "uint16", "--length", "3", "--vocab-size", "10")
    done = run("corpus", "count", path.name, *layout, "--out", "c.npy")
    assert done.code == 0
    assert np.load("c.npy").tolist() == [0, 1, 2, 0, 0, 0, 0, 0, 0, 3]
    document = run("corpus", "count", path.name, *layout, "--json").document
    assert (document["rows"], document["tokens"], document["used_ids"]) == (2, 6, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "noise a.parquet out --seed 7 --spec spec.json --times soon",
            "--times must be",
        ),
        ("noise a.parquet out --seed 7 --spec spec.json --workers 0", "`workers` must"),
        (
            "noise a.parquet out --seed 7 --spec spec.json --scheduler tcp://h:1",
            "--scheduler is for --executor dask",
        ),
        ("noise a.parquet a.parquet --seed 7 --spec spec.json", "must be a folder"),
        (
            "noise a.parquet . --seed 7 --spec spec.json",
            "must be a new or empty folder",
        ),
        ("noise a.parquet . --seed 7 --spec spec.json --resume", "the folder of a job"),
        ("noise b.parquet out --seed 7 --spec spec.json", "No such file or directory"),
        ("noise a.parquet out --seed 7 --spec spec.json --verify", "cannot be read"),
        (
            "noise a.parquet out --seed 7 --spec spec.json --length 8",
            "`length` must not",
        ),
        (
            "noise a.parquet out --seed 7 --spec spec.json --time-block 8 "
            "--max-length 32 --at-least 1",
            "`at_least` ",
        ),
        ("count a.parquet --vocab-size 0", "`vocab_size` must lie in 1.."),
        ("count a.parquet --vocab-size 9 --out c.txt", "must end with .npy"),
    ],
)
def test_wrong_usage_is_one_line(refused, arguments, message):
    assert message in refused("corpus", *arguments.split())
