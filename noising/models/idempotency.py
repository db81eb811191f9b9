"""Which request has made which run: asked twice, it is made once."""

from django.conf import settings
from django.db import models

LONGEST_KEY = 255


class IdempotencyKey(models.Model):
    """A key that a client chose for one request, and the run that came of it."""

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
        """Database rules: of requests at the same moment only one makes a run."""

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
