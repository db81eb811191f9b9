"""The WSGI application."""

import os
import sys

import django
from django.core.handlers.wsgi import WSGIHandler

from noising_site.environment import SettingError

GUNICORN_APP_LOAD_ERROR = 4
"""With this exit code of a worker, gunicorn stops instead of restarting it."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noising_site.settings")
try:
    django.setup(set_prefix=False)
except SettingError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(GUNICORN_APP_LOAD_ERROR)

from noising_site.requests import UTF8Request  # noqa: E402 - after the set-up


class WSGIApplication(WSGIHandler):
    """Django's handler with this project's request class."""

    request_class = UTF8Request


application = WSGIApplication()
