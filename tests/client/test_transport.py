"""What the client does about a service that is busy, silent or out of reach."""

import time
from typing import Any

import httpx
import pytest

from noising.client import (
    NoAnswerError,
    NoisingClient,
    ServerFailedError,
    TooManyRequestsError,
)
from tests.client.conftest import Application

BUSY = {"status": 503, "detail": "Busy.", "errors": []}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def busy(status: int = 503, after: str = "5") -> httpx.Response:
    return httpx.Response(status, json=BUSY, headers={"Retry-After": after})


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_the_service_asks(
    client: NoisingClient, faults: list[Any], pauses: list[float], status: int
) -> None:
    faults += [busy(status), busy(status, after="7200")]
    assert client.alpha(0) > 0.9
    assert 5.0 < pauses[0] < 6.0
    assert 60.0 < pauses[1] < 61.0


def test_its_patience_has_an_end(client: NoisingClient, faults: list[Any]) -> None:
    faults += [busy() for _ in range(4)]
    with pytest.raises(ServerFailedError, match=r"503: Busy\."):
        client.info()
    faults += [busy(429) for _ in range(4)]
    with pytest.raises(TooManyRequestsError):
        client.info()


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout])
def test_a_connection_that_breaks_is_tried_again(
    client: NoisingClient, faults: list[Any], transport: Application, fault: Any
) -> None:
    faults += [fault("broken")] * 3
    client.info()
    assert len(transport.asked) == 4
    faults += [fault("broken")] * 4
    with pytest.raises(NoAnswerError, match="broken"):
        client.info()


def test_what_must_not_happen_twice_is_sent_once(
    writer: NoisingClient, faults: list[Any], transport: Application
) -> None:
    faults.append(httpx.ReadTimeout("broken"))
    with pytest.raises(NoAnswerError):
        writer.schedules.create("mine", {})
    assert len(transport.asked) == 1


def test_an_answer_that_is_no_problem_document_is_told_by_its_status(
    client: NoisingClient, faults: list[Any]
) -> None:
    faults.append(httpx.Response(502, text="<h1>Bad gateway</h1>"))
    with pytest.raises(ServerFailedError, match="502: Bad Gateway"):
        client.info()
