"""The ASGI application that gunicorn serves on its event loops."""

# It sets Django up, which the others need.
from noising_site.wsgi import application as wsgi_application

# isort: split
from noising_site.hot import HotPath
from noising_site.threads import WSGI, Receive, Scope, Send, ThreadedApplication

THREADS = 8
"""Requests that a process works on at once, beside its hot path."""


class Application:
    """The hot path on the event loop, everything else in threads.

    Django's own handler for ASGI takes a request through several threads and reads
    bodies of any length; this one asks the WSGI application, so that all requests
    are answered by the same code whichever server runs.
    """

    def __init__(self, application: WSGI) -> None:
        """Learn from the application what may be answered at once."""
        self.hot = HotPath(application)
        self.threaded = ThreadedApplication(application, threads=THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        learned = self.hot.find(scope)
        if learned is None:
            await self.threaded(scope, receive, send)
        elif learned.route.compute is None:
            await learned.known(scope).send(send)
        else:
            await self.threaded(scope, receive, send, at_once=learned.answer)


application = Application(wsgi_application)
