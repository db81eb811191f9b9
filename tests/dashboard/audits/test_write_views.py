"""The form that uploads pairs, and the buttons of an audit's page."""

import json
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from noising import services
from noising.models import Audit, AuditPairs
from tests.api.access import account, session_client
from tests.audits import CLAIM, npz, pairs, stored
from tests.dashboard.pages import inline_parts, page_text

pytestmark = pytest.mark.django_db

NEW = "/new/audit/"
SMALL = npz(**pairs(8, 8))


@pytest.fixture
def ada() -> Client:
    return session_client(account("ada"))


def send(
    client: Client, content: bytes = SMALL, file_name: str = "pairs.npz", **fields: Any
) -> Any:
    """Upload a file; what is not given is valid."""
    upload = SimpleUploadedFile(file_name, content)
    given = {"specification": json.dumps(CLAIM), "low": "0", "high": "1"} | fields
    return client.post(NEW, {"pairs": upload, **given})


def test_an_upload_is_judged_and_only_counts_are_stored(ada: Client) -> None:
    page = page_text(ada, NEW)
    assert "/audits/template.npz" in page
    assert 'enctype="multipart/form-data"' in page
    assert inline_parts(page) == []
    answer = send(
        ada, npz(**pairs(faulty=True)), file_name="A.NPZ", tags="a, b", method="uniform"
    )
    audit = Audit.objects.get()
    assert answer.headers["Location"] == audit.get_absolute_url()
    assert (audit.verdict, audit.tags, str(audit.owner)) == (
        "failed",
        ["a", "b"],
        "ada",
    )
    assert audit.report["claims"]["method"] == "uniform"
    assert not AuditPairs.objects.exists()
    assert "The audit is stored." in page_text(ada, audit.get_absolute_url())


def test_a_stored_schedule_is_the_claim(ada: Client) -> None:
    services.schedule_create(slug="mine", specification=CLAIM)
    assert '<option value="mine" selected>' in page_text(ada, f"{NEW}?schedule=mine")
    assert send(ada, schedule="mine", specification="").status_code == 302
    assert Audit.objects.get().specification["vocab_size"] == 1000


COMPLAINTS: list[tuple[dict[str, Any], str, str]] = [
    ({"content": b"hello"}, "pairs", "is not an .npz file"),
    ({"file_name": "pairs.pt"}, "pairs", "must end with .npz or .safetensors"),
    ({"content": npz(**pairs(8, 8) | {"t": [2.0] * 8})}, "pairs", "t"),
    ({"specification": ""}, "specification", "Select a stored schedule"),
    ({"specification": '{"vocab_size": 1}'}, "specification", "vocab_size"),
    ({"low": "0.5", "high": "0.5"}, "low", "must be below"),
    ({"schedule": "nowhere"}, "schedule", "not one of the available choices"),
    ({"method": "mine"}, "method", "not one of the available choices"),
    ({"name": "a" * 101}, "name", "at most 100 characters"),
    ({"tags": "a, a"}, "tags", "given only once"),
]


@pytest.mark.parametrize(("changes", "field", "complaint"), COMPLAINTS)
def test_what_cannot_be_audited_is_told_and_leaves_nothing(
    ada: Client, changes: dict[str, Any], field: str, complaint: str
) -> None:
    files = set(site.DATA_DIR.rglob("*"))
    answer = send(ada, keep="on", **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    beside = page[page.index(f'id="id_{field}_error"') :].split("</ul>")[0]
    assert complaint in beside
    assert "/tmp" not in beside  # noqa: S108 - no path is shown
    assert not Audit.objects.exists()
    assert not AuditPairs.objects.exists()
    assert set(site.DATA_DIR.rglob("*")) == files


def test_limits_are_told(ada: Client, settings: Any) -> None:
    settings.MAX_KEPT_PAIRS = 0
    answer = send(ada, keep="on")
    assert answer.status_code == 422
    assert "the limit is 0" in answer.content.decode()
    settings.MAX_AUDIT_TOKENS = 63
    assert "at most 63" in send(ada).content.decode()
    settings.MAX_BODY_BYTES = 1024
    answer = send(ada, bytes(2048))
    assert answer.status_code == 413
    assert "must not be longer than 1024 bytes" in answer.content.decode()
    assert not Audit.objects.exists()


def test_its_owner_edits_archives_and_deletes_the_pairs(ada: Client) -> None:
    send(ada, keep="on")
    audit = Audit.objects.get()
    path = audit.get_absolute_url()
    assert f"/api/v1/audits/{audit.pk}/pairs" in page_text(ada, path)
    assert "Delete the pairs" not in page_text(Client(), path)
    ada.post(f"{path}edit/", {"name": "Mine", "notes": "Seen.", "tags": "c"})
    ada.post(f"{path}archive/")
    ada.post(f"{path}discard-pairs/")
    audit.refresh_from_db()
    assert (audit.name, audit.notes, audit.tags) == ("Mine", "Seen.", ["c"])
    assert audit.archived_at is not None
    assert not AuditPairs.objects.exists()
    assert "Unarchive" in page_text(ada, path)
    ada.post(f"{path}unarchive/")
    assert 'value="Mine"' in page_text(ada, f"{path}edit/")
    assert ada.post(f"{path}edit/", {"tags": "x" * 51}).status_code == 422


@pytest.mark.parametrize("action", ["edit", "archive", "unarchive", "discard-pairs"])
def test_others_do_not_change_it(action: str) -> None:
    path = f"{stored(owner=account('eve')).get_absolute_url()}{action}/"
    assert session_client(account("bob")).post(path).status_code == 403
    assert Client().post(path).headers["Location"] == f"/account/login/?next={path}"
