"""The playground's page, the state for its scripts, and its plot."""

from typing import Final

import orjson
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from noising.configured import denoiser_service
from noising.dashboard.playground.context import PlaygroundState, serialize_state
from noising.dashboard.playground.examples import EXAMPLES
from noising.dashboard.playground.figure import (
    FIGURE_FORMATS,
    AlphaFigure,
    make_alpha_image,
)
from noising.dashboard.playground.forms import list_parameter_fields
from noising.dashboard.playground.processes import list_stored_names
from noising.figures import ChosenLayout, respond_with_image

FIELDS_SECONDS: Final = 600
"""How long a browser keeps the fields of the parameters."""


@require_safe
def show_playground(request: HttpRequest) -> HttpResponse:
    """Show a text's tokens under noise."""
    state = PlaygroundState.of(request.GET)
    origin = _read_origin(request)
    denoised = state.denoised(request.GET)
    stored = list_stored_names()
    for process in state.processes:
        process.offer(stored)
    context = {
        "section": "playground",
        "state": state,
        "examples": EXAMPLES,
        "can_embed": _may_embed(),
        "panels": [
            {
                "panel": panel,
                "snippets": state.snippets(panel, origin),
                "denoised": denoised.get(panel.label),
            }
            for panel in state.panels
        ],
        "has_denoiser": denoiser_service() is not None,
        "picture": AlphaFigure.of(state, request.GET),
    }
    return render(request, "playground/playground.html", context)


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def show_embedded(request: HttpRequest) -> HttpResponse:
    """Show the tokens alone, for a frame of another site.

    Every site may frame this page: it writes nothing and does not use the session, so
    clicks that another site provokes change nothing.

    Raises:
        Http404: the service is open to accounts only.
    """
    if not _may_embed():
        raise Http404("With ACCESS=closed, pages cannot be embedded.")
    state = PlaygroundState.of(request.GET)
    context = {
        "state": state,
        "panels": [{"panel": panel} for panel in state.panels],
        "query": request.GET.urlencode(),
    }
    return render(request, "playground/embed.html", context)


@require_safe
@cache_control(private=True, max_age=FIELDS_SECONDS)
def show_parameter_fields(request: HttpRequest) -> HttpResponse:
    """Show the fields of every type; a script takes those of a type that is chosen.

    They are not part of the page, since they would be half of it.
    """
    context = {"types": list_parameter_fields()}
    return render(request, "playground/parameters.html", context)


@require_safe
def serve_state(request: HttpRequest) -> HttpResponse:
    """Respond with the content of the page as JSON."""
    document = serialize_state(
        PlaygroundState.of(request.GET), request.GET, _read_origin(request)
    )
    response = HttpResponse(orjson.dumps(document), content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def serve_alpha_figure(request: HttpRequest, plot_format: str) -> HttpResponseBase:
    """Respond with a plot of alpha over the timesteps, for browsers without scripts."""
    image = make_alpha_image(request.GET)
    if image is None or plot_format not in FIGURE_FORMATS:
        raise Http404(
            "The query does not describe a noise process, or the format does not exist."
        )
    return respond_with_image(
        request,
        image,
        FIGURE_FORMATS[plot_format],
        ChosenLayout.parse(request.GET),
    )


def _may_embed() -> bool:
    return bool(settings.ACCESS == "open")


def _read_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
