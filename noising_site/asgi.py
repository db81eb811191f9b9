"""The ASGI application that gunicorn serves on its event loops."""

from typing import Final

from django.conf import settings

# This import sets Django up, which the imports below need.
from noising_site.wsgi import application as wsgi_application

# isort: split
from noising.budget import MemoryBudget
from noising.management.draining import DRAINING
from noising.metrics import TALLY
from noising_site.fast_path import FastPath
from noising_site.middleware import unserved_response
from noising_site.wsgi_bridge import (
    WSGI,
    Message,
    Receive,
    Response,
    Scope,
    Send,
    WSGIBridge,
)

HELD_BODIES: Final = 4
"""How many bodies or responses of MAX_BODY_BYTES one process may hold."""

STATELESS_PATHS: Final = frozenset({"/info", "/noise", "/livez", "/readyz"})


class ASGIApplication:
    """The fast path on the event loop, everything else in threads.

    Django's own ASGI handler passes a request through several threads and reads bodies
    of any length. Here a bridge calls the WSGI application instead.
    """

    def __init__(self, application: WSGI) -> None:
        self.fast_path = FastPath(application)
        self.bridge = WSGIBridge(
            application,
            is_stateless=is_stateless,
            refuse=refuse,
            observe=TALLY.add_request,
            memory=MemoryBudget(HELD_BODIES * settings.MAX_BODY_BYTES),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        if scope["type"] != "http":
            raise ValueError(f"This application serves only HTTP, not {scope['type']}.")
        if DRAINING.is_set():
            send = announce_close(send)
        responder = self.fast_path.find(scope)
        await self.bridge(
            scope,
            receive,
            send,
            max_body_bytes=settings.MAX_BODY_BYTES,
            respond_at_once=responder.respond if responder else None,
        )


def announce_close(send: Send) -> Send:
    """Return a function that sends the same, and lets clients close the connection."""

    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], (b"connection", b"close")]
            message = {**message, "headers": headers}
        await send(message)

    return send_last


def is_stateless(scope: Scope) -> bool:
    """Tell whether a request needs neither the database nor another service."""
    path: str = scope["path"]
    if path == "/":  # to a browser it is the dashboard
        return b"text/html" not in dict(scope["headers"]).get(b"accept", b"")
    return path in STATELESS_PATHS or path.startswith("/alpha/")


def refuse(status: int) -> Response:
    """Return the response to a request that cannot be served."""
    refused = unserved_response(status)
    headers = [
        (name.lower().encode(), value.encode()) for name, value in refused.items()
    ]
    return Response(status=status, headers=headers, content=refused.content)


application = ASGIApplication(wsgi_application)
