"""Log lines with the request's id and without secrets, as JSON or as text."""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.http import HttpRequest

from noising.correlation import current_request

SECRETS: Final = re.compile(r"(?<=noise_)\w{8,}|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
"""Access tokens, and account and password in a URL."""

HIDDEN: Final = "..."


class LineFormatter(logging.Formatter):
    """Makes a document of a record: what every line has, and nothing else of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return orjson.dumps(self.describe(record)).decode()

    def describe(self, record: logging.LogRecord) -> dict[str, str]:
        """Return the content of the line by name."""
        document = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_name_request(record),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            document["stack"] = self.formatStack(record.stack_info)
        return {name: SECRETS.sub(HIDDEN, text) for name, text in document.items()}


class TextFormatter(LineFormatter):
    """The same for people: tracebacks have lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and those of the traceback."""
        line = self.describe(record)
        first = (
            f"{line['timestamp']} {record.levelname} {record.name} "
            f"[{line.get('request_id', '-')}] {line['event']}"
        )
        return "\n".join(
            [first, *(line[n] for n in ("exception", "stack") if n in line)]
        )


FORMATTERS: Final = {"json": LineFormatter, "text": TextFormatter}


def _name_request(record: logging.LogRecord) -> dict[str, str]:
    """Return the ids of the request that the record is about."""
    named = dict(current_request())
    named.pop("tracestate", None)  # only tracing systems read it
    request = getattr(record, "request", None)  # Django's, after its middleware ended
    if "request_id" not in named and isinstance(request, HttpRequest):
        named["request_id"] = request.META.get("HTTP_X_REQUEST_ID", "")
    return named


def default_format() -> str:
    """Return "text" if a person reads along at a terminal, else "json"."""
    return "text" if sys.stderr.isatty() else "json"


def logging_config(chosen: str) -> dict[str, Any]:
    """Return the configuration of Python's logging, for Django and gunicorn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATTERS[chosen]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "noising.runs": {"level": "INFO"},
            "gunicorn.error": {
                "handlers": ["stderr"],
                "level": "INFO",
                "propagate": False,
            },
        },
    }
