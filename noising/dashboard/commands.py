"""Commands that pages show for copying."""

import sys
from pathlib import Path

from django.conf import settings


def write_manage_command() -> str:
    """Return the start of a command line that calls manage.py in the checkout.

    It names the interpreter of the checkout's environment, since the system's Python
    lacks the packages.
    """
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(settings.BASE_DIR):
        return f"{interpreter.relative_to(settings.BASE_DIR)} manage.py"
    return "python manage.py"
