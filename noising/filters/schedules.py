"""Filters and ordering of the list of schedules."""

from noising.engine import GRAPH_TYPES, SCHEDULE_TYPES
from noising.engine.verdicts import GRADES
from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ArchiveFilters, ordering_condition
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
"""Name in the query by the field to order by; `-` in front: descending."""


class ScheduleFilters(ArchiveFilters):
    """Conditions on stored schedules, by default in the order of their names."""

    open_order = ("slug",)

    search = text_condition(
        "search",
        method="by_text",
        help_text="Words that must all occur in name, display name, notes, tags, types "
        "or owner.",
    )
    tag = text_condition("tag", method="by_tag", help_text="One of the tags.")
    owner = text_condition(
        "owner",
        field_name="owner__username",
        help_text="Name of the account that stored it.",
    )
    # Both are set by with_types(), which every list has.
    schedule_type = choice_condition(
        "schedule_type", tuple(SCHEDULE_TYPES), field_name="schedule_type"
    )
    graph_type = choice_condition(
        "graph_type", tuple(GRAPH_TYPES), field_name="graph_type"
    )
    grade = choice_condition(
        "grade",
        {grade: "not judged" if grade == "unknown" else grade for grade in GRADES},
        method="by_grade",
        help_text="The grade that follows from the linter's findings.",
    )
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = ScheduleConfig
        fields: tuple[str, ...] = ()

    def by_grade(
        self, queryset: ScheduleConfigQuerySet, name: str, value: str
    ) -> ScheduleConfigQuerySet:
        """Keep schedules with this grade."""
        return queryset.graded(value)
