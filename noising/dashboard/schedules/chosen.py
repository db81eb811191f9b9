"""Which schedules a query chooses, for pages and plots that compare them."""

from django.http import QueryDict

from noising.models import COMPARED_SCHEDULES, ScheduleConfig


def names_in(query: QueryDict) -> list[str]:
    """Return the names, each once: `names=a,b` and `names=a&names=b` are the same."""
    words = (
        word.strip() for text in query.getlist("names") for word in text.split(",")
    )
    return list(dict.fromkeys(word for word in words if word))


def chosen(query: QueryDict) -> list[ScheduleConfig]:
    """Return the first schedules that the query names, in its order, in one query.

    Archived ones count: an address that was passed on goes on working.
    """
    names = names_in(query)[:COMPARED_SCHEDULES]
    found = {
        config.slug: config
        for config in ScheduleConfig.objects.for_curves().filter(slug__in=names)
    }
    return [found[name] for name in names if name in found]
