"""/api/v1/tokens."""

import pytest
from django.test import Client

from noising import services
from noising.models import AccessToken, Scope
from tests.api.access import account, bearer, session_client, token_client
from tests.api.problems import pointers_of, problem_of

pytestmark = pytest.mark.django_db


def create(client: Client, **fields):
    body = {"name": "training"} | fields
    return client.post("/api/v1/tokens", body, content_type="application/json")


def test_a_token_is_made_and_its_secret_shown_once():
    ada = account()
    client = session_client(ada)
    response = create(client, scope="write", days=30)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    made = response.json()
    secret = made.pop("token")
    assert made["name"] == "training"
    assert made["scope"] == "write"
    assert secret.startswith(made["begins_with"])
    read = client.get(response.headers["Location"])
    assert read.json() == made
    listed = client.get("/api/v1/tokens").json()
    assert listed == {"count": 1, "next": None, "previous": None, "results": [made]}
    assert secret not in client.get("/account/").content.decode()
    assert bearer(secret).get("/api/v1/tokens").status_code == 200


def test_by_default_it_only_reads_and_ends_after_ninety_days():
    made = create(session_client(account())).json()
    assert made["scope"] == "read"
    token = AccessToken.objects.get()
    assert (token.expiry - token.created).days in {89, 90}
    assert made["last_used_at"] is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, [("#/name", "not_a_name")]),
        ({"name": " x"}, [("#/name", "not_a_name")]),
        ({"name": "a\nb"}, [("#/name", "not_a_name")]),
        ({"name": "x" * 101}, [("#/name", "not_a_name")]),
        ({"name": 7}, [("#/name", "not_text")]),
        ({"name": None}, [("#/name", "null")]),
        ({"scope": "root"}, [("#/scope", "unknown")]),
        ({"scope": ["read"]}, [("#/scope", "unknown")]),
        ({"days": 0}, [("#/days", "out_of_range")]),
        ({"days": 367}, [("#/days", "out_of_range")]),
        ({"days": "7"}, [("#/days", "not_an_integer")]),
        ({"days": True}, [("#/days", "not_an_integer")]),
        ({"user": "bob"}, [("#/user", "unknown_key")]),
    ],
)
def test_what_describes_no_token_is_refused(fields, errors):
    assert pointers_of(create(session_client(account()), **fields)) == errors
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", "null", "7"])
def test_a_body_that_is_no_object_is_refused(body):
    client = session_client(account())
    response = client.post("/api/v1/tokens", body, content_type="application/json")
    problem_of(response, 400 if body == "{" else 422)


def test_one_too_many_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr("noising.services.tokens.MOST_TOKENS_OF_AN_ACCOUNT", 1)
    client = session_client(account())
    assert create(client).status_code == 201
    assert "revoke one" in problem_of(create(client), 422)["detail"]


def test_a_revoked_token_is_gone_at_once():
    ada = account()
    client = session_client(ada)
    made = create(client).json()
    address = f"/api/v1/tokens/{made['id']}"
    response = client.delete(address)
    assert (response.status_code, response.content) == (204, b"")
    problem_of(client.delete(address), 404)
    problem_of(bearer(made["token"]).get("/api/v1/tokens"), 401)


def test_a_token_can_revoke_itself_if_its_scope_is_admin():
    ada = account()
    client = token_client(ada, Scope.ADMIN)
    [token] = AccessToken.objects.all()
    assert client.delete(f"/api/v1/tokens/{token.pk}").status_code == 204
    problem_of(client.get("/api/v1/tokens"), 401)


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE])
def test_a_token_makes_no_token_that_outlives_or_outgrows_it(scope):
    ada = account()
    client = token_client(ada, scope)
    [token] = AccessToken.objects.all()
    assert client.get("/api/v1/tokens").json()["count"] == 1
    problem_of(create(client), 403)
    problem_of(client.delete(f"/api/v1/tokens/{token.pk}"), 403)


@pytest.mark.parametrize("is_staff", [False, True])
def test_another_accounts_tokens_are_not_there(is_staff):
    token = services.token_create(user=account("ada"), name="hers").token
    client = session_client(account("bob", is_staff=is_staff))
    assert client.get("/api/v1/tokens").json()["results"] == []
    for ask in (client.get, client.delete):
        problem_of(ask(f"/api/v1/tokens/{token.pk}"), 404)
    assert AccessToken.objects.get() == token


@pytest.mark.parametrize("token_id", [0, 2**63, 10**400, "x"])
def test_an_id_that_is_none_is_not_found(token_id):
    problem_of(session_client(account()).get(f"/api/v1/tokens/{token_id}"), 404)


def test_nobody_sees_tokens_without_an_account():
    for response in (Client().get("/api/v1/tokens"), create(Client())):
        problem_of(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")
