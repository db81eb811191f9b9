"""What is kept: schedule configurations, benchmark runs and what they measured."""

from noising.models.results import BenchmarkResult, BenchmarkSchedule, ThroughputResult
from noising.models.runs import BenchmarkRun, BenchmarkRunQuerySet
from noising.models.schedules import (
    RESERVED_SLUGS,
    ScheduleConfig,
    ScheduleConfigQuerySet,
)

__all__ = [
    "RESERVED_SLUGS",
    "BenchmarkResult",
    "BenchmarkRun",
    "BenchmarkRunQuerySet",
    "BenchmarkSchedule",
    "ScheduleConfig",
    "ScheduleConfigQuerySet",
    "ThroughputResult",
]
