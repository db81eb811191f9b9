"""How the client handles a service that is busy, silent or unreachable."""

import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import numpy as np
import pytest

from noising.client import (
    NoAnswerError,
    NoisingClient,
    NoisingError,
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


def test_it_waits_until_the_date_that_is_named(
    client: NoisingClient, faults: list[Any], pauses: list[float]
) -> None:
    named = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    faults += [busy(after=named), busy(after=past), busy(after="soon")]
    client.info()
    assert 25.0 < pauses[0] < 31.0
    assert all(pause < 2.0 for pause in pauses[1:])


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


@pytest.mark.parametrize("document", [[], {"errors": 3}, {"errors": ["no", {}]}])
def test_a_refusal_worded_by_something_else_is_still_told(
    client: NoisingClient, faults: list[Any], document: Any
) -> None:
    faults.append(httpx.Response(500, json=document))
    with pytest.raises(ServerFailedError, match="500: Internal Server Error"):
        client.info()


def test_a_refusal_passes_between_processes(
    client: NoisingClient, faults: list[Any]
) -> None:
    headers = {"X-Request-ID": "abc"}
    faults.append(httpx.Response(500, json=BUSY, headers=headers))
    with pytest.raises(ServerFailedError, match="names the request abc") as caught:
        client.info()
    data = pickle.dumps(caught.value)
    again = pickle.loads(data)  # noqa: S301 - made in the line above
    assert (str(again), vars(again)) == (str(caught.value), vars(caught.value))


def test_a_trajectory_is_asked_for_again_until_it_begins(
    client: NoisingClient, faults: list[Any], pauses: list[float]
) -> None:
    faults += [busy(), httpx.ConnectError("broken")]
    assert len(list(client.trajectory([5, 6], [1, 2]))) == 2
    assert len(pauses) == 2


def test_a_trajectory_that_breaks_off_is_no_end(
    client: NoisingClient, faults: list[Any], transport: Application
) -> None:
    def lines() -> Iterator[bytes]:
        yield b'{"timestep": 1}\n'
        raise httpx.RemoteProtocolError("cut off")

    faults.append(httpx.Response(200, content=lines()))
    received = client.trajectory([5, 6], [1, 2])
    assert next(received) == {"timestep": 1}
    with pytest.raises(NoAnswerError, match="cut off"):
        next(received)
    assert len(transport.asked) == 1


def test_what_is_not_the_services_answer_is_an_error_of_the_client(
    client: NoisingClient, faults: list[Any]
) -> None:
    faults.append(httpx.Response(200, text="<h1>Another site</h1>"))
    with pytest.raises(NoisingError, match="not JSON: is this the service's URL"):
        client.info()
    for masks in (False, True):
        for content in (b"", b"<h1>Another site</h1>"):
            headers = {"Noise-Seed": "1", "Noise-Fingerprint": "f"}
            faults.append(httpx.Response(200, content=content, headers=headers))
            with pytest.raises(NoisingError, match="not a noised batch"):
                client.noise([5], 1, masks=masks)


def test_an_address_without_http_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="must begin with http:// or https://"):
        NoisingClient("localhost:8000")


def test_numpys_numbers_may_stand_in_json(client: NoisingClient) -> None:
    tokens, steps = np.array([5, 6]), np.array([1, 2])
    [first, _] = client.trajectory(tokens, steps, seed=np.uint64(7))
    assert first["timestep"] == 1
    assert client.pipeline("x = x", np.int64(5))["noise"]
    with pytest.raises(TypeError, match="JSON has no set"):
        client.pipeline("x", 5, seed={1})
