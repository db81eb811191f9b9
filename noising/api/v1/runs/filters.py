"""How the list of runs is narrowed and ordered."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

from noising.api.v1.conditions import choice_condition, text_condition
from noising.api.v1.runs.documents import STATUSES
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


class RunFilters(filters.FilterSet):  # type: ignore[misc]  # it has no types
    """Every condition that is given must hold."""

    status = choice_condition("status", STATUSES)
    suite = text_condition("suite")
    corpus = text_condition("corpus", field_name="corpus_name")
    schedule = text_condition("schedule", method="by_schedule")
    tag = text_condition("tag", method="by_tag")
    owner = text_condition("owner", field_name="owner__username")
    search = text_condition("search", method="by_text")
    created_from = _moment("created_from", "gte", "Asked for at that time or later.")
    created_before = _moment("created_before", "lt", "Asked for before that time.")
    archived = choice_condition(
        "archived",
        ("false", "true", "all"),
        method="by_archive",
        help_text="Those in the archive; by default those that are not.",
    )
    ordering = filters.OrderingFilter(
        fields=ORDERINGS,
        error_messages={
            "invalid_choice": "`ordering` must be of "
            f"{', '.join(ORDERINGS.values())}, each perhaps with - in front."
        },
    )

    class Meta:
        """No filters but those declared."""

        model = BenchmarkRun
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the conditions; the newest come first where the order is open."""
        found: QuerySet[Any] = super().filter_queryset(queryset)
        if not self.form.cleaned_data["archived"]:
            found = found.filter(archived_at__isnull=True)
        return found.order_by(*found.query.order_by, "-created_at", "-id")

    def by_schedule(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep those with a schedule of this name."""
        return queryset.with_schedule(value)

    def by_tag(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep those with a tag."""
        return queryset.tagged(value)

    def by_text(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep those that mention all the words."""
        return queryset.searched(value)

    def by_archive(
        self, queryset: BenchmarkRunQuerySet, name: str, value: str
    ) -> BenchmarkRunQuerySet:
        """Keep those that are archived, those that are not, or all."""
        if value == "all":
            return queryset
        return queryset.filter(archived_at__isnull=value == "false")
