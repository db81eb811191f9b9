"""The account page."""

import re

import pytest
from django.db import DatabaseError

from noising import services
from noising.dashboard.context_processors import provide_viewer
from noising.models import AccessToken, Scope
from tests.api.access import account, bearer, session_client

pytestmark = pytest.mark.django_db

FORM = {"name": "laptop", "scope": "write", "days": "30"}


def test_it_makes_a_token_and_shows_the_secret_once():
    client = session_client(account())
    created = client.post("/account/", FORM)
    assert (created.status_code, created.headers["Location"]) == (302, "/account/")
    cookie = created.cookies["new_token"]
    assert (cookie["httponly"], cookie["max-age"]) == (True, 60)
    response = client.get("/account/")
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    [secret] = set(re.findall(r"noise_[0-9a-f]{64}", response.content.decode()))
    assert bearer(secret).get("/api/v1/tokens").status_code == 200
    token = AccessToken.objects.get()
    assert (token.name, token.scope) == ("laptop", Scope.WRITE)
    text = client.get("/account/").content.decode()
    assert secret not in text
    assert token.token_key in text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\x01b"}, "must not contain control characters"),
        ({"scope": "root"}, "root is not one of the available choices"),
        ({"days": "367"}, "less than or equal to 366"),
        ({"days": "x"}, "Enter a whole number"),
    ],
)
def test_what_describes_no_token_is_said_in_the_form(fields, text):
    response = session_client(account()).post("/account/", FORM | fields)
    assert response.status_code == 422
    assert text in response.content.decode()
    assert not AccessToken.objects.exists()


def test_one_too_many_is_said_in_the_form(monkeypatch):
    monkeypatch.setattr("noising.services.tokens.MOST_TOKENS_OF_AN_ACCOUNT", 0)
    response = session_client(account()).post("/account/", FORM)
    assert response.status_code == 422
    assert "revoke one" in response.content.decode()


def test_it_revokes_a_token():
    ada = account()
    made = services.token_create(user=ada, name="laptop")
    client = session_client(ada)
    response = client.post(f"/account/tokens/{made.token.pk}/revoke/")
    assert response.headers["Location"] == "/account/"
    assert services.token_use(secret=made.secret) is None


def test_it_neither_shows_nor_revokes_another_accounts_tokens():
    token = services.token_create(user=account("ada"), name="her laptop").token
    client = session_client(account("bob", is_staff=True))
    assert "her laptop" not in client.get("/account/").content.decode()
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert AccessToken.objects.exists()


def test_names_are_text():
    ada = account()
    services.token_create(user=ada, name="<script>alert(1)</script>")
    text = session_client(ada).get("/account/").content.decode()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_nobody_is_led_to_the_login(client):
    response = client.get("/account/")
    assert response.headers["Location"] == "/account/login/?next=/account/"


def test_a_page_shows_without_the_database_that_would_say_who_looks(rf):
    class Unknown:
        @property
        def is_authenticated(self):
            raise DatabaseError("gone")

    request = rf.get("/")
    assert provide_viewer(request)["viewer"]() is None
    request.user = Unknown()
    assert provide_viewer(request)["viewer"]() is None
