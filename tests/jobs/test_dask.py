"""Jobs on a Dask cluster give the bytes of a local job, also when a worker dies."""

from pathlib import Path

import distributed
import numpy as np
import pytest

from noising.corpus import find_sources
from noising.jobs import (
    DaskExecutor,
    JobError,
    LocalExecutor,
    count_tokens,
    noise_corpus,
)
from tests.jobs.corpora import Killing, make_rows, plan, read_files, write_rows


@pytest.fixture(scope="module")
def executor():
    """An executor with one cluster of two processes for all tests."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        yield DaskExecutor(scheduler=cluster.scheduler_address)


@pytest.fixture
def sources(tmp_path):
    return find_sources([str(write_rows(tmp_path / "a.parquet", make_rows(80)))])


def test_a_cluster_whose_worker_is_killed_writes_the_same_bytes(
    executor, sources, tmp_path, monkeypatch
):
    # The cluster's processes have another folder than the job.
    monkeypatch.chdir(tmp_path)
    sources = find_sources(["a.parquet"])
    local, job = plan(sources, draws=2), plan(sources, draws=2, executor=executor)
    assert (job.as_dict(), job.shards()) == (local.as_dict(), local.shards())
    noise_corpus(local, tmp_path / "local", LocalExecutor())
    outcome = noise_corpus(job, Path("dask"), Killing(executor))
    assert (tmp_path / "killed").exists()
    assert outcome.is_whole
    assert read_files(tmp_path / "dask") == read_files(tmp_path / "local")


def test_a_cluster_counts_what_one_process_counts(executor, sources):
    [counted, expected] = [
        count_tokens(sources, each, vocab_size=100).as_dict()
        for each in (executor, LocalExecutor())
    ]
    assert counted == expected


def test_a_scheduler_that_is_not_there_is_an_error_in_one_line(sources):
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        gone = DaskExecutor(scheduler=address, timeout_s=1)
        with pytest.raises(JobError, match=f"^{address}: cannot be reached, or has no"):
            list(gone.run(np.abs, [1]))
