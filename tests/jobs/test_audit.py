"""Audits of jobs: right noise passes, other noise and changed shards are found."""

import numpy as np
import pytest

from noising.corpus import find_sources
from noising.engine import build_process
from noising.jobs import JobError, LocalExecutor, audit_job, noise_corpus
from tests.jobs.corpora import ABSORBING, UNIFORM, plan, write_rows

RNG = np.random.default_rng(3)
ROWS = [RNG.integers(0, 100, size).tolist() for size in RNG.integers(0, 300, 600)]
SPECIAL = [[int(token < 10) for token in row] for row in ROWS]


@pytest.fixture
def make(tmp_path):
    """Run a job over two files, of which the first has special tokens."""
    folder = tmp_path / "in"
    folder.mkdir()
    write_rows(folder / "a.parquet", ROWS[:400], SPECIAL[:400])
    write_rows(folder / "b.parquet", ROWS[400:])

    def make(spec, **options):
        job = plan(find_sources([str(folder)]), spec, shard_rows=150, **options)
        noise_corpus(job, tmp_path / "out", LocalExecutor())
        return tmp_path / "out"

    return make


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (ABSORBING, {"draws": 2}),
        (UNIFORM, {"call": {"special": True, "protect": [50]}, "packed": True}),
        (ABSORBING, {"time_block": 32, "max_length": 320, "form": "npy"}),
        (UNIFORM, {"call": {"timestep": 300}, "form": "npy", "packed": True}),
        (ABSORBING, {"call": {"low": 0.3, "high": 0.8, "form": "realised"}}),
    ],
)
def test_the_noise_of_a_job_passes_and_that_of_another_is_found(spec, options, make):
    folder = make(spec, **options)
    report = audit_job(folder)
    assert report.verdict == "passed", str(report)
    assert report.rows == sum(map(bool, ROWS)) * options.get("draws", 1)
    other = build_process(spec | {"schedule": {"type": "cosine"}})
    assert audit_job(folder, other).verdict != "passed"


def test_what_cannot_be_audited_is_refused(make, tmp_path):
    with pytest.raises(JobError, match=r"manifest\.json: cannot be read"):
        audit_job(tmp_path)
    folder = make(ABSORBING, call={"count": 3})
    with pytest.raises(JobError, match="has `count`, and audits are of tokens that"):
        audit_job(folder)


def test_a_shard_that_has_changed_is_refused(make):
    folder = make(ABSORBING)
    path = folder / "draw-00000-part-000001.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(JobError, match=r"part-000001\.parquet: has changed since"):
        audit_job(folder)
