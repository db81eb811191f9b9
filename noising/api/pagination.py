"""Lists of stored objects: filters, order and pages; strict about the query."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import (
    CharFilter,
    DjangoFilterBackend,
    FilterSet,
    OrderingFilter,
)
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from noising.api.fields import format_value
from noising.api.parsers import DECIMAL
from noising.api.problems import MOST_ERRORS, shorten
from noising.api.renderers import PARAMETER

PAGE_SIZE = 50
MOST_PAGE_SIZE = 200


PAGE_PARAMETERS = [
    OpenApiParameter(
        "page",
        {"type": "integer", "minimum": 1, "default": 1},
        description="Number of the page, from 1.",
    ),
    OpenApiParameter(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_PAGE_SIZE,
            "default": PAGE_SIZE,
        },
        description="Number of results per page.",
    ),
]
"""Parameters of every list in the OpenAPI document."""


def ordering_parameter(conditions: type[FilterSet]) -> OpenApiParameter:
    """Describe the order of a list in the OpenAPI document.

    drf-spectacular's own description allows an empty order.
    """
    choices = conditions.base_filters["ordering"].extra["choices"]
    names = [name for name, _ in choices]
    return OpenApiParameter(
        "ordering",
        {
            "type": "array",
            "items": {"type": "string", "enum": names},
            "minItems": 1,
        },
        explode=False,
        style="form",
        description="Keys to sort by, separated by commas; `-` in front: descending.",
    )


class Pages(PageNumberPagination):
    """``page`` and ``page_size``; other values are refused, not ignored."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MOST_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        """Return how many results a page has."""
        return _parse_number(request, "page_size", PAGE_SIZE, most=MOST_PAGE_SIZE)

    def check(self, request: Request) -> None:
        """Check the query, also for an export, which has no pages.

        Raises:
            ValidationError: a parameter is not valid.
        """
        _parse_number(request, "page", 1, most=None)
        self.get_page_size(request)

    def paginate_queryset(  # type: ignore[override]  # of rows alone
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return the results of the requested page.

        Raises:
            NotFound: there is no such page.
            ValidationError: a parameter is not valid.
        """
        self.check(request)
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound:
            page = shorten(request.query_params["page"])
            raise NotFound(
                f"There is no page {page} of pages of {self.get_page_size(request)}."
            ) from None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page; DRF's own description is not valid in OpenAPI 3.1."""
        address = {"type": ["string", "null"], "format": "uri"}
        properties = {
            "count": {"type": "integer", "minimum": 0},
            "next": address,
            "previous": address,
            "results": schema,
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
        }


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # no types
    """django-filter, which by itself ignores unknown parameters."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the rows that the query selects.

        Raises:
            ValidationError: a parameter is unknown, is given twice or lacks a value.
        """
        conditions = view.filterset_class.base_filters
        known = [*conditions, "page", "page_size", PARAMETER]
        errors: dict[str, Any] = {}
        for name, texts in list(request.query_params.lists())[: 10 * MOST_ERRORS]:
            if name not in known:
                text = f"`{shorten(name)}` is not known; known are {', '.join(known)}."
                errors[name] = [ErrorDetail(text, "unknown_key")]
            elif len(texts) > 1:
                errors[name] = [ErrorDetail(f"`{name}` must be given once.", "twice")]
            elif lacks_value(conditions.get(name), texts[0]):
                errors[name] = [ErrorDetail(f"`{name}` must have a value.", "empty")]
        if errors:
            raise ValidationError(errors)
        rows: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return rows


def lacks_value(condition: Any, text: str) -> bool:
    """Tell whether the text of a condition lacks a value.

    An empty text is a value of a text filter, but not an order.
    """
    if condition is None or isinstance(condition, CharFilter):
        return False
    if isinstance(condition, OrderingFilter):
        return not all(text.split(","))
    return not text


def _parse_number(
    request: Request, name: str, default: int, *, most: int | None
) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not DECIMAL.fullmatch(text) or int(text) < 1 or (most and int(text) > most):
        rule = f"lie in 1..{most}" if most else "be a whole number from 1 on"
        detail = f"`{name}` must {rule}, got {format_value(shorten(text))}."
        raise ValidationError({name: [ErrorDetail(detail, "out_of_range")]})
    return int(text)
