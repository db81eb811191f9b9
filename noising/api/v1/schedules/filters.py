"""How the list of schedules is narrowed and ordered."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from noising.api.v1.conditions import choice_condition, text_condition
from noising.engine import GRAPH_TYPES, SCHEDULE_TYPES
from noising.models import ScheduleConfig, ScheduleConfigQuerySet

ORDERINGS = {
    "slug": "name",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "num_timesteps": "num_timesteps",
    "vocab_size": "vocab_size",
    "schedule_type": "schedule_type",
    "graph_type": "graph_type",
    "run_count": "runs",
}
"""Field by which to order -> its name in the query; with `-` in front, descending."""


class ScheduleFilters(filters.FilterSet):  # type: ignore[misc]  # it has no types
    """Every condition that is given must hold."""

    search = text_condition(
        "search", method="by_text", help_text="Occurs in name or notes."
    )
    tag = text_condition("tag", method="by_tag", help_text="Is one of the tags.")
    owner = text_condition(
        "owner",
        field_name="owner__username",
        help_text="Name of the account that stored it.",
    )
    archived = choice_condition(
        "archived",
        ("false", "true", "all"),
        method="by_archive",
        help_text="Those in the archive; by default those that are not.",
    )
    schedule_type = choice_condition(
        "schedule_type",
        tuple(SCHEDULE_TYPES),
        field_name="specification__schedule__type",
    )
    graph_type = choice_condition(
        "graph_type", tuple(GRAPH_TYPES), field_name="specification__graph__type"
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

        model = ScheduleConfig
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the conditions; names decide where the order leaves it open."""
        found: QuerySet[Any] = super().filter_queryset(queryset)
        if not self.form.cleaned_data["archived"]:
            found = found.filter(archived_at__isnull=True)
        return found.order_by(*found.query.order_by, "slug")

    def by_text(
        self, queryset: ScheduleConfigQuerySet, name: str, value: str
    ) -> ScheduleConfigQuerySet:
        """Keep those that mention a text."""
        return queryset.searched(value)

    def by_tag(
        self, queryset: ScheduleConfigQuerySet, name: str, value: str
    ) -> ScheduleConfigQuerySet:
        """Keep those with a tag."""
        return queryset.tagged(value)

    def by_archive(
        self, queryset: ScheduleConfigQuerySet, name: str, value: str
    ) -> ScheduleConfigQuerySet:
        """Keep those in the archive, those that are not, or all."""
        if value == "all":
            return queryset
        return queryset.filter(archived_at__isnull=value == "false")
