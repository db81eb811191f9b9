"""Lists on pages: rows, filters, and the URLs of other orders and pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BoundField, Form
from django.http import QueryDict

from noising.filters.lists import ListFilters

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list.

    Attributes:
        label: its heading.
        ordering: its name in `ordering`; empty if the list cannot be ordered by it.
        is_number: whether it is aligned to the right.
    """

    label: str
    ordering: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnHead:
    """The heading of a column for the current query.

    Attributes:
        column: the column.
        address: the URL of the list ordered by it, or in the opposite order.
        sort: `ascending`, `descending` or empty.
    """

    column: Column
    address: str
    sort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list.

    Attributes:
        page: the rows, and their place among all.
        form: the conditions, with their values and errors.
        heads: the headings of the columns.
        query: the query of the page, without the page's number.
        is_narrowed: whether any condition is set.
        archived: how many rows are not shown because they are archived; only counted
            if nothing is shown.
    """

    page: "Page[Any]"
    form: Form
    heads: Sequence[ColumnHead]
    query: QueryDict
    is_narrowed: bool
    archived: int = 0

    @property
    def conditions(self) -> list[tuple[str, BoundField]]:
        """Return the conditions with their labels, without the order."""
        fields = [field for field in self.form if field.name != "ordering"]
        # Last, because it is rarely needed.
        fields.sort(key=lambda field: field.name == "archived")
        return [(field.name.replace("_", " ").capitalize(), field) for field in fields]

    @property
    def previous(self) -> str:
        """Return the URL of the previous page, or "" on the first."""
        if not self.page.has_previous():
            return ""
        return self._address(page=self.page.previous_page_number())

    @property
    def next(self) -> str:
        """Return the URL of the next page, or "" on the last."""
        if not self.page.has_next():
            return ""
        return self._address(page=self.page.next_page_number())

    def _address(self, **changes: object) -> str:
        return update_query(self.query, **changes)


def build_listing(
    query: QueryDict,
    filters: Callable[..., ListFilters],
    rows: QuerySet[Any],
    columns: Sequence[Column],
) -> Listing:
    """Return the page of a list that a query selects.

    Conditions that are not valid do not filter; the form has their errors. If there is
    no page with the number, the last page is returned.

    Args:
        query: the conditions, `ordering` and `page`.
        filters: the known conditions.
        rows: the rows to filter.
        columns: the columns of the list.
    """
    conditions_query = query.copy()
    conditions_query.pop("page", None)
    filtered = filters(data=query, queryset=rows)
    # If the form is not valid, the rows are not filtered.
    narrowed = (
        filtered if filtered.is_valid() else filters(data=QueryDict(), queryset=rows)
    )
    pages = Paginator(narrowed.qs, PAGE_SIZE)
    ordering = conditions_query.get("ordering", "")
    is_narrowed = filtered.is_valid() and any(
        conditions_query.get(name)
        for name in filtered.form.fields
        if name != "ordering"
    )
    page = pages.get_page(query.get("page"))
    return Listing(
        page=page,
        form=filtered.form,
        heads=[_build_head(column, ordering, conditions_query) for column in columns],
        query=conditions_query,
        is_narrowed=is_narrowed,
        archived=0 if page or is_narrowed else rows.count(),
    )


def _build_head(column: Column, ordering: str, query: QueryDict) -> ColumnHead:
    sorts = {column.ordering: "ascending", f"-{column.ordering}": "descending"}
    sort = sorts.get(ordering, "") if column.ordering else ""
    turned = f"-{column.ordering}" if sort == "ascending" else column.ordering
    return ColumnHead(
        column=column, address=update_query(query, ordering=turned), sort=sort
    )


def update_query(query: QueryDict, **changes: object) -> str:
    """Return the URL of the same page with some parameters of the query changed."""
    other = query.copy()
    for name, value in changes.items():
        other[name] = str(value)
    return f"?{other.urlencode()}"
