"""Audits of pairs of clean and noised tokens, and the pairs that are kept."""

from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.urls import reverse

from noising.models.json_lists import ListHolds
from noising.models.ordered_json import OrderedJSONField, text_at
from noising.models.search import filter_words
from noising.models.tags import check_tags

COMPARABLE_AUDITS = 100
"""How many audits are offered for a comparison."""

DASHBOARD_AUDITS = 5

LONGEST_AUDIT_NAME = 100

SEARCHED = (
    *("name", "notes", "tags", "codes", "searched_schedule", "searched_graph"),
    "owner__username",
)
"""What the search of a list reads."""


class AuditQuerySet(models.QuerySet["Audit"]):
    """Reads of audits."""

    def active(self) -> Self:
        """Select the audits that are not archived."""
        return self.filter(archived_at__isnull=True)

    def tagged(self, tag: str) -> Self:
        """Select the audits with a tag."""
        return self.filter(ListHolds("tags", models.Value(tag)))

    def with_code(self, code: str) -> Self:
        """Select the audits with a finding of this code."""
        return self.filter(ListHolds("codes", models.Value(code)))

    def searched(self, text: str) -> Self:
        """Select the audits that contain every word, in upper or lower case."""
        found = self.alias(
            searched_schedule=text_at("report__specification__schedule__type"),
            searched_graph=text_at("report__specification__graph__type"),
        )
        return filter_words(found, text.split(), SEARCHED)

    def comparable(self, audit: "Audit | None") -> Self:
        """Select the latest audits, without this one, and those of its claim first."""
        others = self.active().for_list()
        if audit is None:
            return others.order_by("-created_at", "-id")[:COMPARABLE_AUDITS]
        same = models.Case(
            models.When(fingerprint=audit.fingerprint, then=0), default=1
        )
        others = others.exclude(pk=audit.pk)
        return others.order_by(same, "-created_at", "-id")[:COMPARABLE_AUDITS]

    def for_dashboard(self) -> Self:
        """Select the latest audits that are not archived, in one query."""
        return self.active().for_list().order_by("-created_at")[:DASHBOARD_AUDITS]

    def for_list(self) -> Self:
        """Load the columns that a list shows, in one query, without the reports."""
        return self.for_page().defer("report")

    def for_page(self) -> Self:
        """Load an audit with its report, its owner and whether its pairs are kept."""
        kept = AuditPairs.objects.filter(audit=models.OuterRef("pk"))
        return self.select_related("owner").annotate(
            schedule_type=text_at("report__specification__schedule__type"),
            graph_type=text_at("report__specification__graph__type"),
            has_pairs=models.Exists(kept),
        )


class Audit(models.Model):
    """The verdict on pairs of clean and noised tokens, with all that was measured.

    The id begins with the time of creation (UUID version 7). The report never changes;
    the columns that repeat a part of it serve lists.
    """

    # Set by for_page() and for_list().
    schedule_type: str
    graph_type: str
    has_pairs: bool

    class Verdict(models.TextChoices):
        """Whether the noise is as claimed."""

        PASSED = "passed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(
        max_length=LONGEST_AUDIT_NAME,
        blank=True,
        default="",
        help_text="What was audited, such as a function or a commit.",
    )
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    codes = models.JSONField(
        default=list, blank=True, help_text="The codes of the findings, causes first."
    )
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of the claimed specification."
    )
    rows = models.BigIntegerField()
    tokens = models.BigIntegerField()
    report = OrderedJSONField(help_text="Claim, findings, tests and curves.")
    notes = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="audits",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=["passed", "failed"]),
                name="audit_verdict_known",
            ),
            models.CheckConstraint(
                condition=models.Q(rows__gte=1, tokens__gte=models.F("rows")),
                name="audit_counts_in_range",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(Length("fingerprint"), 64),
                name="audit_fingerprint_complete",
            ),
        ]
        indexes = [
            models.Index(
                fields=["archived_at", "-created_at", "-id"], name="audit_latest"
            ),
            models.Index(fields=["fingerprint"], name="audit_fingerprint"),
        ]

    def __str__(self) -> str:
        return self.name or f"Audit of {self.created_at:%Y-%m-%d %H:%M:%S}"

    def get_absolute_url(self) -> str:
        """Return the URL of the audit's page."""
        return reverse("pages:audit", kwargs={"audit_id": self.pk})

    def clean(self) -> None:
        """Check rules that cannot be constraints on every database."""
        check_tags(self.tags)

    def find_use(self) -> str:
        """Return "": nothing refers to an audit, so it can be deleted."""
        return ""

    @property
    def specification(self) -> dict[str, Any]:
        """Return the claimed specification."""
        specification: dict[str, Any] = self.report["specification"]
        return specification


class AuditPairsQuerySet(models.QuerySet["AuditPairs"]):
    """Reads of pairs that are kept."""

    def of_owner(self, owner_id: int) -> Self:
        """Select the pairs of an account's audits."""
        return self.filter(audit__owner_id=owner_id)

    def of_audit(self, audit_id: UUID) -> "AuditPairs | None":
        """Return the pairs of an audit, or None if they were not kept."""
        return self.filter(audit_id=audit_id).first()


class AuditPairs(models.Model):
    """The upload of an audit, kept because its owner requested it.

    It is in the database, so that one transaction stores both or neither, and every
    host that serves the database has it.
    """

    audit = models.OneToOneField(
        Audit, on_delete=models.CASCADE, primary_key=True, related_name="pairs"
    )
    suffix = models.CharField(max_length=20, help_text="The form, such as .npz.")
    content = models.BinaryField()

    objects = AuditPairsQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Pairs of {self.audit_id}"
