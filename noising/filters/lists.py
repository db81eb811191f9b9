"""What all lists of what is kept have in common."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from noising.filters.conditions import choice_condition


class ListFilters(filters.FilterSet):  # type: ignore[misc]  # it has no types
    """Every condition that is given must hold; what is archived is left out.

    Subclasses add conditions, among them `ordering`, and say in `open_order` what
    decides where the query leaves the order open.
    """

    open_order: tuple[str, ...]

    archived = choice_condition(
        "archived",
        {"false": "no", "true": "yes", "all": "both"},
        empty_label=None,
        method="by_archive",
        help_text="Those in the archive; by default those that are not.",
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
        """Keep those in the archive, those that are not, or all."""
        if value == "all":
            return queryset
        return queryset.filter(archived_at__isnull=value == "false")

    def by_text(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep those that mention a text."""
        found: QuerySet[Any] = queryset.searched(value)
        return found

    def by_tag(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        """Keep those with a tag."""
        found: QuerySet[Any] = queryset.tagged(value)
        return found


def ordering_condition(orderings: Mapping[str, str]) -> filters.OrderingFilter:
    """Return the condition that orders a list.

    Args:
        orderings: field by which to order -> its name in the query, where `-` in
            front stands for descending.
    """
    return filters.OrderingFilter(
        fields=orderings,
        error_messages={
            "invalid_choice": "`ordering` must be of "
            f"{', '.join(orderings.values())}, each perhaps with - in front."
        },
    )
