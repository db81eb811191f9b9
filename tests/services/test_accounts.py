import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import UserManager

from noising.services import account_bootstrap

pytestmark = pytest.mark.django_db


def test_an_empty_database_gets_an_administrator_who_can_sign_in() -> None:
    account = account_bootstrap()
    assert account is not None
    assert account.username == "admin"
    user = authenticate(username="admin", password=account.password)
    assert user is not None
    assert user.is_superuser
    assert user.is_staff


def test_passwords_are_long_and_never_the_same() -> None:
    first = account_bootstrap()
    get_user_model().objects.all().delete()
    second = account_bootstrap()
    assert first is not None
    assert second is not None
    assert first.password != second.password
    assert len(first.password) >= 20


def test_the_password_is_not_kept() -> None:
    account = account_bootstrap()
    assert account is not None
    assert account.password not in get_user_model().objects.get().password


def test_a_database_with_any_account_gets_none() -> None:
    get_user_model().objects.create_user("someone")
    assert account_bootstrap() is None
    assert get_user_model().objects.count() == 1


def test_of_two_processes_that_find_none_one_makes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account_bootstrap()
    monkeypatch.setattr(UserManager, "exists", lambda self: False)
    assert account_bootstrap() is None
    assert get_user_model().objects.count() == 1
