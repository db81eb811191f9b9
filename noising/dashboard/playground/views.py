"""The playground's page, and what its scripts and its plot ask for."""

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from noising.configured import denoiser_service
from noising.dashboard.playground.context import State, state_document
from noising.dashboard.playground.figure import (
    PICTURE_FORMATS,
    Picture,
    alpha_image,
)
from noising.dashboard.playground.forms import MOST_CHARACTERS
from noising.dashboard.playground.processes import stored_names
from noising.figures import image_answer


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """Text in, tokens out, and noise over them."""
    state = State.of(request.GET)
    origin = _origin(request)
    denoised = state.denoised(request.GET)
    context = {
        "section": "playground",
        "state": state,
        "stored_names": stored_names(),
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
        "picture": Picture.of(state, request.GET),
    }
    return render(request, "playground/playground.html", context)


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """What the page shows, as JSON."""
    document = state_document(State.of(request.GET), request.GET, _origin(request))
    response = HttpResponse(orjson.dumps(document), content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def picture(request: HttpRequest, plot_format: str) -> HttpResponseBase:
    """Alpha of the processes over their timesteps, for who runs no scripts."""
    image = alpha_image(request.GET)
    if image is None or plot_format not in PICTURE_FORMATS:
        raise Http404("The query describes no process, or there is no such format.")
    return image_answer(request, image, PICTURE_FORMATS[plot_format])


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
