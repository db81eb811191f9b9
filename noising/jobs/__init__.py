"""Jobs over whole corpora: noise on disk, counts of tokens, audits.

A job is a list of tasks, each a pure function of files, so that processes on one
machine or on many (Dask) give the same bytes.
"""

from noising.jobs.audit import audit_job
from noising.jobs.count import Counts, count_tokens
from noising.jobs.errors import JobError
from noising.jobs.executors import DaskExecutor, Executor, LocalExecutor
from noising.jobs.folder import verify_shards
from noising.jobs.noise import Outcome, noise_corpus
from noising.jobs.plan import NoiseJob, OutputOptions, Shard, plan_noise

__all__ = [
    "Counts",
    "DaskExecutor",
    "Executor",
    "JobError",
    "LocalExecutor",
    "NoiseJob",
    "Outcome",
    "OutputOptions",
    "Shard",
    "audit_job",
    "count_tokens",
    "noise_corpus",
    "plan_noise",
    "verify_shards",
]
