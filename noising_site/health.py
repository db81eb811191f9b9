"""What probes ask: is the process alive, and could it do all of its work.

A probe answers in time whatever the database does: the database is asked in a thread
beside, and what it has not said by then counts as degraded.
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
from noising.models import Worker
from noising.models.failures import failure_line
from noising.models.migrations import unapplied_migrations

logger = logging.getLogger("noising.site")

LEAST_FREE_BYTES = 100 * 2**20

CHECK_SECONDS: Final = 0.8
"""How long a probe waits for the database: probes give up after a second or more."""


class LivezSerializer(serializers.Serializer[Any]):
    """The answer of GET /livez."""

    status = serializers.CharField()


class ReadyzSerializer(serializers.Serializer[Any]):
    """The answer of GET /readyz."""

    status = serializers.ChoiceField(choices=["ready", "degraded"])
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
        """Say that the process answers."""
        return Response({"status": "alive"})


class ReadyzView(PublicView):
    """GET /readyz.

    What is degraded does not stop the database-free endpoints, so that it does not
    take the service out of a load balancer unless asked with ``strict=1``.
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
            "Something is degraded, and the request has strict=1.",
            status=503,
        )
        | problems(400, 406),
    )
    def get(self, request: Request) -> Response:
        """Say what of the service works."""
        works = CHECK.results(CHECK_SECONDS) | {"disk": disk_has_space()}
        degraded = [part for part in PARTS if not works.get(part)]
        document = {"status": "degraded" if degraded else "ready", "degraded": degraded}
        is_strict = request.query_params.get("strict") == "1"
        return Response(document, status=503 if degraded and is_strict else 200)


def disk_has_space() -> bool:
    """Tell whether the data folder is there and has room left."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES
    except OSError:
        return False


def read_something() -> bool:
    """Tell whether the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def read_migrations() -> bool:
    """Tell whether the tables are those of this version."""
    return unapplied_migrations(connection) == 0


def read_workers() -> bool:
    """Tell whether some worker measures what is queued."""
    return Worker.objects.alive().exists()


def write_nothing() -> bool:
    """Tell whether the database takes writes, by one that changes no row."""
    Worker.objects.filter(id="").update(seen_at=Now())
    return True


QUESTIONS: Mapping[str, Callable[[], bool]] = {
    "database": read_something,
    "migrations": read_migrations,
    "worker": read_workers,
    # Last: where another connection writes for long, this one waits.
    "database_writes": write_nothing,
}
"""What the database is asked, in this order."""

PARTS = ("database", "database_writes", "migrations", "disk", "worker")
"""What is reported as degraded where it does not work, in this order."""


WORDS: Mapping[str, str] = {
    "database": "The database does not answer",
    "database_writes": "The database takes no writes",
}
"""What the log says of a question that failed; of the others the answer says all."""


def ask(works: dict[str, bool]) -> None:
    """Put one question after the other to the database, and keep each answer.

    Where the first fails, the others would fail alike.
    """
    for part, question in QUESTIONS.items():
        try:
            works[part] = question()
        except DatabaseError as error:
            works[part] = False
            if part in WORDS:
                logger.error("%s: %s", WORDS[part], failure_line(error))
            if part == "database":
                return


class DatabaseCheck:
    """Asks the database everything, once at a time, in a thread that may hang.

    Probes that come while it is asked share the answers: however long the database
    stands still, one thread waits for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: Future[None] | None = None
        self._works: dict[str, bool] = {}

    def results(self, seconds: float) -> dict[str, bool]:
        """Return what works, of what the database has said by then.

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
                    daemon=True,  # no process waits for it when it ends
                ).start()
            done, works = self._done, self._works
        try:
            done.result(seconds)
        except TimeoutError:
            missing = ", ".join(part for part in QUESTIONS if part not in works)
            logger.error("Not answered within %s seconds: %s.", seconds, missing)
        return dict(works)

    def _run(self, done: "Future[None]", works: dict[str, bool]) -> None:
        try:
            ask(works)
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            done.set_exception(error)
        else:
            done.set_result(None)
        finally:
            connection.close()


CHECK = DatabaseCheck()
