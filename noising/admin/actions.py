"""Actions of admin's lists on the selected rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from noising.models import BenchmarkRun
from noising.spreadsheets import format_csv

Columns = Mapping[str, Callable[[Any], Any]]


def redirect_to_comparison(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    *,
    route: str,
    parameter: str,
    names: Iterable[str],
    most: int,
) -> HttpResponse | None:
    """Redirect to the page that compares the rows, or show how many it can compare.

    Args:
        model_admin: the list's admin.
        request: the request.
        route: the name of the page's route.
        parameter: the query parameter with the names.
        names: the selected rows, by the names that the page uses.
        most: how many rows the page can compare.
    """
    chosen = list(names)
    if not 2 <= len(chosen) <= most:
        text = f"Select 2 to {most} to compare them, not {len(chosen)}."
        model_admin.message_user(request, text, messages.ERROR)
        return None
    query = urlencode({parameter: ",".join(chosen)})
    return HttpResponseRedirect(f"{reverse(route)}?{query}")


def respond_with_csv(name: str, columns: Columns, rows: QuerySet[Any]) -> HttpResponse:
    """Return the rows as a CSV file.

    Args:
        name: the name of the file, without its extension.
        columns: the heading of each column, with a function from a row to its value.
        rows: the rows.
    """
    values = columns.values()
    table = [list(columns), *([value(row) for value in values] for row in rows)]
    return respond_with_table(name, table)


def respond_with_table(name: str, table: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return a table as a CSV file; its name is `name` and the extension."""
    return HttpResponse(
        format_csv(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def may_benchmark(request: HttpRequest) -> bool:
    """Return whether the account may add runs."""
    return bool(request.user.has_perm("noising.add_benchmarkrun"))


def show_queued(
    model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, run: BenchmarkRun
) -> None:
    """Show the message that a run was queued, with a link to it."""
    link = '<a href="{}">The run</a> was added to the queue.'
    text = format_html(link, run.get_absolute_url())
    model_admin.message_user(request, text, messages.SUCCESS)
