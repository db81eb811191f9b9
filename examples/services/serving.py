"""A JSON service on the standard library's HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

MAX_BODY_BYTES = 16 * 2**20

Answer = Callable[[dict[str, Any]], dict[str, Any]]
"""From the document of a request to that of its answer.

KeyError, TypeError and ValueError stand for a request that cannot be used.
"""


@contextmanager
def serving(host: str, port: int, path: str, answer: Answer) -> Iterator[str]:
    """Serve POST at one path until the end of the block.

    Args:
        host: where to listen.
        port: at which port; 0 for a free one.
        path: such as /tokenize.
        answer: makes the answers, perhaps several at once.

    Yields:
        the URL below which the path stands.
    """

    class Handler(_JsonHandler):
        served_path = path
        served_answer = staticmethod(answer)

    with ThreadingHTTPServer((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://{host}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _JsonHandler(BaseHTTPRequestHandler):
    timeout = 30
    served_path: str
    served_answer: Callable[[dict[str, Any]], dict[str, Any]]

    def do_POST(self) -> None:
        """Answer; the name is the one that http.server looks for."""
        length = self.headers.get("Content-Length", "")
        if self.path != self.served_path:
            self._send(404, {"detail": f"There is only {self.served_path}."})
        elif not length.isdecimal():
            self._send(411, {"detail": "A Content-Length is needed."})
        elif int(length) > MAX_BODY_BYTES:
            self._send(413, {"detail": f"More than {MAX_BODY_BYTES} bytes."})
        else:
            self._send(*self._judged(self.rfile.read(int(length))))

    def _judged(self, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            return 200, self.served_answer(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            return 400, {"detail": f"This is not JSON: {error}"}
        except (KeyError, TypeError, ValueError) as error:
            return 422, {"detail": f"This cannot be used: {error}"}

    def _send(self, status: int, document: dict[str, Any]) -> None:
        content = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""
