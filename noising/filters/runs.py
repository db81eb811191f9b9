"""Filters and ordering of the list of runs."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ListFilters, ordering_condition
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
    "search": "Words that must all occur in notes, tags, names or the error.",
}
"""Descriptions of the text conditions, by name."""


class MomentField(IsoDateTimeField):  # type: ignore[misc]  # it has no types
    """A time whose year lies in 1..9999, also after conversion to UTC."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the time."""
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from None


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]  # it has no types
    """A condition whose value is a time."""

    field_class = MomentField


def _moment(name: str, lookup: str, text: str) -> MomentFilter:
    return MomentFilter(
        field_name="created_at",
        lookup_expr=lookup,
        help_text=text,
        error_messages={
            "invalid": f"`{name}` must be a time such as 2026-01-31T12:00:00Z."
        },
    )


class RunFilters(ListFilters):
    """Conditions on runs; by default the newest come first."""

    open_order = ("-created_at", "-id")

    status = choice_condition("status", BenchmarkRun.Status.values)
    suite = text_condition("suite")
    corpus = text_condition("corpus", field_name="corpus_name")
    schedule = text_condition("schedule", method="by_schedule")
    tag = text_condition("tag", method="by_tag")
    owner = text_condition("owner", field_name="owner__username")
    search = text_condition("search", method="by_text")
    created_from = _moment("created_from", "gte", "Created at this time or later.")
    created_before = _moment("created_before", "lt", "Created before this time.")
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
