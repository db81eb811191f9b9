"""The edge: what holds for every request and every response."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class EdgeMiddleware:
    """The outermost layer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return self.get_response(request)
