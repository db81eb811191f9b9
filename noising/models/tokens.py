"""Access tokens: how a machine shows which account it acts for, and how far."""

import re
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AbstractAuthToken, AuthTokenManager

from noising.models.tags import CONTROLS

MOST_TOKENS_OF_AN_ACCOUNT = 100
LONGEST_TOKEN_NAME = 100

TOKEN_NAME = re.compile(rf"^[^\s{CONTROLS}]([^{CONTROLS}]*[^\s{CONTROLS}])?$")
"""Text without control characters, and without spaces around it."""


class Scope(models.TextChoices):
    """What a token may do at most, each including the ones before it.

    ``read`` asks, ``write`` also keeps and changes what belongs to the account, and
    ``admin`` does whatever the account may do, its tokens included.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: "Scope") -> bool:
        """Tell whether this scope includes another."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    """Reads of access tokens."""

    def of(self, user_id: int) -> Self:
        """Those of one account, the newest first."""
        return self.filter(user_id=user_id).order_by("-created", "-id")

    def expired(self) -> Self:
        """Those whose time is over."""
        return self.filter(expiry__lte=timezone.now())

    def with_secret(self, secret: str) -> "AccessToken | None":
        """The token of this secret, if it is still good, with its account."""
        return (
            self.filter(
                digest=hash_token(secret),
                expiry__gt=timezone.now(),
                user__is_active=True,
            )
            .select_related("user")
            .first()
        )


class AccessToken(AbstractAuthToken):  # type: ignore[misc]  # knox is untyped
    """A token of an account; its secret is shown once and only its digest is kept."""

    # knox's key is the digest, which has no place in addresses and on command lines.
    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    expiry = models.DateTimeField()
    name = models.CharField(max_length=LONGEST_TOKEN_NAME)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AuthTokenManager.from_queryset(AccessTokenQuerySet)()

    class Meta:
        """Database rules: they hold whichever way a row is written."""

        ordering = ["-created", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=["read", "write", "admin"]),
                name="accesstoken_scope_known",
            ),
            models.CheckConstraint(
                condition=models.Q(name__gt=""), name="accesstoken_name_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"

    def clean(self) -> None:
        """Refuse a name that would not show as one line of text."""
        if not TOKEN_NAME.fullmatch(self.name):
            raise ValidationError(
                {
                    "name": "A name must not hold control characters, nor have spaces "
                    f"around it, got {self.name!r}."
                }
            )

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return bool(self.expiry <= timezone.now())
