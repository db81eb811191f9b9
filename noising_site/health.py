"""The probes: /livez tells that the process runs, /readyz which parts are degraded.

/readyz responds in time even if the database hangs: a second thread checks the
database, and checks that have not finished in time count as degraded.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import PublicView
from noising.api.openapi.responses import problems, success
from noising.management.draining import DRAINING
from noising.models import Worker
from noising.models.failures import failure_line
from noising.models.migrations import unapplied_migrations

logger = logging.getLogger("noising.site")

LEAST_FREE_BYTES = 100 * 2**20

CHECK_SECONDS: Final = 0.8
"""How long a probe waits for the database: probes give up after a second or more."""


class LivezSerializer(serializers.Serializer[Any]):
    """The response of GET /livez."""

    status = serializers.CharField()


class ReadyzSerializer(serializers.Serializer[Any]):
    """The response of GET /readyz."""

    status = serializers.ChoiceField(choices=["ready", "degraded", "draining"])
    degraded = serializers.ListField(
        child=serializers.CharField(),
        help_text="Any of database, database_writes (it is read-only, full or locked), "
        "migrations, disk, worker.",
    )


class LivezView(PublicView):
    """GET /livez."""

    @extend_schema(
        operation_id="livez",
        summary="Check that the process is alive",
        tags=["health"],
        responses=success(LivezSerializer, "The process is alive.") | problems(406),
    )
    def get(self, request: Request) -> Response:
        """Return that the process is alive."""
        return Response({"status": "alive"})


class ReadyzView(PublicView):
    """GET /readyz.

    Endpoints that need no database work even if parts are degraded. So the status is
    200, and a load balancer keeps sending requests, unless the query has ``strict=1``
    or this process is about to stop.
    """

    @extend_schema(
        operation_id="readyz",
        summary="Check which parts of the service are degraded",
        description="The core works even if parts are degraded, so only `strict=1` "
        "turns this into an error. The response is this document with either status, "
        "not a problem document, so that a probe finds `degraded` in one place.",
        tags=["health"],
        parameters=[
            OpenApiParameter(
                "strict",
                str,
                description="1: the status is 503 if anything is degraded. Other "
                "values have no effect.",
            )
        ],
        responses=success(ReadyzSerializer, "The core works.")
        | success(
            ReadyzSerializer,
            "The process stops, or something is degraded and the request has strict=1.",
            status=503,
        )
        | problems(400, 406),
    )
    def get(self, request: Request) -> Response:
        """Return the parts that are degraded."""
        if DRAINING.is_set():
            return Response({"status": "draining", "degraded": []}, status=503)
        degraded = find_degraded(CHECK_SECONDS)
        document = {"status": "degraded" if degraded else "ready", "degraded": degraded}
        is_strict = request.query_params.get("strict") == "1"
        return Response(document, status=503 if degraded and is_strict else 200)


def find_degraded(seconds: float) -> list[str]:
    """Return the parts that do not work, or did not respond in this time."""
    works = CHECK.results(seconds) | {"disk": disk_has_space()}
    return [part for part in PARTS if not works.get(part)]


def disk_has_space() -> bool:
    """Tell whether the data folder exists and its disk has free space."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES
    except OSError:
        return False


def check_reads() -> bool:
    """Tell whether the database can be read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def check_migrations() -> bool:
    """Tell whether all migrations of this version are applied."""
    return unapplied_migrations(connection) == 0


def check_workers() -> bool:
    """Tell whether a worker is alive."""
    return Worker.objects.alive().exists()


def check_writes() -> bool:
    """Tell whether the database accepts writes, with one that changes no row."""
    Worker.objects.filter(id="").update(seen_at=Now())
    return True


CHECKS: Mapping[str, Callable[[], bool]] = {
    "database": check_reads,
    "migrations": check_migrations,
    "worker": check_workers,
    # Last, because it waits while another connection holds the write lock.
    "database_writes": check_writes,
}
"""The checks of the database, in this order."""

PARTS = ("database", "database_writes", "migrations", "disk", "worker")
"""The parts that a response may list as degraded, in this order."""


LOG_MESSAGES: Mapping[str, str] = {
    "database": "The database cannot be used",
    "database_writes": "The database accepts no writes",
}
"""Log messages of failed checks. Other checks need none: the response says enough."""


def run_checks(works: dict[str, bool]) -> None:
    """Run the checks one after the other, and store each result.

    If the first one fails, the others would fail too and are not run.
    """
    for part, check in CHECKS.items():
        try:
            works[part] = check()
        except DatabaseError as error:
            works[part] = False
            if part in LOG_MESSAGES:
                logger.error("%s: %s", LOG_MESSAGES[part], failure_line(error))
            if part == "database":
                return


class DatabaseCheck:
    """Runs the checks of the database in a thread, since the database may hang.

    Probes that arrive during the checks share their results, so only one thread waits
    for a database that hangs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: Future[None] | None = None
        self._works: dict[str, bool] = {}

    def results(self, seconds: float) -> dict[str, bool]:
        """Return the results of the checks that have finished in time.

        Args:
            seconds: how long to wait at most.
        """
        with self._lock:
            if self._done is None or self._done.done():
                self._done, self._works = Future(), {}
                threading.Thread(
                    target=self._run,
                    args=(self._done, self._works),
                    name="database check",
                    daemon=True,  # so that a process can end while it hangs
                ).start()
            done, works = self._done, self._works
        try:
            done.result(seconds)
        except TimeoutError:
            missing = ", ".join(part for part in CHECKS if part not in works)
            logger.error("Checks not finished in %s seconds: %s.", seconds, missing)
        return dict(works)

    def _run(self, done: "Future[None]", works: dict[str, bool]) -> None:
        try:
            run_checks(works)
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            done.set_exception(error)
        else:
            done.set_result(None)
        finally:
            connection.close()


CHECK = DatabaseCheck()
