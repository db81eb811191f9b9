"""GET /metrics: what is counted, and under which name."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from noising import metrics
from noising.integrations import ServiceError
from noising.integrations.breaker import CircuitBreaker
from noising.integrations.service import Bounds, JsonService
from noising.models import BenchmarkRun
from noising.runs import reaper, run_claim, runs_reap
from noising_site.asgi import ASGIApplication, wsgi_application
from noising_site.metrics import QUEUE_HELP
from tests.databases import DatabaseFile
from tests.runs import queued
from tests.site.asgi_requests import ask, post, scope_of

pytestmark = pytest.mark.django_db


def read_metrics() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return the samples of GET /metrics by name and labels."""
    response = Client().get("/metrics", headers={"accept": "text/plain;q=0.3"})
    assert response.status_code == 200, response.content
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


class Change:
    """How much a metric has changed since this was made."""

    def __init__(self) -> None:
        self.before = read_metrics()

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return read_metrics().get(key, 0.0) - self.before.get(key, 0.0)


def test_every_response_counts_by_the_template_of_its_route() -> None:
    application = ASGIApplication(wsgi_application)
    metrics.TALLY.clear()  # the samples of the fast path
    body = json.dumps({"tokens": [1, 2, 3], "timestep": 500}).encode()
    change = Change()

    for _ in range(3):
        assert ask(application, post("/noise", body), body).status == 200
    assert ask(application, post("/noise", b"[]"), b"[]").status == 422
    for timestep in ("5", "6", "x"):
        ask(application, scope_of("GET", f"/alpha/{timestep}"))
    ask(application, scope_of("GET", "/nothing/here"))
    ask(application, scope_of("BREW", "/static/nothing.css"))

    for expected, method, route, status in (
        (3, "POST", "/noise", "200"),
        (1, "POST", "/noise", "422"),
        (2, "GET", "/alpha/<str:timestep>", "200"),
        (1, "GET", "/alpha/<str:timestep>", "400"),
        (1, "GET", "unmatched", "404"),
        (1, "other", "/static/<path>", "404"),
    ):
        labels = {"method": method, "route": route, "status": status}
        assert change("noising_requests_total", **labels) == expected, labels
    assert change("noising_request_seconds_count", route="/noise") == 4
    assert 0 < change("noising_request_seconds_sum", route="/noise") < 60
    assert change("noising_tokens_noised_total") == 9
    assert 0 < change("noising_kernel_seconds_total") < 60


@pytest.mark.parametrize(
    ("path", "document", "tokens"),
    [
        ("noise", {"tokens": [[1, 2], [3, 4]], "timesteps": 5}, 4),
        ("trajectory", {"tokens": [1, 2, 3], "timesteps": [0, 500, 999]}, 9),
    ],
)
def test_batches_and_trajectories_count_their_tokens(
    path: str, document: object, tokens: int
) -> None:
    change = Change()
    response = Client().post(f"/api/v1/{path}", document, "application/json")
    assert response.status_code == 200
    assert b"".join(response)
    assert change("noising_tokens_noised_total") == tokens


def test_many_observations_at_once_are_those_of_one_at_a_time() -> None:
    """`Tally` writes to attributes of prometheus-client that are not public."""
    seconds = [0.00005, 0.0001, 0.0002, 0.5, 0.5, 11.0]
    registry = CollectorRegistry()
    one_by_one = Histogram(
        "noising_request_seconds",
        "",
        buckets=metrics.REQUEST_BUCKETS,
        registry=registry,
    )
    change = Change()
    for each in seconds:
        one_by_one.observe(each)
        metrics.TALLY.add_request("GET", "/compared", 200, each)
    [family] = text_string_to_metric_families(generate_latest(registry).decode())
    for sample in family.samples:
        found = change(sample.name, route="/compared", **sample.labels)
        assert found == pytest.approx(sample.value), sample


def test_calls_of_other_services_count_and_so_do_their_errors() -> None:
    service = JsonService(
        name="some service",
        url="http://127.0.0.1:1/",
        breaker=CircuitBreaker("some service", failures=1),
        bounds=Bounds(retries=0),
    )
    change = Change()
    for _ in range(2):
        with pytest.raises(ServiceError):
            service.post({}, lambda document: document)
    assert change("noising_upstream_requests_total", service="some service") == 2
    for reason in ("failed", "suspended"):
        labels = {"service": "some service", "reason": reason}
        assert change("noising_upstream_errors_total", **labels) == 1, reason


def test_figures_that_are_drawn_are_timed(stored_schedules: object) -> None:
    change = Change()
    for _ in range(2):  # the second one comes from the cache
        address = "/api/v1/schedules/cosine/curves?quantities=alpha&format=svg"
        assert Client().get(address).status_code == 200
    assert change("noising_render_seconds_count", format="svg") == 1


def test_the_queue_is_read_when_the_metrics_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reaper, "CONFIRM_SECONDS", 0.0)
    first, second, _ = queued(), queued(), queued()
    created = timezone.now() - timedelta(seconds=90)
    BenchmarkRun.objects.filter(pk=first.pk).update(created_at=created)
    change = Change()
    values = {name: change.before[name, frozenset()] for name in QUEUE_HELP}
    age = values.pop("noising_queue_oldest_seconds")
    assert 85 < age < 150
    assert values == {
        "noising_queue_runs": 3,
        "noising_running_runs": 0,
        "noising_queue_workers": 0,
    }

    run = run_claim(run_id=second.pk)
    assert run is not None
    BenchmarkRun.objects.filter(pk=run.pk).update(lease_until=created)
    assert change("noising_running_runs") == 1
    runs_reap()
    assert change("noising_leases_lost_total") == 1
    BenchmarkRun.objects.all().delete()
    assert change("noising_queue_oldest_seconds") == -age


def test_without_a_database_the_counters_are_there_and_the_queue_is_not(
    database_file: DatabaseFile, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    with database_file.deleted():
        values = read_metrics()
    assert values["noising_degraded", frozenset({("part", "database")})] == 1
    assert values["noising_degraded", frozenset({("part", "disk")})] == 0
    assert not any(name in QUEUE_HELP for name, _ in values)
    assert ("noising_tokens_noised_total", frozenset()) in values
