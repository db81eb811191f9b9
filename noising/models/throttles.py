"""Hits that throttles count: one row each, so that all processes count together."""

from typing import Self

from django.db import models

KEY_LENGTH = 64


class ThrottleHitQuerySet(models.QuerySet["ThrottleHit"]):
    """Reads of hits."""

    def of(self, throttle: str, key: str) -> Self:
        """Select the hits of a throttle under a key, newest first."""
        return self.filter(throttle=throttle, key=key).order_by("-at", "-id")


class ThrottleHit(models.Model):
    """An action that counts against a limit; deleted when it no longer counts."""

    throttle = models.CharField(max_length=16)
    key = models.CharField(
        max_length=KEY_LENGTH, help_text="Digest of the account or the address."
    )
    at = models.DateTimeField(db_index=True)

    objects = ThrottleHitQuerySet.as_manager()

    class Meta:
        """An index for the query of every count."""

        indexes = [
            models.Index(fields=["throttle", "key", "-at"], name="throttlehit_newest")
        ]

    def __str__(self) -> str:
        return f"{self.throttle} {self.key[:8]} at {self.at:%Y-%m-%d %H:%M:%S}"
