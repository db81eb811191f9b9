"""Who may write on pages: any account, but only owner and staff change an object."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from noising.models import (
    Audit,
    BenchmarkRun,
    Corpus,
    Job,
    ScheduleConfig,
    may_change,
)

View = Callable[..., HttpResponseBase]
Owned = TypeVar("Owned", ScheduleConfig, BenchmarkRun, Audit, Job)


def form_view(view: View) -> View:
    """Allow GET, HEAD and POST by an account; redirect others to the login."""
    methods = require_http_methods(["GET", "HEAD", "POST"])
    decorated: View = never_cache(login_required(methods(view)))
    return decorated


def button_view(view: View) -> View:
    """Allow POST by an account, which a button sends."""
    decorated: View = never_cache(login_required(require_POST(view)))
    return decorated


def get_changeable_or_404(
    request: HttpRequest, model: type[Owned] | QuerySet[Owned], **which: Any
) -> Owned:
    """Return an object that the account may change.

    Raises:
        Http404: the object does not exist.
        PermissionDenied: it belongs to another account.
    """
    owned: Owned = get_object_or_404(model, **which)
    if not may_change(request.user, owned):
        raise PermissionDenied("Only its owner and staff may change this.")
    return owned


def get_own_corpus_or_404(request: HttpRequest, corpus_id: UUID) -> Corpus:
    """Return a corpus of the account.

    Raises:
        Http404: the corpus does not exist, or another account owns it.
    """
    return get_object_or_404(Corpus.objects.of(request.user.pk), pk=corpus_id)


def redirect_with_success(
    request: HttpRequest, owned: Owned, text: str, *, undo: str = ""
) -> HttpResponse:
    """Redirect to the page of an object, with a message that it was changed.

    Args:
        request: the request.
        owned: the object.
        text: the message.
        undo: the URL of the button that reverses the change; "" for none.
    """
    # The tags are the only field of a message besides its text.
    messages.success(request, text, extra_tags=undo)
    return redirect(owned)


def redirect_with_error(
    request: HttpRequest, owned: Owned, error: Exception
) -> HttpResponse:
    """Redirect to the page of an object, with a message why it was not changed."""
    messages.error(request, str(error))
    return redirect(owned)
