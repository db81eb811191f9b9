"""The query of a comparison: the ids of stored objects, and one of them as baseline."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import format_value
from noising.api.problems import shorten


def describe_ids(what: str, most: int) -> list[OpenApiParameter]:
    """Describe `ids` and `baseline` in the OpenAPI document.

    Args:
        what: the compared objects, such as "runs".
        most: how many can be compared.
    """
    schema: dict[str, Any] = {
        "type": "array",
        "items": {"type": "string", "format": "uuid"},
        "minItems": 2,
        "maxItems": most,
        "uniqueItems": True,
    }
    return [
        OpenApiParameter(
            "ids",
            schema,
            explode=False,
            style="form",
            required=True,
            description=f"Ids of the {what}, separated by commas.",
        ),
        OpenApiParameter(
            "baseline",
            {"type": "string", "format": "uuid"},
            description="The one that the others are compared with; by default the "
            "first.",
        ),
    ]


def parse_ids(
    query: QueryDict, *, most: int, others: Sequence[str] = ()
) -> tuple[list[UUID], UUID]:
    """Return the ids of a query and the baseline.

    Args:
        query: with `ids` and perhaps `baseline`.
        most: how many ids it may have.
        others: further parameters that it may have.

    Raises:
        ValidationError: a parameter is missing, unknown or not valid.
    """
    refuse_unknown(query, ("ids", "baseline", *others))
    ids = read_ids(query.get("ids", ""), least=2, most=most)
    given = query.get("baseline")
    baseline = ids[0] if given is None else _parse_id("baseline", given)
    if baseline not in ids:
        raise _error("baseline", "`baseline` must be one of `ids`.", "unknown")
    return ids, baseline


def refuse_unknown(query: QueryDict, known: Sequence[str]) -> None:
    """Refuse parameters that are not known.

    Raises:
        ValidationError: there is one.
    """
    for name in query:
        if name not in known:
            text = f"`{shorten(name)}` is not known; known are {', '.join(known)}."
            raise _error(name, text, "unknown_key")


def read_ids(joined: str, *, least: int, most: int) -> list[UUID]:
    """Return ids that are separated by commas.

    Raises:
        ValidationError: they are too few, too many, repeated or malformed.
    """
    texts = joined.split(",") if joined else []
    if not least <= len(texts) <= most or len(set(texts)) < len(texts):
        text = (
            f"`ids` must be {least} to {most} different ids, separated by commas, got "
            f"{format_value(shorten(joined))}."
        )
        raise _error("ids", text, "count")
    return [_parse_id("ids", text) for text in texts]


def _parse_id(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        detail = f"`{name}` must be an id, got {format_value(shorten(text))}."
        raise _error(name, detail, "malformed") from None


def _error(name: str, text: str, code: str) -> ValidationError:
    return ValidationError({name: [ErrorDetail(text, code)]})
