"""What throttles count: one row a hit, so that all processes count together."""

from typing import Self

from django.db import models

KEY_LENGTH = 64


class ThrottleHitQuerySet(models.QuerySet["ThrottleHit"]):
    """Reads of hits."""

    def of(self, throttle: str, key: str) -> Self:
        """Those of one throttle under one key, the newest first."""
        return self.filter(throttle=throttle, key=key).order_by("-at", "-id")


class ThrottleHit(models.Model):
    """Something that counts against a limit; deleted once it is older than that."""

    throttle = models.CharField(max_length=16)
    key = models.CharField(
        max_length=KEY_LENGTH, help_text="Digest of the account or the address."
    )
    at = models.DateTimeField(db_index=True)

    objects = ThrottleHitQuerySet.as_manager()

    class Meta:
        """Indexed by what every count asks for."""

        indexes = [
            models.Index(fields=["throttle", "key", "-at"], name="throttlehit_newest")
        ]

    def __str__(self) -> str:
        return f"{self.throttle} {self.key[:8]} at {self.at:%Y-%m-%d %H:%M:%S}"
