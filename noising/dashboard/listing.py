"""List pages: rows, search and filters, and the choice of columns, all in the URL.

A list page is a `ListPage` and a template that extends `pages/list.html`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BoundField, Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from noising.filters import ListFilters

PAGE_SIZE: Final = 50

COLUMNS: Final = "columns"
"""The parameter of the query with the names of the chosen columns."""

DEFAULTS: Final = {"archived": "false"}
"""Values of conditions that change nothing; the form sends them."""

COOKIE_SECONDS: Final = 365 * 24 * 3600

LABELS: Final = {"grade": "Verdict"}
"""Labels of conditions whose column has another name than the API's."""

NOT_CONDITIONS: Final = ("ordering", "search")
"""Fields of the filters that the page shows elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list.

    Attributes:
        name: its name in the query and in the template.
        label: its heading.
        ordering: its name in `ordering`; empty if the list cannot be ordered by it.
        is_number: whether it is aligned to the right.
        is_wide: whether its text may have several lines.
        is_extra: whether only those who choose it see it.
    """

    name: str
    label: str
    ordering: str = ""
    is_number: bool = False
    is_wide: bool = False
    is_extra: bool = False


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
class Chip:
    """A condition that is set.

    Attributes:
        label: the name of the condition.
        value: its value.
        address: the URL of the list without it.
    """

    label: str
    value: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """What is the same for every request of a list page.

    Attributes:
        section: the section of the site, which names the cookie.
        noun: what a row is.
        plural: several of them.
        hint: what the search reads.
        filters: the known conditions.
        columns: all columns; the first one names the row and is always shown.
        compare: the route of the page that compares rows; empty without such a page.
        selection: the parameter of that page that names the rows.
        most: how many rows it compares at most.
        folder: the folder of the template; by default the name of the section.
    """

    section: str
    noun: str
    plural: str
    hint: str
    filters: Callable[..., ListFilters]
    columns: Sequence[Column]
    compare: str = ""
    selection: str = ""
    most: int = 0
    folder: str = ""

    def respond(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        *,
        detail: Callable[[Any], object] = lambda row: None,
    ) -> HttpResponse:
        """Show the rows that the query selects.

        Args:
            request: the request; its query has the conditions, `ordering`, `columns`
                and `page`.
            rows: the rows to filter.
            detail: what the template needs to show a row besides the row.
        """
        listing = self.build_listing(request.GET, rows, request.COOKIES, detail=detail)
        context = {"section": self.section, "list": self, "listing": listing}
        response = render(request, f"{self.folder or self.section}/list.html", context)
        patch_vary_headers(response, ["Cookie"])
        if COLUMNS in request.GET:
            self._store_columns(response, request, listing)
        return response

    def build_listing(
        self,
        query: QueryDict,
        rows: QuerySet[Any],
        cookies: Mapping[str, str] | None = None,
        *,
        detail: Callable[[Any], object] = lambda row: None,
    ) -> "Listing":
        """Return the page of the list that a query selects.

        Conditions that are not valid do not filter; the form has their errors. If there
        is no page with the number, the last page is returned.
        """
        chosen = query.getlist(COLUMNS)
        if COLUMNS not in query:
            chosen = (cookies or {}).get(self._cookie, "").split(".")
        filtered = self.filters(data=query, queryset=rows)
        # If the form is not valid, the rows are not filtered.
        found = (
            filtered.qs
            if filtered.is_valid()
            else self.filters(data=QueryDict(), queryset=rows).qs
        )
        page = Paginator(found, PAGE_SIZE).get_page(query.get("page"))
        return Listing(
            page=page,
            form=filtered.form,
            columns=self._choose(chosen),
            all_columns=self.columns,
            query=_drop(query, "page"),
            api_only=filtered.api_only,
            archived=0 if page.object_list else self._count_archived(query, rows),
            detail=detail,
        )

    @property
    def _cookie(self) -> str:
        return f"columns_{self.section}"

    def _choose(self, names: Sequence[str]) -> list[Column]:
        """Return the first column and the named ones; by default those of everyone."""
        others = self.columns[1:]
        chosen = [column for column in others if column.name in names]
        shown = chosen or [column for column in others if not column.is_extra]
        return [self.columns[0], *shown]

    def _store_columns(
        self, response: HttpResponse, request: HttpRequest, listing: "Listing"
    ) -> None:
        """Remember the columns for later visits."""
        if listing.columns == self._choose(()):
            response.delete_cookie(self._cookie, path=request.path)
            return
        response.set_cookie(
            self._cookie,
            ".".join(column.name for column in listing.columns),
            max_age=COOKIE_SECONDS,
            path=request.path,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )

    def _count_archived(self, query: QueryDict, rows: QuerySet[Any]) -> int:
        """Return how many rows match except that they are archived."""
        if query.get("archived", "") not in ("", DEFAULTS["archived"]):
            return 0
        everything = query.copy()
        everything["archived"] = "true"
        filtered = self.filters(data=everything, queryset=rows)
        if "archived" not in filtered.form.fields or not filtered.is_valid():
            return 0
        return int(filtered.qs.count())


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list.

    Attributes:
        page: the rows, and their place among all.
        form: the conditions, with their values and errors.
        columns: the columns that are shown.
        all_columns: all columns.
        query: the query of the page, without the page's number.
        api_only: conditions for which the page has no field.
        archived: how many rows are not shown only because they are archived; only
            counted if nothing is shown.
        detail: returns what the template needs to show a row besides the row.
    """

    page: "Page[Any]"
    form: Form
    columns: Sequence[Column]
    all_columns: Sequence[Column]
    query: QueryDict
    api_only: Sequence[str] = ()
    archived: int = 0
    detail: Callable[[Any], object] = field(default=lambda row: None)

    @property
    def rows(self) -> Iterator[tuple[Any, object]]:
        """Yield each row with its detail."""
        return ((row, self.detail(row)) for row in self.page)

    @property
    def heads(self) -> list[ColumnHead]:
        """Return the headings of the columns."""
        ordering = self.query.get("ordering", "")
        return [_build_head(column, ordering, self.query) for column in self.columns]

    @property
    def search(self) -> BoundField:
        """Return the field of the search."""
        return self.form["search"]

    @property
    def conditions(self) -> list[tuple[str, BoundField]]:
        """Return the fields of the other conditions with their labels."""
        hidden = (*NOT_CONDITIONS, *self.api_only)
        fields = [field for field in self.form if field.name not in hidden]
        # Those of all lists last.
        fields.sort(key=lambda field: field.name in ListFilters.base_filters)
        fields.sort(key=lambda field: field.name == "archived")
        return [(label_condition(field.name), field) for field in fields]

    @property
    def errors(self) -> list[str]:
        """Return the errors of conditions without a field on the page."""
        names = ("ordering", *self.api_only)
        return [
            str(error) for name in names for error in self.form.errors.get(name, ())
        ]

    @property
    def chips(self) -> list[Chip]:
        """Return the conditions that are set, other than the search."""
        if self.form.errors:
            return []
        return [
            Chip(
                label=label_condition(name),
                value=_describe_value(self.form, name, value),
                address=_address(_drop(self.query, name)),
            )
            for name, value in self._conditions.items()
            if name not in NOT_CONDITIONS
        ]

    @property
    def is_narrowed(self) -> bool:
        """Return whether any condition is set, and all are valid."""
        names = (name for name in self._conditions if name != "ordering")
        return not self.form.errors and any(names)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to find: no rows, and none left out."""
        left_out = self.is_narrowed or self.archived or self.form.errors
        return not (self.page.object_list or left_out)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return the parameters that the form of search and filters keeps."""
        names = ("ordering", COLUMNS, *self.api_only)
        return self._list_parameters(lambda name: name in names)

    @property
    def kept_with_columns(self) -> list[tuple[str, str]]:
        """Return the parameters that the form of the columns keeps."""
        return self._list_parameters(lambda name: name != COLUMNS)

    @property
    def export_query(self) -> str:
        """Return the conditions and the order as the API takes them, with a last `&`.

        Like the page, it leaves out conditions that are not valid.
        """
        query = QueryDict(mutable=True)
        if not self.form.errors:
            query.update(self._conditions)
        return f"{query.urlencode()}&" if query else ""

    @property
    def cleared(self) -> str:
        """Return the URL of the list without conditions."""
        kept = [name for name in self.query if name not in ("ordering", COLUMNS)]
        return _address(_drop(self.query, *kept))

    @property
    def with_archived(self) -> str:
        """Return the URL of the list with the archived rows only."""
        return update_query(self.query, archived="true")

    @property
    def default_columns(self) -> str:
        """Return the URL of the list with the columns of everyone."""
        return update_query(self.query, **{COLUMNS: "default"})

    @property
    def previous(self) -> str:
        """Return the URL of the previous page, or "" on the first."""
        if not self.page.has_previous():
            return ""
        return update_query(self.query, page=self.page.previous_page_number())

    @property
    def next(self) -> str:
        """Return the URL of the next page, or "" on the last."""
        if not self.page.has_next():
            return ""
        return update_query(self.query, page=self.page.next_page_number())

    @property
    def _conditions(self) -> dict[str, str]:
        """Return the conditions and the order of the query that have an effect."""
        given = {name: self.query.get(name, "").strip() for name in self.form.fields}
        return {
            name: value
            for name, value in given.items()
            if value and value != DEFAULTS.get(name)
        }

    def _list_parameters(self, is_kept: Callable[[str], bool]) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name, values in self.query.lists()
            if is_kept(name)
            for value in values
            if value
        ]


def label_condition(name: str) -> str:
    """Return "created_from" as "Created from"."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _describe_value(form: Form, name: str, value: str) -> str:
    """Return a value as the field shows it."""
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))


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
    return _address(other)


def _drop(query: QueryDict, *names: str) -> QueryDict:
    """Return the query without some parameters."""
    other = query.copy()
    for name in names:
        other.pop(name, None)
    return other


def _address(query: QueryDict) -> str:
    return f"?{query.urlencode()}"
