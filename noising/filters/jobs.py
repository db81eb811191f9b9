"""Filters and ordering of the list of jobs."""

from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ListFilters, ordering_condition
from noising.models import Job, JobQuerySet

ORDERINGS = {
    "created_at": "created_at",
    "finished_at": "finished_at",
    "kind": "kind",
    "parts": "parts",
}
"""Name in the query by the field to order by; `-` in front: descending."""


class JobFilters(ListFilters):
    """Conditions on jobs; by default the newest come first."""

    status = choice_condition("status", Job.SHOWN_STATUSES, method="by_status")
    kind = choice_condition("kind", dict(Job.Kind.choices))
    search = text_condition("search", method="by_text")
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = Job
        fields: tuple[str, ...] = ()

    def by_status(self, queryset: JobQuerySet, name: str, value: str) -> JobQuerySet:
        """Keep jobs that are shown with this status."""
        return queryset.with_shown_status(value)
