"""The ASGI application, for servers that speak ASGI only."""

import os

import django
from django.core.handlers.asgi import ASGIHandler

from noising_site.requests import UTF8AsyncRequest


class Application(ASGIHandler):
    """Django's handler, on requests that cannot break it."""

    request_class = UTF8AsyncRequest


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noising_site.settings")
django.setup(set_prefix=False)
application = Application()
