import pytest
from django.test import Client

from noising.models import Audit
from tests.audits import stored

pytestmark = pytest.mark.django_db

LIST = "/admin/noising/audit/"


def test_shows_verdict_findings_and_plots(admin_client: Client) -> None:
    wrong = stored(faulty=True, name="Trainer")
    page = admin_client.get(f"{LIST}{wrong.pk}/change/").content.decode()
    for name in ("alpha", "positions", "times", "tests"):
        assert f'<img src="/plots/audits/{wrong.pk}/{name}.svg"' in page
    assert "<code>wrong_alpha</code>" in page
    assert "tokens changed at t in" in page
    listed = admin_client.get(LIST).content.decode()
    assert "Trainer" in listed
    assert "loglinear, absorbing" in listed
    assert admin_client.get(f"{LIST}add/").status_code == 403


def test_only_name_notes_and_tags_are_written(admin_client: Client) -> None:
    audit = stored()
    fields = {"name": "New", "notes": "Seen.", "tags": "a, b", "verdict": "failed"}
    answer = admin_client.post(f"{LIST}{audit.pk}/change/", fields)
    assert answer.status_code == 302
    audit.refresh_from_db()
    assert (audit.name, audit.notes, audit.tags) == ("New", "Seen.", ["a", "b"])
    assert audit.verdict == "passed"


def test_actions_compare_export_and_archive(admin_client: Client) -> None:
    ids = [str(stored().pk), str(stored(faulty=True).pk)]

    def act(action: str) -> object:
        fields = {"action": action, "_selected_action": ids}
        return admin_client.post(LIST, fields)

    assert act("compare").headers["Location"].startswith("/audits/compare/?ids=")
    table = act("export").content.decode()
    assert "wrong_alpha" in table
    assert table.startswith("id,name,verdict,codes,schedule_type")
    act("archive")
    assert not Audit.objects.active().exists()
    admin_client.post(
        f"{LIST}?archived=yes", {"action": "unarchive", "_selected_action": ids}
    )
    assert Audit.objects.active().count() == 2
