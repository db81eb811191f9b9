import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from noising import services
from noising.models import AccessToken, Scope
from tests.api.access import account

pytestmark = pytest.mark.django_db


def token(*arguments: str) -> tuple[str, str]:
    """Run the command; return what it wrote to stdout and to stderr."""
    output, errors = io.StringIO(), io.StringIO()
    call_command("token", *arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_create_prints_the_secret_alone_on_stdout():
    account()
    output, errors = token(
        *("create", "ada", "--scope", "write", "--days", "7", "--name", "training")
    )
    made = services.token_use(secret=output.strip())
    assert made is not None
    assert (made.name, made.scope) == ("training", Scope.WRITE)
    assert made.expiry - made.created < timedelta(days=7, seconds=9)
    assert "not shown again" in errors
    assert output.strip() not in errors


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("create", "nobody"), "no account 'nobody'"),
        (("create", "ada", "--days", "0"), r"1\.\.366, got 0"),
        (("create", "ada", "--days", "x"), "invalid int"),
        (("create", "ada", "--scope", "root"), "invalid choice: 'root'"),
        (("create", "ada", "--name", "a\nb"), "control characters"),
        (("list", "nobody"), "no account 'nobody'"),
        (("revoke", "7"), "no token 7"),
        ((), "required: command"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, reason):
    account()
    with pytest.raises(CommandError, match=reason):
        token(*arguments)
    assert not AccessToken.objects.exists()


def test_list_shows_what_there_is_without_secrets():
    old = services.token_create(user=account(), name="old")
    new = services.token_create(user=account("bob"), name="new", scope=Scope.ADMIN)
    services.token_use(secret=new.secret)
    past = timezone.now() - timedelta(days=1)
    AccessToken.objects.filter(pk=old.token.pk).update(expiry=past)
    output, _ = token("list")
    second, first = output.splitlines()
    assert first.startswith(f"{old.token.pk}  ada  read  expired  used never")
    assert second.startswith(f"{new.token.pk}  bob  admin  until ")
    assert new.secret not in output
    assert token("list", "ada")[0].splitlines() == [first]


def test_revoke_ends_a_token():
    made = services.token_create(user=account(), name="laptop")
    output, _ = token("revoke", str(made.token.pk))
    assert output == f"Revoked token {made.token.pk} (laptop).\n"
    assert services.token_use(secret=made.secret) is None
