"""Conditional requests: If-None-Match saves a body, If-Match prevents a lost update."""

from collections.abc import Collection
from http import HTTPStatus

from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.layouts import parse_layout
from noising.api.problems import PreconditionFailed
from noising.figures import Image, respond_with_image
from noising.plots import FORMATS

OTHER_VERSION = "This is not the version that If-Match names."

CACHE_CONTROL = "private, no-cache"
"""Caches may store responses, but must revalidate them."""


def state_headers(version: str) -> dict[str, str]:
    """Return the headers of a response with this version of an object."""
    return {"ETag": quote_etag(version), "Cache-Control": CACHE_CONTROL}


def respond_not_modified(request: Request, version: str) -> Response | None:
    """Return the response 304 if the client has this version, else None.

    Raises:
        PreconditionFailed: the client requires another version.
    """
    response = get_conditional_response(request, etag=quote_etag(version))
    if response is None:
        return None
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise PreconditionFailed(OTHER_VERSION)
    return Response(status=HTTPStatus.NOT_MODIFIED, headers=state_headers(version))


def respond_with_figure(
    request: Request, image: Image, figure_format: str | None = None
) -> HttpResponseBase:
    """Return a figure, or the response 304 if the client has this version.

    Args:
        request: the request, whose query lays out the figure.
        image: the figure.
        figure_format: one of FORMATS; by default that of the accepted renderer.

    Raises:
        PreconditionFailed: the client requires another version.
        ValidationError: a parameter of the layout has an unknown value.
        BusyError: the service draws as many figures as it may.
    """
    name = figure_format or request.accepted_renderer.format
    [known] = [each for each in FORMATS if each == name]
    layout = parse_layout(request.query_params)
    response = respond_with_image(request._request, image, known, layout)
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise PreconditionFailed(OTHER_VERSION)
    return response


def expected_versions(request: Request) -> Collection[str] | None:
    """Return the versions that If-Match allows; None if it allows any."""
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        return None
    etags = parse_etags(header)
    if etags == ["*"]:
        return None
    # A weak one never matches here (RFC 9110, section 13.1.1).
    return [etag[1:-1] for etag in etags if etag.startswith('"')]
