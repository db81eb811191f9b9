from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from noising.models import AuditEntry
from noising.services import Origin, audit_prune, audit_record, token_create
from tests.api.access import account

pytestmark = pytest.mark.django_db

ORIGIN = Origin(path="/x", address="192.0.2.7", request_id="r1")


def record(**fields) -> AuditEntry:
    given = {"action": "POST x", "status": 201, "origin": ORIGIN, "account": None}
    return audit_record(**(given | fields))


def test_an_entry_says_who_what_where_and_what_came_of_it():
    ada = account()
    token = token_create(user=ada, name="laptop").token
    record(account=ada, token=token)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.path, entry.outcome) == ("POST x", "/x", "done")
    assert (entry.account_id, entry.account_name) == (ada.pk, "ada")
    assert (entry.token_id, entry.token_name) == (token.pk, "laptop")
    assert (entry.address, entry.request_id) == ("192.0.2.7", "r1")
    assert timezone.now() - entry.at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "done"), (302, "done"), (403, "refused"), (422, "refused"), (500, "failed")],
)
def test_the_outcome_follows_from_the_answer(status, outcome):
    assert record(status=status).outcome == outcome


def test_entries_outlive_account_and_token_unchanged():
    ada = account()
    token = token_create(user=ada, name="laptop").token
    record(account=ada, token=token)
    before = AuditEntry.objects.values().get()
    ada.delete()
    assert AuditEntry.objects.values().get() == before


def test_an_entry_neither_changes_nor_goes():
    entry = record()
    entry.status = 500
    for change in (entry.save, entry.delete):
        with pytest.raises(TypeError, match="cannot be changed or deleted"):
            change()
    assert AuditEntry.objects.get().status == 201


@pytest.mark.parametrize("address", ["", "unix:", "192.0.2.7:80"])
def test_an_address_that_is_none_is_left_out(address):
    origin = Origin.of("/x", {"REMOTE_ADDR": address})
    assert record(origin=origin).address is None


def test_an_address_is_kept_without_its_zone():
    origin = Origin.of("/x", {"REMOTE_ADDR": "fe80::1%eth0"})
    assert record(origin=origin).address == "fe80::1"


def test_what_clients_choose_fits_the_columns():
    origin = Origin.of("/\0" + "x" * 5000, {"REMOTE_ADDR": "::1"})
    assert record(action="y" * 500, origin=origin).path == "/" + "x" * 199


def test_pruning_deletes_what_is_older_than_the_setting(settings):
    settings.AUDIT_DAYS = 30
    old, new = record(), record()
    too_old = timezone.now() - timedelta(days=31)
    AuditEntry.objects.filter(pk=old.pk).update(at=too_old)
    assert audit_prune() == 1
    assert AuditEntry.objects.get() == new


def test_the_database_refuses_an_unknown_outcome():
    record()
    with pytest.raises(IntegrityError):
        AuditEntry.objects.update(outcome="maybe")
