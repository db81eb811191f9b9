"""Filters and ordering that all lists share."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from noising.filters.conditions import choice_condition


class ListFilters(filters.FilterSet):  # type: ignore[misc]  # it has no types
    """Objects that fulfil every given condition, by default without archived ones.

    Subclasses add conditions, including `ordering`. `open_order` orders objects that
    the query leaves unordered.
    """

    open_order: tuple[str, ...]

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
        found: QuerySet[Any] = super().filter_queryset(queryset)
        if not self.form.cleaned_data["archived"]:
            found = found.filter(archived_at__isnull=True)
        return found.order_by(*found.query.order_by, *self.open_order)

    def by_archive(
        self, queryset: QuerySet[Any], name: str, value: str
    ) -> QuerySet[Any]:
        """Keep archived objects, objects that are not archived, or all."""
        if value == "all":
            return queryset
        return queryset.filter(archived_at__isnull=value == "false")

    def by_text(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep objects that contain a text."""
        found: QuerySet[Any] = queryset.searched(value)
        return found

    def by_tag(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep objects with a tag."""
        found: QuerySet[Any] = queryset.tagged(value)
        return found


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
