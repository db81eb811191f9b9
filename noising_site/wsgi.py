"""The WSGI application that gunicorn serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from noising_site.environment import SettingError

GUNICORN_APP_LOAD_ERROR = 4
"""The exit code upon which gunicorn stops, instead of starting the worker again."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noising_site.settings")
try:
    application = get_wsgi_application()
except SettingError as refusal:
    sys.stderr.write(f"{refusal}\n")
    sys.exit(GUNICORN_APP_LOAD_ERROR)
