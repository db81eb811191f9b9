"""Measuring a run: claim it, keep the claim alive, run the benchmark, record it."""

from noising.execution.claims import LEASE, claim_run, end_failed, give_back
from noising.execution.heartbeat import Heartbeat
from noising.execution.job import execute
from noising.execution.lease import STOPPING, Lease, StoppedError
from noising.execution.results import record

__all__ = [
    "LEASE",
    "STOPPING",
    "Heartbeat",
    "Lease",
    "StoppedError",
    "claim_run",
    "end_failed",
    "execute",
    "give_back",
    "record",
]
