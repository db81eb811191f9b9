"""HTTP responses with figures or with their data."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag

from noising.budget import PAGE_WORK
from noising.configured import VERSION
from noising.engine import ENGINE_VERSION
from noising.figures.charts import make_chart
from noising.figures.images import IMAGE_CACHE, Image
from noising.figures.layouts import ChosenLayout
from noising.metrics import RENDER_SECONDS
from noising.plots import PRINT_DPI, FigureFormat, render

PLOT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The policy for an SVG that a browser opens as a document: inline styles only."""

CONTENT_TYPES: Final[Mapping[FigureFormat, str]] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "pgf": "text/x-tex",
    "csv": "text/csv",
    "py": "text/x-python",
}
_TEXTS: Final = frozenset({"pgf", "csv", "py"})
"""The formats that are no images; browsers store them."""

_SCREEN_DPI: Final = 144

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
    figure_format: FigureFormat,
    layout: ChosenLayout,
    *,
    is_fixed: bool = False,
) -> HttpResponseBase:
    """Return 304 if the client has the content, else the figure from cache or drawn.

    Args:
        request: the request with its conditional headers.
        image: the figure.
        figure_format: its format.
        layout: its layout.
        is_fixed: whether the URL identifies the content, which then never changes.

    Raises:
        BusyError: no permit became free in time.
        NoPgfError: PGF is asked of a figure that has none.
    """
    is_text = figure_format in _TEXTS
    is_stored = is_text or layout.is_download
    content_type = CONTENT_TYPES[figure_format]
    response = _respond(
        request,
        _Entry(
            key=f"{figure_format}-{layout.key}{image.key}",
            ending=figure_format,
            content_type=f"{content_type}; charset=utf-8" if is_text else content_type,
            modified=image.modified,
            disposition=f"{'attachment' if is_stored else 'inline'}; "
            f'filename="{image.name}{layout.suffix}.{figure_format}"',
        ),
        lambda: render(
            image.data(),
            figure_format,
            layout=layout.build(),
            dpi=PRINT_DPI if layout.is_for_print else _SCREEN_DPI,
        ),
        is_fixed=is_fixed,
    )
    response["Content-Security-Policy"] = PLOT_POLICY
    return response


def respond_with_chart(
    request: HttpRequest, image: Image, *, is_fixed: bool = False
) -> HttpResponseBase:
    """Return the data of a figure in the way of `respond_with_image`.

    Args:
        request: the request with its conditional headers.
        image: the figure, which has a chart.
        is_fixed: whether the URL identifies the content, which then never changes.

    Raises:
        BusyError: no permit became free in time.
    """
    return _respond(
        request,
        _Entry(
            key=f"json-{image.key}",
            ending="json",
            content_type="application/json",
            modified=image.modified,
        ),
        lambda: orjson.dumps(
            make_chart(image.data()), option=orjson.OPT_SERIALIZE_NUMPY
        ),
        is_fixed=is_fixed,
    )


def respond_with_sparkline(
    request: HttpRequest,
    key: str,
    draw: Callable[[], bytes],
    *,
    modified: datetime,
    is_fixed: bool = False,
) -> HttpResponseBase:
    """Return a small SVG in the way of `respond_with_image`.

    Args:
        request: the request with its conditional headers.
        key: identifies the content.
        draw: draws it.
        modified: time of the last change of the content.
        is_fixed: whether the URL identifies the content, which then never changes.

    Raises:
        BusyError: no permit became free in time.
    """
    entry = _Entry(
        key=f"svg-{key}",
        ending="svg",
        content_type=CONTENT_TYPES["svg"],
        modified=modified,
    )
    response = _respond(request, entry, draw, is_fixed=is_fixed)
    response["Content-Security-Policy"] = PLOT_POLICY
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a response says about its content."""

    key: str
    ending: str
    content_type: str
    modified: datetime | None
    disposition: str = ""


def _respond(
    request: HttpRequest,
    entry: _Entry,
    produce: Callable[[], bytes],
    *,
    is_fixed: bool,
) -> HttpResponseBase:
    etag = quote_etag(entry.key)
    modified = int(entry.modified.timestamp()) if entry.modified else None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        content = _produce_once(entry.key, entry.ending, produce)
        response = HttpResponse(content, content_type=entry.content_type)
        if entry.disposition:
            response["Content-Disposition"] = entry.disposition
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
