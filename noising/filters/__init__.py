"""How lists of what is kept are narrowed and ordered, by pages and the API alike."""

from noising.filters.conditions import LONGEST_TEXT, NO_NUL
from noising.filters.runs import RunFilters
from noising.filters.schedules import ScheduleFilters

__all__ = ["LONGEST_TEXT", "NO_NUL", "RunFilters", "ScheduleFilters"]
