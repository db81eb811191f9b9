"""Who may write from a page: an account; what somebody owns, its owner and staff."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from noising.models import BenchmarkRun, ScheduleConfig, may_change

View = Callable[..., HttpResponseBase]
Kept = TypeVar("Kept", ScheduleConfig, BenchmarkRun)


def form_view(view: View) -> View:
    """Admit GET, HEAD and POST of an account; others are led to the login."""
    methods = require_http_methods(["GET", "HEAD", "POST"])
    decorated: View = never_cache(login_required(methods(view)))
    return decorated


def button_view(view: View) -> View:
    """Admit POST of an account: what a button sends."""
    decorated: View = never_cache(login_required(require_POST(view)))
    return decorated


def changeable_or_404(request: HttpRequest, model: type[Kept], **which: Any) -> Kept:
    """Return what the request may change.

    Raises:
        Http404: there is no such thing.
        PermissionDenied: it is somebody else's.
    """
    found = get_object_or_404(model, **which)
    if not may_change(request.user, found):
        raise PermissionDenied("Only its owner and staff may change this.")
    return found


def done(request: HttpRequest, kept: Kept, text: str) -> HttpResponse:
    """Say what was done, on the page of what it was done to."""
    messages.success(request, text)
    return redirect(kept)


def refused(request: HttpRequest, kept: Kept, error: Exception) -> HttpResponse:
    """Say why nothing was done, on the page of what was to change."""
    messages.error(request, str(error))
    return redirect(kept)
