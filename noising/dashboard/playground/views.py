"""The playground's page, the state for its scripts, and its plot."""

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from noising.configured import denoiser_service
from noising.dashboard.playground.context import PlaygroundState, serialize_state
from noising.dashboard.playground.figure import (
    FIGURE_FORMATS,
    AlphaFigure,
    make_alpha_image,
)
from noising.dashboard.playground.forms import MOST_CHARACTERS
from noising.dashboard.playground.processes import list_stored_names
from noising.figures import respond_with_image


@require_safe
def show_playground(request: HttpRequest) -> HttpResponse:
    """Show a text's tokens under noise."""
    state = PlaygroundState.of(request.GET)
    origin = _read_origin(request)
    denoised = state.denoised(request.GET)
    context = {
        "section": "playground",
        "state": state,
        "stored_names": list_stored_names(),
        "most_characters": MOST_CHARACTERS,
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
    return respond_with_image(request, image, FIGURE_FORMATS[plot_format])


def _read_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
