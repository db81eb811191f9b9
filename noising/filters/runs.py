"""Filters and ordering of the list of runs."""

from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ArchiveFilters, ordering_condition
from noising.models import BenchmarkRun, BenchmarkRunQuerySet

ORDERINGS = {
    "created_at": "created_at",
    "started_at": "started_at",
    "finished_at": "finished_at",
    "status": "status",
    "corpus_name": "corpus",
    "baseline": "baseline",
    "progress": "progress",
}
"""Name in the query by the field to order by; `-` in front: descending."""

TEXTS = {
    "suite": "Name of the benchmark suite.",
    "corpus": "Name of the corpus.",
    "schedule": "Name of one of the run's schedules, including the baseline.",
    "tag": "One of the tags.",
    "owner": "Name of the account that created the run.",
    "search": "Words that must all occur in notes, tags, names of schedules, corpus or "
    "owner, or the error.",
}
"""Descriptions of the text conditions, by name."""


class RunFilters(ArchiveFilters):
    """Conditions on runs; by default the newest come first."""

    api_only = (*ArchiveFilters.api_only, "suite")

    status = choice_condition("status", BenchmarkRun.Status.values)
    suite = text_condition("suite")
    corpus = text_condition("corpus", field_name="corpus_name")
    schedule = text_condition("schedule", method="by_schedule")
    tag = text_condition("tag", method="by_tag")
    owner = text_condition("owner", field_name="owner__username")
    search = text_condition("search", method="by_text")
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = BenchmarkRun
        fields: tuple[str, ...] = ()

    def by_schedule(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep runs with a schedule of this name."""
        return queryset.with_schedule(value)
