"""The login page, the admin's login and the page that changes the password."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from noising.models import AuditEntry, ThrottleHit
from tests.api.access import PASSWORD, account, session_client
from tests.api.problems import problem_of
from tests.dashboard.pages import inline_parts

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"
BROWSER = {"accept": "text/html,*/*;q=0.8"}


def sign_in(username="ada", password=PASSWORD, path=LOGIN, address="192.0.2.7", **more):
    fields = {"username": username, "password": password} | more
    client = Client(REMOTE_ADDR=address, headers=BROWSER)
    return client.post(path, fields)


def fail(count: int, **options) -> None:
    for _ in range(count):
        assert sign_in(password="wrong", **options).status_code == 403


def age(**period) -> None:
    """Let time pass for every failure so far."""
    for hit in ThrottleHit.objects.all():
        hit.at -= timedelta(**period)
        hit.save()


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_the_login_page_is_ours_and_is_never_stored(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert "<h1>Sign in</h1>" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "onward"), [(LOGIN, "/account/"), ("/admin/login/", "/admin/")]
)
def test_signing_in_leads_on_and_never_away(path, onward):
    account(is_staff=True)
    assert sign_in(path=path).headers["Location"] == onward
    back = sign_in(path=path, next="/dashboard/?a=1")
    assert back.headers["Location"] == "/dashboard/?a=1"
    away = sign_in(path=path, next="https://evil.example/")
    assert away.headers["Location"] == onward


def test_a_login_without_its_csrf_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    problem_of(client.post(LOGIN, {"username": "ada", "password": PASSWORD}), 403)


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_ten_failures_of_an_account_close_it_whether_it_exists_or_not(username, path):
    account()
    for number in range(10):
        fail(1, username=username, address=f"192.0.2.{number}", path=path)
    response = sign_in(username=username, address="192.0.2.99")
    assert response.status_code == 429
    assert 890 <= int(response.headers["Retry-After"]) <= 900
    assert "Too many attempts to sign in have failed" in response.content.decode()
    assert sign_in("bob", address="192.0.2.99").status_code == 403


def test_ten_failures_from_an_address_close_it_for_every_account():
    account()
    for number in range(10):
        fail(1, username=f"guess {number}")
    assert sign_in().status_code == 429
    assert sign_in(address="192.0.2.8").status_code == 302


def test_an_ipv6_client_has_one_address_for_all_of_its_network():
    for number in range(10):
        fail(1, username=f"guess {number}", address=f"2001:db8:1:2::{number}")
    assert sign_in(address="2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in(address="2001:db8:1:3::1").status_code == 403


def test_behind_a_trusted_proxy_the_address_is_the_clients(settings):
    settings.TRUSTED_PROXIES = 1
    headers = BROWSER | {"x-forwarded-for": "6.6.6.6, 192.0.2.7"}
    for number in range(10):
        fields = {"username": f"guess {number}", "password": "x"}
        Client(headers=headers).post(LOGIN, fields)
    fields = {"username": "ada", "password": "x"}
    assert Client(headers=headers).post(LOGIN, fields).status_code == 429
    headers["x-forwarded-for"] = "6.6.6.6, 192.0.2.8"
    assert Client(headers=headers).post(LOGIN, fields).status_code == 403


def test_it_opens_again_a_quarter_of_an_hour_after_the_oldest_failure():
    account()
    fail(1)
    age(minutes=10)
    fail(9)
    response = sign_in()
    assert response.status_code == 429
    assert 290 <= int(response.headers["Retry-After"]) <= 300
    age(minutes=5)
    assert sign_in().status_code == 302


def test_a_program_gets_a_problem_document():
    fail(10)
    response = Client(REMOTE_ADDR="192.0.2.7").post(LOGIN, {"username": "ada"})
    problem_of(response, 429)


def test_signing_in_does_not_count_and_forgives_nothing():
    account()
    for _ in range(11):
        assert sign_in().status_code == 302
    assert not ThrottleHit.objects.exists()
    fail(9)
    assert sign_in().status_code == 302
    fail(1)
    assert sign_in().status_code == 429


def test_attempts_are_recorded_without_what_may_be_a_password():
    ada = account()
    sign_in()
    fail(1)
    fail(1, username="my secret password")
    entries = AuditEntry.objects.values_list("action", "outcome", "account_name")
    assert list(entries) == [
        ("login", "refused", ""),
        ("login", "refused", "ada"),
        ("login", "done", "ada"),
    ]
    assert AuditEntry.objects.last().account_id == ada.pk
    assert "password" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize("username", [b"", b"a\0b", b"x" * 100_000, b"\xed\xa0\x80"])
def test_a_name_that_none_can_have_is_refused_and_counted(username):
    form = urlencode({"username": username, "password": "x"})
    kind = "application/x-www-form-urlencoded"
    responses = [Client().post(LOGIN, form, content_type=kind) for _ in range(11)]
    assert [r.status_code for r in responses] == [403] * 10 + [429]


def test_one_account_has_one_count_however_its_name_is_encoded():
    account("\u00e5sa")
    for number in range(10):
        spelled = ("\u00e5sa", "a\u030asa")[number % 2]
        fail(1, username=spelled, address=f"192.0.2.{number}")
    assert sign_in("\u00e5sa", address="192.0.2.99").status_code == 429
    assert set(AuditEntry.objects.values_list("account_name", flat=True)) == {
        "\u00e5sa"
    }


SPELLINGS = (
    *("ada", " ada", "ada ", "\tada\n", "\u3000ada\u00a0"),
    *("ada" + " " * 200, " " * 5_000 + "ada", "\uff41\uff44\uff41"),
)
"""Each of these signs in as ada."""


def test_one_account_has_one_count_whatever_stands_around_its_name():
    account("ada")
    for spelled in SPELLINGS:
        assert sign_in(spelled, PASSWORD).status_code == 302
    for number in range(10):
        spelled = SPELLINGS[number % len(SPELLINGS)]
        fail(1, username=spelled, address=f"192.0.2.{number}")
    for spelled in SPELLINGS:
        assert sign_in(spelled, address="192.0.2.99").status_code == 429
    assert set(AuditEntry.objects.values_list("account_name", flat=True)) == {"ada"}


def test_refused_attempts_fill_no_table():
    fail(10)
    for _ in range(5):
        sign_in()
    assert AuditEntry.objects.count() == 10
    assert ThrottleHit.objects.count() == 20


def test_an_account_without_the_admin_is_told_so():
    client = session_client(account())
    response = client.get("/admin/", follow=True)
    assert "signed in as ada" in response.content.decode()


def change_password(client, old, new="quite another long one"):
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/account/password/", fields)


def test_the_password_is_changed_given_the_old_one():
    client = session_client(account())
    assert change_password(client, PASSWORD).headers["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert sign_in(password="quite another long one").status_code == 302


@pytest.mark.parametrize("path", ["/account/password/", "/admin/password_change/"])
def test_a_wrong_old_password_counts_like_a_failed_login(path):
    client = session_client(account(is_staff=True))
    fields = {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}
    for _ in range(10):
        assert client.post(path, fields).status_code == 422
    assert client.post(path, fields).status_code == 429
    assert sign_in(address="192.0.2.99").status_code == 429


def test_a_new_password_that_is_too_weak_does_not_count():
    client = session_client(account())
    for _ in range(11):
        assert change_password(client, PASSWORD, "short").status_code == 422
    assert change_password(client, PASSWORD).status_code == 302


def test_pages_offer_to_sign_in_or_out(client):
    text = client.get("/dashboard/").content.decode()
    assert 'href="/account/login/?next=/dashboard/"' in text
    assert "csrftoken" not in client.cookies
    client = session_client(account())
    text = client.get("/dashboard/").content.decode()
    assert 'href="/account/"' in text
    assert 'action="/account/logout/"' in text
    assert client.post("/account/logout/").headers["Location"] == "/dashboard/"
    assert client.get("/account/").status_code == 302


def test_forms_carry_no_inline_style_or_script(client):
    for path in (LOGIN, "/account/", "/account/password/"):
        text = session_client(account(path)).get(path).content.decode()
        assert inline_parts(text) == []
