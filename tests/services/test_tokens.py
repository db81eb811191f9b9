from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone
from knox.models import get_token_model

from noising.models import MOST_TOKENS_OF_AN_ACCOUNT, AccessToken, Scope
from noising.services import (
    NewToken,
    token_create,
    token_revoke,
    token_use,
    tokens_prune,
)
from tests.api.access import account

pytestmark = pytest.mark.django_db


def create(**options) -> NewToken:
    user = options.pop("user", None) or account()
    return token_create(**{"user": user, "name": "laptop"} | options)


def test_a_token_is_found_by_its_secret_which_is_not_kept():
    made = create(scope=Scope.WRITE, days=2)
    assert made.secret.startswith("noise_")
    assert len(made.secret) == 6 + 64
    found = token_use(secret=made.secret)
    assert found == made.token
    assert found.user.username == "ada"
    assert (found.name, found.scope) == ("laptop", Scope.WRITE)
    assert abs(found.expiry - found.created - timedelta(days=2)) < timedelta(seconds=9)
    [row] = AccessToken.objects.values()
    assert made.secret not in str(row)


def test_secrets_are_never_the_same():
    ada = account()
    secrets = {create(user=ada).secret for _ in range(5)}
    assert len(secrets) == 5


@pytest.mark.parametrize("change", [str.upper, lambda s: s[:-1], lambda s: s + " "])
def test_nothing_but_the_secret_will_do(change):
    assert token_use(secret=change(create().secret)) is None


def test_its_last_use_is_written_once_a_minute(django_assert_num_queries):
    made = create()
    with django_assert_num_queries(2):
        token_use(secret=made.secret)
    used = AccessToken.objects.get().last_used
    with django_assert_num_queries(1):
        token_use(secret=made.secret)
    assert AccessToken.objects.get().last_used == used
    AccessToken.objects.update(last_used=used - timedelta(seconds=60))
    token_use(secret=made.secret)
    assert AccessToken.objects.get().last_used >= used


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_ends_within_a_year(days):
    with pytest.raises(ValidationError, match=r"1\.\.366"):
        create(days=days)


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\x00b"])
def test_a_name_is_a_line_of_text(name):
    with pytest.raises(ValidationError):
        create(name=name)
    assert not AccessToken.objects.exists()


def test_an_account_has_so_many_tokens_and_no_more():
    ada = account()
    many = [
        AccessToken(
            user=ada,
            name="many",
            digest=str(number),
            token_key="",
            expiry=timezone.now() + timedelta(days=1),
        )
        for number in range(MOST_TOKENS_OF_AN_ACCOUNT)
    ]
    AccessToken.objects.bulk_create(many)
    with pytest.raises(ValidationError, match="revoke one"):
        create(user=ada)
    create(user=account("bob"))
    AccessToken.objects.filter(digest="7").update(expiry=timezone.now())
    create(user=ada)


def test_a_revoked_token_is_gone():
    made = create()
    token_revoke(token=made.token)
    assert token_use(secret=made.secret) is None


def test_pruning_deletes_what_has_expired():
    ada = account()
    old, new = create(user=ada), create(user=ada)
    AccessToken.objects.filter(pk=old.token.pk).update(expiry=timezone.now())
    assert tokens_prune() == 1
    assert AccessToken.objects.get() == new.token


def test_the_database_refuses_an_unknown_scope():
    create()
    with pytest.raises(IntegrityError):
        AccessToken.objects.update(scope="root")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("needed", Scope)
def test_a_scope_covers_itself_and_the_ones_before_it(scope, needed):
    order = ["read", "write", "admin"]
    assert scope.covers(needed) == (order.index(scope) >= order.index(needed))


def test_the_tokens_of_knox_are_ours_and_it_has_no_table_of_its_own():
    assert get_token_model() is AccessToken
    tables = connection.introspection.table_names()
    assert [table for table in tables if table.startswith("knox")] == []
