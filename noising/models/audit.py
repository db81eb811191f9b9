"""The audit log: who wrote what, when, from where, and with what result."""

from typing import Any, Never

from django.db import models

LONGEST_ACTION = 120
LONGEST_PATH = 200


class AuditEntry(models.Model):
    """One attempt to write or to sign in; rows are added and never changed.

    It has no foreign keys, so deleting an account or a token changes no entry.
    """

    class Outcome(models.TextChoices):
        """The result of the attempt."""

        DONE = "done"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(
        max_length=LONGEST_ACTION, help_text="Method and route, `login` or a command."
    )
    path = models.CharField(max_length=LONGEST_PATH, blank=True, default="")
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The status of the HTTP response."
    )
    account_id = models.BigIntegerField(null=True, blank=True)
    account_name = models.CharField(max_length=150, blank=True, default="")
    token_id = models.BigIntegerField(null=True, blank=True)
    token_name = models.CharField(max_length=100, blank=True, default="")
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        """Constraints, and indexes for the orders in which the log is read."""

        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["done", "refused", "failed"]),
                name="auditentry_outcome_known",
            )
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="auditentry_newest"),
            models.Index(fields=["account_name", "-at"], name="auditentry_account"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.account_name or 'nobody known'}: {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry; refuse to change a stored one."""
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Refuse: only audit_prune() deletes entries, by their age."""
        self._refuse()

    def _refuse(self) -> Never:
        raise TypeError(
            f"Entry {self.pk} of the audit log cannot be changed or deleted: entries "
            "are only added, and pruned by age."
        )
