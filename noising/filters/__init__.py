"""Filters and ordering of lists, for pages and the API."""

from noising.filters.audits import AuditFilters
from noising.filters.conditions import LONGEST_TEXT, NO_NUL
from noising.filters.corpora import CorpusFilters
from noising.filters.jobs import JobFilters
from noising.filters.lists import ArchiveFilters, ListFilters
from noising.filters.runs import RunFilters
from noising.filters.schedules import ScheduleFilters

__all__ = [
    "LONGEST_TEXT",
    "NO_NUL",
    "ArchiveFilters",
    "AuditFilters",
    "CorpusFilters",
    "JobFilters",
    "ListFilters",
    "RunFilters",
    "ScheduleFilters",
]
