"""Filters and ordering that all lists share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

from noising.filters.conditions import choice_condition

DAY = "such as 2026-01-31"
MOMENT = f"a day {DAY}, or a time such as 2026-01-31T12:00:00Z"


class DayInput(forms.DateInput):
    """The browser's field for a day; a field for text if the value has a time."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the type with the value."""
        context = super().get_context(name, value, attrs)
        text = context["widget"]["value"] or ""
        context["widget"]["type"] = "date" if len(text) in (0, 10) else "text"
        return context


class MomentField(IsoDateTimeField):  # type: ignore[misc]  # it has no types
    """A time whose year lies in 1..9999, also after conversion to UTC."""

    widget = DayInput

    def to_python(self, value: Any) -> datetime | None:
        """Return the time; a day is its beginning."""
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
        error_messages={"invalid": f"`{name}` must be {MOMENT}."},
    )


class ListFilters(filters.FilterSet):  # type: ignore[misc]  # it has no types
    """Objects that fulfil every given condition.

    Subclasses add conditions, including `search` and `ordering`. `open_order` orders
    objects that the query leaves unordered. Pages offer no field for the conditions of
    `api_only`.
    """

    open_order: tuple[str, ...] = ("-created_at", "-id")
    api_only: tuple[str, ...] = ("created_before",)

    created_from = _moment("created_from", "gte", "Created at this time or later.")
    created_to = filters.DateFilter(
        field_name="created_at",
        lookup_expr="date__lte",
        widget=DayInput,
        help_text="Created on this day (UTC) or earlier.",
        error_messages={"invalid": f"`created_to` must be a day {DAY}."},
    )
    created_before = _moment("created_before", "lt", "Created before this time.")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the conditions and the order."""
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return found.order_by(*found.query.order_by, *self.open_order)

    def by_text(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep objects that contain a text."""
        found: QuerySet[Any] = queryset.searched(value)
        return found

    def by_tag(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep objects with a tag."""
        found: QuerySet[Any] = queryset.tagged(value)
        return found


class ArchiveFilters(ListFilters):
    """Conditions on objects that can be archived; by default the others."""

    archived = choice_condition(
        "archived",
        {"false": "no", "true": "yes", "all": "both"},
        empty_label=None,
        method="by_archive",
        help_text="true: only archived ones; all: archived ones too; by default only "
        "those that are not archived.",
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the conditions and the order."""
        found = super().filter_queryset(queryset)
        if not self.form.cleaned_data["archived"]:
            found = found.filter(archived_at__isnull=True)
        return found

    def by_archive(
        self, queryset: QuerySet[Any], name: str, value: str
    ) -> QuerySet[Any]:
        """Keep archived objects, objects that are not archived, or all."""
        if value == "all":
            return queryset
        return queryset.filter(archived_at__isnull=value == "false")


def ordering_condition(orderings: Mapping[str, str]) -> filters.OrderingFilter:
    """Return the condition that orders a list.

    Args:
        orderings: names in the query by the field to order by; `-` in front of a name
            means descending.
    """
    return filters.OrderingFilter(
        fields=orderings,
        error_messages={
            "invalid_choice": "`ordering` must be one or more of "
            f"{', '.join(orderings.values())}, optionally with - in front."
        },
    )
