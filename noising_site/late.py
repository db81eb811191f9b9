"""Views that are loaded once they are asked for."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from noising_site.access import View


def loaded_when_asked(name: str) -> View:
    """Return a view of Django REST framework that its first request loads.

    Args:
        name: of the view's class, with its module's: one that needs much memory, and
            that most processes are never asked for.
    """

    # DRF checks CSRF tokens itself, where a session signs a request in.
    @csrf_exempt
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = import_string(name).as_view()(
            request, *args, **kwargs
        )
        return answer

    return view
