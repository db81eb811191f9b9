"""Idempotency keys: a request that is repeated does not create a second run."""

from django.conf import settings
from django.db import models

LONGEST_KEY = 255


class IdempotencyKey(models.Model):
    """A key that a client chose for a request, and the run that the request created."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="idempotency_keys",
    )
    key = models.CharField(max_length=LONGEST_KEY)
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the request that used it."
    )
    run = models.ForeignKey(
        "noising.BenchmarkRun", on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        """Constraints: of simultaneous requests with a key, only one creates a run."""

        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], name="idempotencykey_once_per_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(key__gt=""), name="idempotencykey_given"
            ),
        ]

    def __str__(self) -> str:
        return self.key
