"""Plots, findings and JSON as admin shows them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LONGEST_JSON = 20_000


def plot_images(
    route: str, names: Mapping[str, str], arguments: Mapping[str, object]
) -> SafeString:
    """Return images of the plots of a route, each with its title.

    Args:
        route: The route's name; it takes ``name`` and ``plot_format``.
        names: The title of each plot by its name.
        arguments: The route's other arguments.
    """
    return format_html_join(
        "",
        '<a class="plot" href="{}"><img src="{}" alt="{}" loading="lazy"></a>',
        (
            (address, address, title)
            for name, title in names.items()
            for address in [
                reverse(route, kwargs={**arguments, "name": name, "plot_format": "svg"})
            ]
        ),
    )


def findings_list(findings: Iterable[Mapping[str, Any]]) -> SafeString | str:
    """Return the linter's findings as a list."""
    items = format_html_join(
        "",
        '<li><b class="severity-{}">{}</b> {} {} <code>{}</code></li>',
        (
            (
                finding["severity"],
                finding["severity"],
                finding["message"],
                finding.get("way_out") or "",
                finding["code"],
            )
            for finding in findings
        ),
    )
    return format_html('<ul class="findings">{}</ul>', items) if items else "Nothing."


def counts_text(counts: Mapping[str, int]) -> str:
    """Return "2 warning, 1 info" for the findings' counts."""
    return ", ".join(f"{count} {severity}" for severity, count in counts.items())


def json_block(value: object) -> SafeString | str:
    """Return indented JSON, cut after LONGEST_JSON characters."""
    if value is None:
        return "-"
    text = json.dumps(value, indent=2)
    if len(text) > LONGEST_JSON:
        text = (
            f"{text[:LONGEST_JSON]}\n... {len(text) - LONGEST_JSON:,} characters more"
        )
    return format_html("<pre>{}</pre>", text)


class ArchivedFilter(admin.SimpleListFilter):
    """Hides archived objects unless the query selects them."""

    title = "archived"
    parameter_name = "archived"

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        """Return the choices other than the default."""
        return [("yes", "Archived"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Yield the links; name the default by what it shows."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not archived"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "yes")
