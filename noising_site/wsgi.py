"""The WSGI application, which answers every request."""

import os
import sys

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

from noising_site.requests import UTF8Request  # noqa: E402 - after the set-up


class WSGIApplication(WSGIHandler):
    """Django's handler, on requests that cannot break it."""

    request_class = UTF8Request


application = WSGIApplication()
