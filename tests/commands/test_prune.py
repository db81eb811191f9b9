import io
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from noising import services
from noising.models import AccessToken, ThrottleHit, Worker
from tests.api.access import account

pytestmark = pytest.mark.django_db


def test_it_deletes_what_has_expired_and_nothing_else():
    ada, past = account(), timezone.now() - timedelta(days=1)
    old = services.token_create(user=ada, name="old").token
    services.token_create(user=ada, name="new")
    AccessToken.objects.filter(pk=old.pk).update(expiry=past)
    ThrottleHit.objects.create(throttle="login", key="x", at=past)
    Worker.objects.create(id="gone", seen_at=past - timedelta(days=1))
    Session.objects.create(session_key="old", session_data="", expire_date=past)
    for number in (1, 0):
        output = io.StringIO()
        call_command("prune", stdout=output)
        assert output.getvalue().splitlines() == [
            f"Deleted {number} expired tokens.",
            f"Deleted {number} counts of throttles.",
            "Deleted 0 entries of the audit log.",
            f"Deleted {number} keys, tasks and workers of the queue.",
        ]
    assert AccessToken.objects.get().name == "new"
    assert not Session.objects.exists()
