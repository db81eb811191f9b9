"""The ASGI application, for servers that speak ASGI only."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noising_site.settings")
application = get_asgi_application()
