"""What is kept: schedule configurations, benchmark runs and what they measured."""

from noising.models.results import BenchmarkResult, BenchmarkSchedule, ThroughputResult
from noising.models.runs import BenchmarkRun, BenchmarkRunQuerySet
from noising.models.schedules import (
    PLOTTED_SCHEDULES,
    RESERVED_SLUGS,
    ScheduleConfig,
    ScheduleConfigQuerySet,
)

__all__ = [
    "PLOTTED_SCHEDULES",
    "RESERVED_SLUGS",
    "BenchmarkResult",
    "BenchmarkRun",
    "BenchmarkRunQuerySet",
    "BenchmarkSchedule",
    "ScheduleConfig",
    "ScheduleConfigQuerySet",
    "ThroughputResult",
]
