"""Requests to noise a batch, in whichever form they come, as one draft of values."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from noising.api import parsers
from noising.api import query_params as texts
from noising.api.noise import npy
from noising.api.noise import safetensors as tensors

FORMS: Mapping[str, texts.Form] = {
    "timesteps": texts.NUMBERS,
    "times": texts.NUMBERS,
    "schedule": texts.NAME_OR_OBJECT,
    "seed": texts.NUMBER,
    "sequence_ids": texts.NUMBERS,
    "draw": texts.NUMBER,
    "lengths": texts.NUMBERS,
    "protect": texts.OBJECT,
    "weights": texts.ROW,
    "token_types": texts.OBJECT,
    "hyperschedule": texts.OBJECT,
    "return": texts.NAMES,
}
"""How the query, and the metadata of safetensors, write each parameter."""

TENSORS = frozenset(
    {"tokens", "timesteps", "times", "protect", "weights", "lengths", "sequence_ids"}
)
"""What may come as a tensor."""


def from_json(body: bytes) -> Any:
    """Return the document."""
    return parsers.parse_json(body)


def from_npy(body: bytes) -> Any:
    """Return the one array as the tokens."""
    return {"tokens": npy.read_npy(body)}


def from_tensors(body: bytes) -> Any:
    """Return the tensors, and the parameters in the metadata."""
    arrays, metadata = tensors.read_tensors(body)
    parameters = texts.read_texts(metadata.items(), FORMS)
    strangers = [name for name in arrays if name not in TENSORS]
    if strangers:
        text = f"must be one of the tensors {', '.join(sorted(TENSORS))}."
        raise ValidationError(
            {
                name: [ErrorDetail(f"`{name}` {text}", "unknown_key")]
                for name in strangers
            }
        )
    return _joined(arrays, parameters)


READERS: Mapping[str, Callable[[bytes], Any]] = {
    parsers.MEDIA_TYPE: from_json,
    npy.MEDIA_TYPE: from_npy,
    tensors.MEDIA_TYPE: from_tensors,
}
"""The one table from a media type to what reads it."""


def read_draft(request: Request) -> Any:
    """Return the values of a request by name, from its query and its body together.

    Raises:
        APIException: the body is not what its Content-Type declares, or is too large.
        ValidationError: a parameter cannot be read, or stands in both.
    """
    media_type, body = parsers.read_body(request, READERS)
    return draft_of(READERS[media_type](body), request.query_params)


def draft_of(values: Any, query: QueryDict) -> Any:
    """Return the values of a body and of a query together.

    Raises:
        ValidationError: a parameter cannot be read, or stands in both.
    """
    pairs = [(name, text) for name, given in query.lists() for text in given]
    if not pairs or not isinstance(values, dict):
        return values
    return _joined(values, texts.read_texts(pairs, FORMS))


def _joined(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    both = values.keys() & others.keys()
    if both:
        raise ValidationError(
            {
                name: [ErrorDetail(f"`{name}` must be given once.", "twice")]
                for name in sorted(both)
            }
        )
    return values | others
