"""Benchmark runs with their queue, worker and results, and jobs of commands.

Every function that writes is named ``<entity>_<action>`` and takes keywords only.
"""

from noising.models import LEASE
from noising.runs.annotations import run_annotate, run_archive, run_unarchive
from noising.runs.benchmark_requests import (
    ScheduleNames,
    check_builds,
    list_plain_types,
    resolve_config,
)
from noising.runs.claims import (
    run_claim,
    run_fail,
    run_release,
    run_renew,
    run_start,
)
from noising.runs.export import export_runs, tabulate_runs
from noising.runs.forecast import RunForecast, run_forecast
from noising.runs.jobs import (
    JobLease,
    JobRunningError,
    JobState,
    job_end,
    job_renew,
    job_start,
)
from noising.runs.lease import STOPPING, Heartbeat, Lease, StoppedError
from noising.runs.queue import (
    KeyReusedError,
    QueueFullError,
    RequestKey,
    RunStateError,
    RunTooLargeError,
    find_obstacle,
    run_cancel,
    run_create,
    run_find,
    run_rerun,
)
from noising.runs.reaper import (
    Reaped,
    queue_prune,
    runs_reap,
    worker_register,
    worker_remove,
)
from noising.runs.results import run_record
from noising.runs.sweeps import sweep_mark_front, sweep_store
from noising.runs.worker import read_config, run_measure

__all__ = [
    "LEASE",
    "STOPPING",
    "Heartbeat",
    "JobLease",
    "JobRunningError",
    "JobState",
    "KeyReusedError",
    "Lease",
    "QueueFullError",
    "Reaped",
    "RequestKey",
    "RunForecast",
    "RunStateError",
    "RunTooLargeError",
    "ScheduleNames",
    "StoppedError",
    "check_builds",
    "export_runs",
    "find_obstacle",
    "job_end",
    "job_renew",
    "job_start",
    "list_plain_types",
    "queue_prune",
    "read_config",
    "resolve_config",
    "run_annotate",
    "run_archive",
    "run_cancel",
    "run_claim",
    "run_create",
    "run_fail",
    "run_find",
    "run_forecast",
    "run_measure",
    "run_record",
    "run_release",
    "run_renew",
    "run_rerun",
    "run_start",
    "run_unarchive",
    "runs_reap",
    "sweep_mark_front",
    "sweep_store",
    "tabulate_runs",
    "worker_register",
    "worker_remove",
]
