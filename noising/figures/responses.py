"""HTTP responses with figures or with their data."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag

from noising.budget import PAGE_WORK
from noising.configured import VERSION
from noising.engine import ENGINE_VERSION
from noising.figures.images import IMAGE_CACHE, Image, ImageFormat
from noising.metrics import RENDER_SECONDS

PLOT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The policy for an SVG that a browser opens as a document: inline styles only."""

CONTENT_TYPES: Final[Mapping[ImageFormat, str]] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}

WEEK_SECONDS: Final = 7 * 24 * 3600

DRAWING_SECONDS: Final = 1.0
"""Estimated time to draw a figure."""


def hash_content(*parts: object) -> str:
    """Return a key that depends on the parts and on the version of the program."""
    text = json.dumps([VERSION, ENGINE_VERSION, *parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def respond_with_image(
    request: HttpRequest,
    image: Image,
    image_format: ImageFormat,
    *,
    is_fixed: bool = False,
) -> HttpResponseBase:
    """Return 304 if the client has the content, else the image from cache or drawn.

    Args:
        request: the request with its conditional headers.
        image: the image.
        image_format: format of the image.
        is_fixed: whether the URL identifies the content, which then never changes.

    Raises:
        BusyError: no permit became free in time.
    """
    response = _respond(
        request,
        image,
        image_format,
        content_type=CONTENT_TYPES[image_format],
        produce=lambda: image.draw(image_format),
        is_fixed=is_fixed,
    )
    response["Content-Security-Policy"] = PLOT_POLICY
    return response


def respond_with_chart(
    request: HttpRequest,
    image: Image,
    chart: Callable[[], Mapping[str, Any]],
    *,
    is_fixed: bool = False,
) -> HttpResponseBase:
    """Return the data of an image in the way of `respond_with_image`.

    Args:
        request: the request with its conditional headers.
        image: the image.
        chart: computes the data.
        is_fixed: whether the URL identifies the content, which then never changes.

    Raises:
        BusyError: no permit became free in time.
    """
    return _respond(
        request,
        image,
        "json",
        content_type="application/json",
        produce=lambda: orjson.dumps(chart(), option=orjson.OPT_SERIALIZE_NUMPY),
        is_fixed=is_fixed,
    )


def _respond(
    request: HttpRequest,
    image: Image,
    ending: str,
    *,
    content_type: str,
    produce: Callable[[], bytes],
    is_fixed: bool,
) -> HttpResponseBase:
    key = f"{ending}-{image.key}"
    etag = quote_etag(key)
    modified = int(image.modified.timestamp()) if image.modified else None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        content = _produce_once(key, ending, produce)
        response = HttpResponse(content, content_type=content_type)
        if image.name:
            response["Content-Disposition"] = (
                f'inline; filename="{image.name}.{ending}"'
            )
    response["ETag"] = etag
    if modified is not None:
        response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = (
        f"private, max-age={WEEK_SECONDS}, immutable"
        if is_fixed
        else "private, no-cache"
    )
    return response


def _produce_once(key: str, ending: str, produce: Callable[[], bytes]) -> bytes:
    content = IMAGE_CACHE.get(key)
    if content is None:
        with PAGE_WORK.permit(DRAWING_SECONDS):
            # The thread that held the permit before may have drawn the same image.
            content = IMAGE_CACHE.get(key)
            if content is None:
                with RENDER_SECONDS.labels(ending).time():
                    content = produce()
        IMAGE_CACHE.put(key, content)
    return content
