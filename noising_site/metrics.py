"""GET /metrics: counters of all processes, and the state of database and queue."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db import DatabaseError
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import PublicView
from noising.api.openapi.responses import files, problems
from noising.api.renderers import ReadyRenderer
from noising.configured import VERSION
from noising.engine import ENGINE_VERSION, chosen_kernel
from noising.metrics import export
from noising.models import BenchmarkRun, Worker
from noising_site.health import CHECK_SECONDS, PARTS, find_degraded

QUEUE_HELP: Final = {
    "noising_queue_runs": "Runs that wait for a worker.",
    "noising_queue_oldest_seconds": "How long the first of them has waited.",
    "noising_running_runs": "Runs that workers measure.",
    "noising_queue_workers": "Workers that have reported in the last 30 seconds.",
}
"""The metrics that are read from the database. They are absent if it fails."""


class PrometheusRenderer(ReadyRenderer):
    """Prometheus' text format."""

    media_type = "text/plain"
    format = "prometheus"
    charset = "utf-8"


class MetricsView(PublicView):
    """GET /metrics."""

    renderer_classes = (PrometheusRenderer,)

    @extend_schema(
        operation_id="metrics",
        summary="Read the metrics",
        description="Prometheus' text format. [docs/operations.md] lists the metrics.",
        tags=["health"],
        responses=files("The metrics.", "text/plain") | problems(406),
    )
    def get(self, request: Request) -> Response:
        """Return the metrics."""
        state = State(degraded=find_degraded(CHECK_SECONDS))
        return Response(export(state), content_type=CONTENT_TYPE_LATEST)


class State(Collector):
    """What is true now, as opposed to what was counted.

    Args:
        degraded: the degraded parts of the service.
    """

    def __init__(self, *, degraded: list[str]) -> None:
        self.degraded = degraded

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        yield _gauge(
            "noising_info",
            "Versions and the sampler's kernel; always 1.",
            [
                (
                    {
                        "version": VERSION,
                        "engine": ENGINE_VERSION,
                        "kernel": chosen_kernel(),
                    },
                    1,
                )
            ],
        )
        yield _gauge(
            "noising_degraded",
            "Whether a part of the service does not work, as /readyz says.",
            [({"part": part}, part in self.degraded) for part in PARTS],
        )
        if "database" not in self.degraded:
            yield from self._read_queue()

    def _read_queue(self) -> Iterator[Metric]:
        try:
            queued = BenchmarkRun.objects.queued()
            values = {
                "noising_queue_runs": queued.count(),
                "noising_queue_oldest_seconds": queued.oldest_wait_seconds(),
                "noising_running_runs": BenchmarkRun.objects.running().count(),
                "noising_queue_workers": Worker.objects.alive().count(),
            }
        except DatabaseError:
            return  # it failed after the check, whose next call logs it
        for name, value in values.items():
            yield _gauge(name, QUEUE_HELP[name], [({}, value)])


def _gauge(
    name: str, text: str, samples: list[tuple[dict[str, Any], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text)
    for labels, value in samples:
        family.add_sample(name, labels, float(value))
    return family
