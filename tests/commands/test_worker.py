"""manage.py worker --check: the health check of a worker's container."""

import socket
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from noising.models import Worker
from noising.models.workers import SILENCE
from noising.runs import worker_register
from tests.databases import DatabaseFile

pytestmark = pytest.mark.django_db

HOST = socket.gethostname()[:40]


def test_it_fails_until_a_worker_of_this_host_has_reported() -> None:
    worker_register(worker_id=f"{HOST}-other-abcdefghijkl")
    Worker.objects.create(
        id=f"{HOST}-silentworker",
        seen_at=timezone.now() - SILENCE - timedelta(seconds=5),
    )
    with pytest.raises(CommandError, match=f"No worker of the host {HOST} has"):
        call_command("worker", check=True)

    worker_register(worker_id=f"{HOST}-abcdefghijkl")
    call_command("worker", check=True)
    assert Worker.objects.count() == 3


def test_a_database_that_cannot_be_used_is_one_line(
    database_file: DatabaseFile,
) -> None:
    with database_file.deleted(), pytest.raises(CommandError, match="cannot be used"):
        call_command("worker", check=True)
