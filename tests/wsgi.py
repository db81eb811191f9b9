"""Send single requests to the WSGI application, as a server would."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from noising_site.wsgi import application


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the application gave to the server."""

    status: int
    headers: dict[str, str]
    content: bytes


class Unreadable(io.RawIOBase):
    """A body that must not be touched."""

    def read(self, size: int = -1, /) -> bytes:
        raise AssertionError("the body was read")


@contextmanager
def database_left_alone() -> Iterator[None]:
    """Do as Django's test client: a request's end leaves a test's connection open."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def ask(path: str, body: Any = b"", method: str = "GET", **variables: Any) -> Answer:
    """Call the application; `body` is bytes, or a stream."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
    }
    if isinstance(body, bytes) and body:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ |= variables
    started: list[tuple[str, list[tuple[str, str]]]] = []
    with database_left_alone():
        response = application(environ, lambda *start: started.append(start))
        content = b"".join(response)
        response.close()
    [(status, headers)] = started
    assert len({name.lower() for name, _ in headers}) == len(headers)
    return Answer(status=int(status[:3]), headers=dict(headers), content=content)
