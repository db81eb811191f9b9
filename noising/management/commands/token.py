"""`manage.py token`: creates, lists and revokes access tokens."""

import argparse
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from noising import services
from noising.models import AccessToken, Scope


class Command(BaseCommand):
    """Manages tokens; a secret is printed once, and only its digest is stored."""

    help = "Create, list and revoke access tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the three subcommands."""
        commands = parser.add_subparsers(dest="command", required=True)
        create = commands.add_parser("create", help="create a token and print it once")
        create.add_argument("user", help="name of the account that the token acts for")
        create.add_argument(
            "--scope", choices=Scope.values, default=Scope.READ.value, type=str.lower
        )
        create.add_argument("--days", type=int, default=services.DEFAULT_DAYS)
        create.add_argument("--name", default="command line")
        create.set_defaults(run=self._create)
        listing = commands.add_parser("list", help="list tokens, without secrets")
        listing.add_argument("user", nargs="?", help="list only this account's tokens")
        listing.set_defaults(run=self._list)
        revoke = commands.add_parser("revoke", help="end a token at once")
        revoke.add_argument("id", type=int, help="as `token list` shows it")
        revoke.set_defaults(run=self._revoke)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the subcommand."""
        options["run"](argparse.Namespace(**options))

    def _create(self, options: argparse.Namespace) -> None:
        try:
            made = services.token_create(
                user=_account(options.user),
                name=options.name,
                scope=Scope(options.scope),
                days=options.days,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stderr.write(
            f"Token {made.token.pk} of {options.user}, scope {made.token.scope}, valid "
            f"until {made.token.expiry:%Y-%m-%d}. It is not shown again:"
        )
        self.stdout.write(made.secret)

    def _list(self, options: argparse.Namespace) -> None:
        tokens = AccessToken.objects.select_related("user")
        if options.user is not None:
            tokens = tokens.filter(user=_account(options.user))
        for token in tokens:
            used = f"{token.last_used:%Y-%m-%d %H:%M}" if token.last_used else "never"
            ends = "expired" if token.is_expired else f"until {token.expiry:%Y-%m-%d}"
            self.stdout.write(
                f"{token.pk}  {token.user.get_username()}  {token.scope}  {ends}  "
                f"used {used}  {token.name}"
            )

    def _revoke(self, options: argparse.Namespace) -> None:
        token = AccessToken.objects.filter(pk=options.id).first()
        if token is None:
            raise CommandError(
                f"There is no token {options.id}; `manage.py token list` lists them."
            )
        services.token_revoke(token=token)
        self.stdout.write(f"Revoked token {options.id} ({token.name}).")


def _account(username: str) -> Any:
    account = get_user_model()._default_manager.filter(username=username).first()
    if account is None:
        raise CommandError(
            f"There is no account {username!r}; create it in the admin or with "
            "`manage.py createsuperuser`."
        )
    return account
