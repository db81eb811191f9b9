"""The tables: schedules, corpora, runs, jobs, audits, tokens and the audit log."""

from noising.models.audit import AuditEntry
from noising.models.audits import (
    LONGEST_AUDIT_NAME,
    Audit,
    AuditPairs,
    AuditQuerySet,
)
from noising.models.corpora import (
    LONGEST_CORPUS_NAME,
    Corpus,
    CorpusTokens,
    parse_reference,
)
from noising.models.idempotency import LONGEST_KEY, IdempotencyKey
from noising.models.jobs import Job, JobQuerySet
from noising.models.json_lists import ListHolds
from noising.models.ownership import is_owner, may_change
from noising.models.results import BenchmarkResult, BenchmarkSchedule, ThroughputResult
from noising.models.runs import (
    LEASE,
    MOST_ATTEMPTS,
    BenchmarkRun,
    BenchmarkRunQuerySet,
)
from noising.models.schedules import (
    COMPARED_SCHEDULES,
    IN_USE,
    LONGEST_NAME,
    LONGEST_TITLE,
    PLOTTED_SCHEDULES,
    RESERVED_SLUGS,
    ScheduleConfig,
    ScheduleConfigQuerySet,
)
from noising.models.sweeps import SweepPoint, SweepPointQuerySet
from noising.models.tags import LONGEST_NOTES
from noising.models.throttles import ThrottleHit
from noising.models.tokens import (
    LONGEST_TOKEN_NAME,
    MOST_TOKENS_OF_AN_ACCOUNT,
    TOKEN_NAME,
    AccessToken,
    Scope,
)
from noising.models.workers import Worker

__all__ = [
    "COMPARED_SCHEDULES",
    "IN_USE",
    "LEASE",
    "LONGEST_AUDIT_NAME",
    "LONGEST_CORPUS_NAME",
    "LONGEST_KEY",
    "LONGEST_NAME",
    "LONGEST_NOTES",
    "LONGEST_TITLE",
    "LONGEST_TOKEN_NAME",
    "MOST_ATTEMPTS",
    "MOST_TOKENS_OF_AN_ACCOUNT",
    "PLOTTED_SCHEDULES",
    "RESERVED_SLUGS",
    "TOKEN_NAME",
    "AccessToken",
    "Audit",
    "AuditEntry",
    "AuditPairs",
    "AuditQuerySet",
    "BenchmarkResult",
    "BenchmarkRun",
    "BenchmarkRunQuerySet",
    "BenchmarkSchedule",
    "Corpus",
    "CorpusTokens",
    "IdempotencyKey",
    "Job",
    "JobQuerySet",
    "ListHolds",
    "ScheduleConfig",
    "ScheduleConfigQuerySet",
    "Scope",
    "SweepPoint",
    "SweepPointQuerySet",
    "ThrottleHit",
    "ThroughputResult",
    "Worker",
    "is_owner",
    "may_change",
    "parse_reference",
]
