"""How the list of runs is narrowed and ordered."""

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
"""Field by which to order -> its name in the query; `-` in front: descending."""

TEXTS = {
    "suite": "Name of the set of measurements.",
    "corpus": "Name of the corpus.",
    "schedule": "Name of one of the schedules, the baseline included.",
    "tag": "One of the tags.",
    "owner": "Name of the account that asked for it.",
    "search": "Words that all occur in notes, tags, names or the error.",
}
"""Conditions that are text, and what each means."""


class MomentField(IsoDateTimeField):  # type: ignore[misc]  # it has no types
    """A time of a year from 1 to 9999, also once it is told in UTC."""

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
    """A condition that is a time."""

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
    """Conditions on runs; the newest come first where the order is left open."""

    open_order = ("-created_at", "-id")

    status = choice_condition("status", BenchmarkRun.Status.values)
    suite = text_condition("suite")
    corpus = text_condition("corpus", field_name="corpus_name")
    schedule = text_condition("schedule", method="by_schedule")
    tag = text_condition("tag", method="by_tag")
    owner = text_condition("owner", field_name="owner__username")
    search = text_condition("search", method="by_text")
    created_from = _moment("created_from", "gte", "Asked for at that time or later.")
    created_before = _moment("created_before", "lt", "Asked for before that time.")
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = BenchmarkRun
        fields: tuple[str, ...] = ()

    def by_schedule(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep those with a schedule of this name."""
        return queryset.with_schedule(value)
