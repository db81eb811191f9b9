"""noising.correlation: from a client's headers to the worker and other services."""

import logging
from typing import Any

import orjson
import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from benchmarks import runner
from noising.configured import tokenizer_service
from noising.correlation import current_request, outgoing_headers, work_for
from noising.models import BenchmarkRun
from tests.integrations.services import answer, serving
from tests.runs import queued

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("traceparent", "tracestate", "passed_on"),
    [
        (TRACEPARENT, "a=b,c=d", ["X-Request-ID", "traceparent", "tracestate"]),
        (TRACEPARENT, "", ["X-Request-ID", "traceparent"]),
        (TRACEPARENT, "a=b\r\nX-Evil: 1", ["X-Request-ID", "traceparent"]),
        (TRACEPARENT, "a" * 513, ["X-Request-ID", "traceparent"]),
        (TRACEPARENT.upper(), "a=b", ["X-Request-ID"]),
        (f"{TRACEPARENT}-more", "a=b", ["X-Request-ID"]),
        (f"ff{TRACEPARENT[2:]}", "a=b", ["X-Request-ID"]),
        (TRACEPARENT.replace("00f067aa0ba902b7", "0" * 16), "", ["X-Request-ID"]),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", "", ["X-Request-ID"]),
        ("", "a=b", ["X-Request-ID"]),
    ],
)
def test_only_valid_headers_are_passed_on(
    traceparent: str, tracestate: str, passed_on: list[str]
) -> None:
    with work_for("mine", traceparent, tracestate):
        assert list(outgoing_headers()) == passed_on
        assert current_request()["request_id"] == "mine"
    assert outgoing_headers() == {}


def test_another_service_gets_the_ids_of_the_request(settings: Any) -> None:
    tokens = answer(orjson.dumps({"tokens": [1, 2, 3]}))
    headers = {"x-request-id": "mine", "traceparent": TRACEPARENT, "tracestate": "a=b"}
    with serving(tokens) as service:
        settings.TOKENIZER_URL = service.url
        response = Client(headers=headers).post(
            "/api/v1/pipeline", {"text": "a", "timestep": 5}, "application/json"
        )
        assert response.status_code == 200, response.content
        direct = tokenizer_service()
        assert direct is not None
        direct.tokenize("without a request")

    first, second = service.requests
    sent = first.partition(b"\r\n\r\n")[0].decode().splitlines()
    assert {f"traceparent: {TRACEPARENT}", "tracestate: a=b"} <= set(sent)
    assert "X-Request-ID: mine" in sent
    assert b"X-Request-ID" not in second


@pytest.mark.django_db
def test_a_worker_logs_the_request_that_queued_its_run(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail(*_: Any, **__: Any) -> None:
        seen.append(current_request()["request_id"])
        raise ValueError("for this test")

    monkeypatch.setattr(runner, "run", fail)
    with work_for("mine"):
        run = queued()
    task = DBTaskResult.objects.get()
    assert task.args_kwargs["kwargs"] == {"request_id": "mine"}

    caplog.set_level(logging.INFO, "noising.runs")
    with pytest.raises(ValueError, match="for this test"):
        task.task.call(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])

    assert seen == ["mine"]
    assert caplog.messages == [f"Run {run.pk}: attempt 1 begins."]
    assert current_request() == {}
    assert BenchmarkRun.objects.get().attempt == 1
