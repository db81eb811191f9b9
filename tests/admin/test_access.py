import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from noising import services
from noising.models import AccessToken, AuditEntry
from tests.api.access import account, session_client

pytestmark = pytest.mark.django_db

TOKENS = "/admin/noising/accesstoken/"
AUDIT = "/admin/noising/auditentry/"


def test_tokens_are_listed_without_digests_and_revoked(admin_client: Client) -> None:
    made = services.token_create(user=account(), name="laptop")
    page = f"{TOKENS}{made.token.pk}/"
    for address in (TOKENS, f"{page}change/"):
        text = admin_client.get(address).content.decode()
        assert "laptop" in text
        assert made.token.digest not in text
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert not AccessToken.objects.exists()


def test_nobody_makes_or_changes_tokens_there(admin_client: Client) -> None:
    made = services.token_create(user=account(), name="laptop")
    assert admin_client.get(f"{TOKENS}add/").status_code == 403
    changed = {"scope": "admin", "name": "x"}
    response = admin_client.post(f"{TOKENS}{made.token.pk}/change/", changed)
    assert response.status_code == 403
    assert AccessToken.objects.get().scope == "read"


def test_the_audit_log_is_read_and_nothing_else(admin_client: Client) -> None:
    admin_client.post("/account/", {"name": "laptop", "scope": "read", "days": "7"})
    entry = AuditEntry.objects.get()
    assert "POST pages:account" in admin_client.get(AUDIT).content.decode()
    page = f"{AUDIT}{entry.pk}/"
    assert admin_client.get(f"{page}change/").status_code == 200
    for address in (f"{AUDIT}add/", f"{page}change/", f"{page}delete/"):
        response = admin_client.post(address, {"post": "yes", "action": "x"})
        assert response.status_code == 403
    action = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
    admin_client.post(AUDIT, action)
    assert AuditEntry.objects.get(pk=entry.pk).account_name == "admin"


def test_staff_read_it_with_the_permission_alone() -> None:
    ada = account(is_staff=True)
    assert session_client(ada).get(AUDIT).status_code == 403
    ada.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    assert session_client(ada).get(AUDIT).status_code == 200


def test_the_index_has_the_sites_header_and_no_table_of_tasks(
    admin_client: Client,
) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert 'href="/schedules/"' in page
    assert "noising/css/theme.css" in page
    assert "data-theme-button" in page
    assert "/admin/noising/" in page
    assert "tasks" not in page
    assert admin_client.get("/admin/django_tasks_database/").status_code == 404
