"""Access tokens, with which programs act for an account."""

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
"""Text without control characters and surrounding spaces."""


class Scope(models.TextChoices):
    """What a token may do at most; each scope includes those before it.

    ``read`` allows reading and computing, ``write`` also storing objects and changing
    those of the account, ``admin`` everything that the account may do.
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
        """Select the tokens of an account, newest first."""
        return self.filter(user_id=user_id).order_by("-created", "-id")

    def expired(self) -> Self:
        """Select the tokens that have expired."""
        return self.filter(expiry__lte=timezone.now())

    def with_secret(self, secret: str) -> "AccessToken | None":
        """Return the valid token with this secret, with its account, or None."""
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
    """A token of an account. Its secret is shown once; only its digest is stored."""

    # knox's primary key is the digest, which should not appear in URLs and commands.
    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    expiry = models.DateTimeField()
    name = models.CharField(max_length=LONGEST_TOKEN_NAME)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AuthTokenManager.from_queryset(AccessTokenQuerySet)()

    class Meta:
        """Constraints, which the database checks for every write."""

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
        """Refuse a name that cannot be shown as one line of text."""
        if not TOKEN_NAME.fullmatch(self.name):
            raise ValidationError(
                {
                    "name": "A name must not contain control characters or surrounding "
                    f"spaces, got {self.name!r}."
                }
            )

    @property
    def is_expired(self) -> bool:
        """Return whether the token has expired."""
        return bool(self.expiry <= timezone.now())
