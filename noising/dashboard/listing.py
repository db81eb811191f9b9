"""Lists on pages: rows, order, filters, and the URLs of other orders and pages."""

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
        label: its head.
        ordering: its name in `ordering`; empty if the list has no order by it.
        is_number: whether it is set to the right.
    """

    label: str
    ordering: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnHead:
    """A column's head, as the present query shows it.

    Attributes:
        column: what it heads.
        address: the same list ordered by it, or the other way round.
        sort: `ascending`, `descending` or empty.
    """

    column: Column
    address: str
    sort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list.

    Attributes:
        page: the rows, and where they lie among all.
        form: the conditions, with what was given and what is wrong with it.
        heads: of the columns.
        query: the query of the page, without its number.
        is_narrowed: whether a condition leaves something out.
    """

    page: "Page[Any]"
    form: Form
    heads: Sequence[ColumnHead]
    query: QueryDict
    is_narrowed: bool

    @property
    def conditions(self) -> list[tuple[str, BoundField]]:
        """The conditions, each with its label; the heads give the order."""
        fields = [field for field in self.form if field.name != "ordering"]
        # The archive is rarely needed, so it comes last.
        fields.sort(key=lambda field: field.name == "archived")
        return [(field.name.replace("_", " ").capitalize(), field) for field in fields]

    @property
    def previous(self) -> str:
        """The address of the page before; empty on the first."""
        if not self.page.has_previous():
            return ""
        return self._address(page=self.page.previous_page_number())

    @property
    def next(self) -> str:
        """The address of the page after; empty on the last."""
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
    """Return the page of a list that a query asks for.

    Conditions that make no sense leave nothing out; the form says what is wrong with
    them. A page beyond the last is the last.

    Args:
        query: the conditions, `ordering` and `page`.
        filters: the conditions that there are.
        rows: what they narrow.
        columns: the columns of the list.
    """
    conditions_query = query.copy()
    conditions_query.pop("page", None)
    filtered = filters(data=query, queryset=rows)
    # Where it is not valid, the rows are those that no condition narrows.
    narrowed = (
        filtered if filtered.is_valid() else filters(data=QueryDict(), queryset=rows)
    )
    pages = Paginator(narrowed.qs, PAGE_SIZE)
    ordering = conditions_query.get("ordering", "")
    return Listing(
        page=pages.get_page(query.get("page")),
        form=filtered.form,
        heads=[_build_head(column, ordering, conditions_query) for column in columns],
        query=conditions_query,
        is_narrowed=filtered.is_valid()
        and any(
            conditions_query.get(name)
            for name in filtered.form.fields
            if name != "ordering"
        ),
    )


def _build_head(column: Column, ordering: str, query: QueryDict) -> ColumnHead:
    sorts = {column.ordering: "ascending", f"-{column.ordering}": "descending"}
    sort = sorts.get(ordering, "") if column.ordering else ""
    turned = f"-{column.ordering}" if sort == "ascending" else column.ordering
    return ColumnHead(
        column=column, address=update_query(query, ordering=turned), sort=sort
    )


def update_query(query: QueryDict, **changes: object) -> str:
    """Return the address of the same page with some parameters of the query changed."""
    other = query.copy()
    for name, value in changes.items():
        other[name] = str(value)
    return f"?{other.urlencode()}"
