"""What is kept: schedule configurations, benchmark runs, and who has access."""

from noising.models.results import BenchmarkResult, BenchmarkSchedule, ThroughputResult
from noising.models.runs import BenchmarkRun, BenchmarkRunQuerySet
from noising.models.schedules import (
    PLOTTED_SCHEDULES,
    RESERVED_SLUGS,
    ScheduleConfig,
    ScheduleConfigQuerySet,
)
from noising.models.tokens import MOST_TOKENS_OF_AN_ACCOUNT, AccessToken, Scope

__all__ = [
    "MOST_TOKENS_OF_AN_ACCOUNT",
    "PLOTTED_SCHEDULES",
    "RESERVED_SLUGS",
    "AccessToken",
    "BenchmarkResult",
    "BenchmarkRun",
    "BenchmarkRunQuerySet",
    "BenchmarkSchedule",
    "ScheduleConfig",
    "ScheduleConfigQuerySet",
    "Scope",
    "ThroughputResult",
]
