"""What admin's lists do with the rows that are selected."""

from collections.abc import Callable, Iterable, Mapping
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


def comparison(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    *,
    route: str,
    parameter: str,
    names: Iterable[str],
    most: int,
) -> HttpResponse | None:
    """Lead to the page that compares, or say how many it takes.

    Args:
        model_admin: whose list it is.
        request: the request, which is told.
        route: of the page.
        parameter: of its query.
        names: what was selected, as the page calls it.
        most: how many the page takes.
    """
    chosen = list(names)
    if not 2 <= len(chosen) <= most:
        text = f"Select 2 to {most} to compare them, not {len(chosen)}."
        model_admin.message_user(request, text, messages.ERROR)
        return None
    query = urlencode({parameter: ",".join(chosen)})
    return HttpResponseRedirect(f"{reverse(route)}?{query}")


def csv_answer(name: str, columns: Columns, rows: QuerySet[Any]) -> HttpResponse:
    """Return the rows as a CSV file.

    Args:
        name: of the file, without its ending.
        columns: head of each column -> the value of a row.
        rows: in one query.
    """
    values = columns.values()
    table = [list(columns), *([value(row) for value in values] for row in rows)]
    return HttpResponse(
        format_csv(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def may_benchmark(request: HttpRequest) -> bool:
    """Return whether the account may add runs."""
    return bool(request.user.has_perm("noising.add_benchmarkrun"))


def tell_queued(
    model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, run: BenchmarkRun
) -> None:
    """Say that a run waits for a worker, with a link to it."""
    link = '<a href="{}">The run</a> waits for a worker.'
    text = format_html(link, run.get_absolute_url())
    model_admin.message_user(request, text, messages.SUCCESS)
