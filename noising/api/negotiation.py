"""Which renderer answers a request."""

from collections.abc import Iterable
from functools import lru_cache

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

LONGEST_KEPT = 200
"""Characters of a header that is remembered with what it prefers."""


class AcceptNegotiation(DefaultContentNegotiation):
    """By the Accept header alone, with its qualities; DRF's reads the query too."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client likes best, and its media type.

        Raises:
            NotAcceptable: the client takes nothing that is on offer.
        """
        by_type = {renderer.media_type: renderer for renderer in renderers}
        chosen = preferred_type(request, list(by_type))
        if chosen is None:
            raise NotAcceptable(f"The Accept header must allow {' or '.join(by_type)}.")
        return by_type[chosen], chosen


def preferred_type(request: HttpRequest | Request, offered: list[str]) -> str | None:
    """Return the media type that the Accept header prefers, the first among equals.

    None stands for a header that allows nothing on offer, or that makes no sense.
    """
    accept = request.META.get("HTTP_ACCEPT", "").strip()
    if accept in {"", "*/*"}:
        return offered[0]
    judge = _preferred if len(accept) <= LONGEST_KEPT else _preferred.__wrapped__
    return judge(accept, tuple(offered))


@lru_cache(maxsize=256)
def _preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """Let Django judge a header, once: clients send the same ones again and again."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    try:
        chosen: str | None = request.get_preferred_type(list(offered))
    except ValueError:  # parameters in a charset that does not exist
        return None
    return chosen
