"""The WSGI application that gunicorn serves."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import django
from django.core.handlers.wsgi import WSGIHandler

from noising_site.environment import SettingError

GUNICORN_APP_LOAD_ERROR = 4
"""The exit code upon which gunicorn stops, instead of starting the worker again."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noising_site.settings")
try:
    django.setup(set_prefix=False)
except SettingError as refusal:
    sys.stderr.write(f"{refusal}\n")
    sys.exit(GUNICORN_APP_LOAD_ERROR)

from noising_site.draining import DrainedResponse  # noqa: E402 - after the set-up
from noising_site.requests import UTF8Request  # noqa: E402 - after the set-up

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Application(WSGIHandler):
    """Django's handler, on requests that cannot break it."""

    request_class = UTF8Request

    def __call__(  # type: ignore[override]  # servers ask no more than an iterable
        self, environ: dict[str, Any], start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer; what is left of a refused body is read after the answer."""
        response = super().__call__(environ, start_response)
        # A file goes out in the server's own wrapper, which knows no status.
        status = getattr(response, "status_code", 200)
        # Only of such servers is it known that a read beyond the body ends.
        if status >= 400 and environ.get("wsgi.input_terminated"):
            return DrainedResponse(response, environ)
        return response


application = Application()
