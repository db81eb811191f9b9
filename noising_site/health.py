"""What probes ask: is the process alive, and could it do all of its work."""

import logging
import shutil
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import Error, connection
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import PublicView
from noising.api.descriptions import Descriptions
from noising.models import Worker
from noising.models.migrations import unapplied_migrations

schema = Descriptions("noising_site.schema")

logger = logging.getLogger("noising.site")

LEAST_FREE_BYTES = 100 * 2**20


class LivezView(PublicView):
    """GET /livez."""

    @schema.LIVEZ
    def get(self, request: Request) -> Response:
        """Say that the process answers."""
        return Response({"status": "alive"})


class ReadyzView(PublicView):
    """GET /readyz.

    What is degraded does not stop the database-free endpoints, so that it does not
    take the service out of a load balancer unless asked with ``strict=1``.
    """

    @schema.READYZ
    def get(self, request: Request) -> Response:
        """Say what of the service works."""
        degraded = [name for name, works in PARTS.items() if not works()]
        document = {"status": "degraded" if degraded else "ready", "degraded": degraded}
        is_strict = request.query_params.get("strict") == "1"
        return Response(document, status=503 if degraded and is_strict else 200)


def database_works() -> bool:
    """Tell whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.error("The database does not answer: %s", " ".join(str(error).split()))
        return False
    return True


def migrations_are_applied() -> bool:
    """Tell whether the tables are those of this version."""
    try:
        return unapplied_migrations(connection) == 0
    except Error:
        return False


def disk_has_space() -> bool:
    """Tell whether the data folder is there and has room left."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES
    except OSError:
        return False


def worker_is_alive() -> bool:
    """Tell whether some worker measures what is queued."""
    try:
        return Worker.objects.alive().exists()
    except Error:
        return False


PARTS: Mapping[str, Callable[[], bool]] = {
    "database": database_works,
    "migrations": migrations_are_applied,
    "disk": disk_has_space,
    "worker": worker_is_alive,
}
"""What is reported as degraded where it returns False."""
