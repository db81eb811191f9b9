"""The playground's page; what moves on it asks the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """Text in, tokens out, and noise over them."""
    return render(request, "playground/playground.html", {"section": "playground"})
