"""Images that come late, or never, are waited for no longer than is said."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import visitors
from tests.browser.visitors import Visitor, visitor
from tests.operations.servers import Server, wait_for

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PAGE = b"<!doctype html><title>Late</title><img src='/pixel.gif' width=9 height=9>"


class LateServer(ThreadingHTTPServer):
    """Answers a page at once, and its image when `released` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), LateHandler)
        self.released = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class LateHandler(BaseHTTPRequestHandler):
    """What `LateServer` answers."""

    server: LateServer

    def do_GET(self) -> None:
        is_image = self.path == "/pixel.gif"
        if is_image:
            self.server.released.wait(timeout=60)
        content = PIXEL if is_image else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "image/gif" if is_image else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def late() -> Iterator[LateServer]:
    with LateServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, server: Server
) -> Iterator[Visitor]:
    context, reader = visitor(browser, server, scripts=request.param)
    yield reader
    context.close()


def test_an_image_that_comes_late_is_waited_for(
    reader: Visitor, late: LateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_for_a_late_one(condition: Any, *arguments: Any) -> None:
        assert not condition()
        late.released.set()
        wait_for(condition, *arguments)

    monkeypatch.setattr(visitors, "wait_for", wait_for_a_late_one)
    reader.page.goto(late.address, wait_until="domcontentloaded")
    assert reader.images_render() == []


def test_an_image_that_never_comes_is_named(reader: Visitor, late: LateServer) -> None:
    reader.page.goto(late.address, wait_until="domcontentloaded")
    with pytest.raises(AssertionError, match=r"pixel\.gif is still loading"):
        reader.images_render(seconds=0.5)
