"""Stored schedules: noise processes with a name."""

import hashlib
import itertools
import re
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Length
from django.urls import reverse

from noising.engine.lint import SEVERITIES
from noising.engine.verdicts import Grade, grade_codes
from noising.models.json_lists import ListHolds
from noising.models.ordered_json import OrderedJSONField, text_at
from noising.models.runs import BenchmarkRun
from noising.models.search import filter_words
from noising.models.tags import CONTROLS, check_tags

# Names that are URLs under /api/v1/schedules/.
RESERVED_SLUGS = ("compare", "import")

# How many curves a plot shows legibly.
PLOTTED_SCHEDULES = 8
# How many schedules a page compares: colours, strokes and legend tell them apart.
COMPARED_SCHEDULES = 16

# How many names are searched for one to suggest.
NAMED_SCHEDULES = 1000

LONGEST_NAME = 100

LONGEST_TITLE = 100

LONGEST_STEM = 90
"""How many characters of a name are kept when a version number is appended."""

IN_USE = "in_use"
"""Code of the error for changing a specification that runs refer to."""

SEARCHED = (
    *("slug", "title", "notes", "tags", "searched_schedule", "searched_graph"),
    "owner__username",
)
"""What the search of a list reads."""


class ScheduleConfigQuerySet(models.QuerySet["ScheduleConfig"]):
    """Reads of stored schedules."""

    def active(self) -> Self:
        """Select the schedules that are not archived."""
        return self.filter(archived_at__isnull=True)

    def with_summary(self) -> Self:
        """Add types and run count; do not load specification and certificate.

        Lists do not show these two, and a `custom` schedule may have 100,000 numbers.
        """
        return self.defer("specification", "certificate").with_types()

    def with_types(self) -> Self:
        """Add ``schedule_type``, ``graph_type`` and ``run_count``."""
        return self.annotate(
            schedule_type=text_at("specification__schedule__type"),
            graph_type=text_at("specification__graph__type"),
            run_count=models.Count("measurements"),
        )

    def named(self, slug: str) -> Self:
        """Select the schedule with this name, unless it is archived."""
        return self.active().filter(slug=slug)

    def fingerprint_of(self, slug: str) -> str | None:
        """Return the fingerprint; None if archived or unknown."""
        return self.named(slug).values_list("fingerprint", flat=True).first()

    def specification_of(self, slug: str) -> tuple[str, dict[str, Any]] | None:
        """Return fingerprint and specification; None if archived or unknown."""
        return self.named(slug).values_list("fingerprint", "specification").first()

    def names(self) -> list[str]:
        """Return the names of the schedules that are not archived."""
        return list(self.active().values_list("slug", flat=True)[:NAMED_SCHEDULES])

    def for_choice(self) -> Self:
        """Load the columns by which people tell schedules apart, in one query."""
        columns = ("slug", "title", "num_timesteps", "fingerprint", "lint_findings")
        return (
            self.active()
            .only(*columns, "updated_at")
            .annotate(
                schedule_type=text_at("specification__schedule__type"),
                graph_type=text_at("specification__graph__type"),
            )[:NAMED_SCHEDULES]
        )

    def names_by_vocab_size(self) -> dict[int, list[str]]:
        """Return the names as `names` does, by vocab_size, the largest first."""
        rows = self.active().values_list("vocab_size", "slug")[:NAMED_SCHEDULES]
        groups: dict[int, list[str]] = {}
        for size, slug in sorted(rows, key=lambda row: (-row[0], row[1])):
            groups.setdefault(size, []).append(slug)
        return groups

    def free_slug(self, slug: str) -> str:
        """Return a new version's name: the first free of ``slug-2``, ``slug-3``, ..."""
        stem = re.sub(r"-\d+$", "", slug)[:LONGEST_STEM]
        taken = set(
            self.filter(slug__startswith=f"{stem}-").values_list("slug", flat=True)
        )
        return next(
            version
            for number in itertools.count(2)
            if (version := f"{stem}-{number}") not in taken
        )

    def tagged(self, tag: str) -> Self:
        """Select the schedules with a tag."""
        return self.filter(ListHolds("tags", models.Value(tag)))

    def graded(self, grade: str) -> Self:
        """Select the schedules with a grade, which is computed from their findings."""
        rows = self.model.objects.only("lint_findings")
        return self.filter(pk__in=[row.pk for row in rows if row.grade == grade])

    def searched(self, text: str) -> Self:
        """Select the schedules that contain every word, in upper or lower case."""
        found = self.alias(
            searched_schedule=text_at("specification__schedule__type"),
            searched_graph=text_at("specification__graph__type"),
        )
        return filter_words(found, text.split(), SEARCHED)

    def for_list(self) -> Self:
        """Load summaries with owner and verdict, in one query."""
        return self.with_summary().select_related("owner").with_verdict()

    def for_export(self) -> Self:
        """Load everything but the certificates, in one query."""
        return self.select_related("owner").defer("certificate").with_types()

    def with_verdict(self) -> Self:
        """Add ``verdict``, so that certificates need not be loaded."""
        return self.annotate(verdict=text_at("certificate__verdict"))

    def for_curves(self) -> Self:
        """Load only the columns that curves and comparisons need."""
        return self.only("slug", "fingerprint", "specification", "lint_findings")

    def with_hyperschedule(self) -> Self:
        """Select the schedules that have a hyperschedule."""
        kind = text_at("specification__hyperschedule__type")
        return self.alias(hyperschedule_type=kind).filter(
            hyperschedule_type__isnull=False
        )

    def newest(self, count: int) -> Self:
        """Select the newest schedules that are not archived."""
        return self.active().order_by("-created_at", "slug")[:count]

    def for_plots(self) -> Self:
        """Load the newest schedules, as many as a plot shows, in one query."""
        return self.only("slug", "specification", "fingerprint").newest(
            PLOTTED_SCHEDULES
        )


class ScheduleConfig(models.Model):
    """A stored schedule: the specification of a noise process under a name.

    The specification is canonical. Once a run refers to the schedule, the specification
    cannot change, so that the run can be repeated; notes and tags can. Another
    specification needs another name.
    """

    # Set by with_summary().
    schedule_type: str
    graph_type: str
    run_count: int

    # Set by with_verdict().
    verdict: str | None

    slug = models.SlugField(
        "name",
        max_length=LONGEST_NAME,
        unique=True,
        error_messages={
            "unique": "There is a schedule with this name already, perhaps in the "
            "archive: choose another name."
        },
        help_text="The name in URLs and commands.",
    )
    title = models.CharField(
        "display name",
        max_length=LONGEST_TITLE,
        blank=True,
        default="",
        help_text="What pages show in place of the name; it can change.",
    )
    specification = OrderedJSONField(
        help_text="The noise process: vocab_size, num_timesteps, schedule, graph, "
        "hyperschedule.",
    )
    fingerprint = models.CharField(
        max_length=64,
        editable=False,
        help_text="SHA-256 of the canonical specification.",
    )
    num_timesteps = models.PositiveIntegerField(editable=False)
    vocab_size = models.PositiveIntegerField(editable=False)
    lint_findings = OrderedJSONField(
        default=list,
        editable=False,
        help_text="Findings of the linter when the schedule was stored.",
    )
    certificate = OrderedJSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="The newest certificate of the specification, passed or failed.",
    )
    certified_at = models.DateTimeField(null=True, blank=True, editable=False)
    notes = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="schedule_configs",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScheduleConfigQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        verbose_name = "schedule"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(slug__in=["", *RESERVED_SLUGS]),
                name="scheduleconfig_slug_allowed",
                violation_error_message="`compare` and `import` are URLs of the "
                "service: choose another name.",
            ),
            models.CheckConstraint(
                condition=models.Q(num_timesteps__range=(1, 100_000)),
                name="scheduleconfig_num_timesteps_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(vocab_size__range=(2, 2**24)),
                name="scheduleconfig_vocab_size_in_range",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(Length("fingerprint"), 64),
                name="scheduleconfig_fingerprint_is_sha256",
            ),
            models.CheckConstraint(
                condition=models.Q(certificate__isnull=True, certified_at__isnull=True)
                | models.Q(certificate__isnull=False, certified_at__isnull=False),
                name="scheduleconfig_certificate_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["fingerprint"], name="scheduleconfig_fingerprint"),
            models.Index(
                fields=["archived_at", "-created_at"], name="scheduleconfig_newest"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row; refuse to change a specification that runs refer to."""
        self.refuse_changed_specification()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the URL of the schedule's page."""
        return reverse("pages:schedule", kwargs={"slug": self.slug})

    def clean(self) -> None:
        """Check rules that cannot be constraints on every database."""
        if re.search(f"[{CONTROLS}]", self.title):
            text = "A display name must be one line without control characters."
            raise ValidationError({"title": ValidationError(text, code="control")})
        check_tags(self.tags)
        self.refuse_changed_specification()

    @property
    def label(self) -> str:
        """Return the display name, or else the name."""
        return self.title or self.slug

    @property
    def lint_counts(self) -> dict[str, int]:
        """Return the number of findings by severity, the most serious first."""
        severities = [finding["severity"] for finding in self.lint_findings]
        counts = {name: severities.count(name) for name in SEVERITIES}
        return {name: count for name, count in counts.items() if count}

    @property
    def grade(self) -> Grade:
        """Return the grade that follows from the findings."""
        return grade_codes(
            {finding["code"]: finding["severity"] for finding in self.lint_findings}
        )

    @property
    def version(self) -> str:
        """Return a text that changes with every stored change, for ETags."""
        certified = self.certified_at.isoformat() if self.certified_at else ""
        state = f"{self.pk} {self.updated_at.isoformat()} {certified} {self.owner_id}"
        return hashlib.sha256(state.encode()).hexdigest()[:32]

    @property
    def certificate_verdict(self) -> str:
        """Return whether the certificate passed or failed; "" if there is none."""
        if "verdict" in vars(self):  # read without the certificate
            return self.verdict or ""
        return "" if self.certificate is None else str(self.certificate["verdict"])

    def find_use(self) -> str:
        """Return why the schedule cannot be deleted, with the way out; "" if it can."""
        count = BenchmarkRun.objects.referring_to(self).count()
        if not count:
            return ""
        runs = "1 run refers" if count == 1 else f"{count} runs refer"
        return f"{runs} to {self.slug!r}: archive it, which hides it from lists."

    def refuse_changed_specification(self) -> None:
        """Raise ValidationError if runs refer to a different specification."""
        if self._state.adding or "specification" in self.get_deferred_fields():
            return
        same = type(self).objects.filter(pk=self.pk)
        stored = same.values_list("specification", flat=True).first()
        if stored is None or stored == self.specification:
            return
        if BenchmarkRun.objects.referring_to(self).exists():
            text = (
                f"Runs refer to {self.slug!r}, so its specification can no longer "
                "change: store the new one under another name."
            )
            raise ValidationError({"specification": ValidationError(text, code=IN_USE)})
