"""The client, connected to the real application in this process."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from noising import services
from noising.client import NoisingClient
from noising.models import Scope
from noising_site.wsgi import application
from tests.api.access import account
from tests.databases import open_after_requests

Answer = Callable[[httpx.Request], httpx.Response]


class Application(httpx.BaseTransport):
    """The application, behind faults that come first and that it cannot have itself."""

    def __init__(self, faults: list[Exception | httpx.Response]) -> None:
        self.faults = faults
        self.asked: list[httpx.Request] = []
        self.inner = httpx.WSGITransport(app=application)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        return self.inner.handle_request(request)


@pytest.fixture
def faults() -> list[Exception | httpx.Response]:
    """What goes wrong before the application is reached."""
    return []


@pytest.fixture
def transport(faults: list[Any]) -> Application:
    return Application(faults)


@pytest.fixture
def kept_rows(db: None) -> Iterator[None]:
    """The test's rows, which stay there for every request."""
    with open_after_requests():
        yield


@pytest.fixture
def client(kept_rows: None, transport: Application) -> Iterator[NoisingClient]:
    with NoisingClient("http://localhost", transport=transport) as client:
        yield client


@pytest.fixture
def writer(kept_rows: None, transport: Application) -> Iterator[NoisingClient]:
    """A client with a token of an account."""
    token = services.token_create(user=account(), name="client", scope=Scope.WRITE)
    with NoisingClient("http://localhost", token.secret, transport=transport) as client:
        yield client
