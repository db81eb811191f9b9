"""Corpora of accounts: training data on which schedules are compared and measured."""

from typing import Final, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.urls import reverse

from noising.models.ordered_json import OrderedJSONField, text_at
from noising.models.search import filter_words

LONGEST_CORPUS_NAME: Final = 100

_PREFIX: Final = "corpus:"


def parse_reference(name: str) -> UUID | None:
    """Return the id of the corpus that a run names, or None for another kind."""
    if not name.startswith(_PREFIX):
        return None
    try:
        return UUID(name.removeprefix(_PREFIX))
    except ValueError:
        return None


class CorpusQuerySet(models.QuerySet["Corpus"]):
    """Reads of corpora."""

    def of(self, owner_id: int | None) -> Self:
        """Select the corpora of an account, which only this account sees."""
        return self.filter(owner_id=owner_id)

    def referenced(self, name: str) -> Self:
        """Select the corpus that the parameters of a run name, if they name any."""
        corpus_id = parse_reference(name)
        return self.none() if corpus_id is None else self.filter(pk=corpus_id)

    def measurable(self) -> Self:
        """Select those that a benchmark can run on."""
        return self.exclude(kind=Corpus.Kind.COUNTS)

    def searched(self, text: str) -> Self:
        """Select the corpora that contain every word, in upper or lower case."""
        return filter_words(self, text.split(), ("name", "kind", "tokenizer"))

    def for_list(self) -> Self:
        """Load what a list shows: ``choice`` of the comparisons, not all of them."""
        choice = text_at("comparison__verdict__choice")
        return self.annotate(choice=choice).defer("comparison")

    def total_bytes(self) -> int:
        """Return the bytes of all selected corpora."""
        return self.aggregate(total=models.Sum("size_bytes"))["total"] or 0


class Corpus(models.Model):
    """Tokens, or counts of tokens, that an account has stored under a name.

    Only the owner sees it. Runs on it show its name and statistics to everyone who may
    read runs, never its tokens; they keep them when the corpus is deleted.

    The id begins with the time of creation (UUID version 7).
    """

    class Kind(models.TextChoices):
        """What was given."""

        TEXT = "text"
        IDS = "ids"
        COUNTS = "counts"

    # Set by for_list(): the schedule that the verdict takes, if it takes one.
    choice: str | None = None

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=LONGEST_CORPUS_NAME)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="corpora"
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    tokenizer = models.CharField(
        max_length=50, blank=True, default="", help_text="The tokenizer of a text."
    )
    vocab_size = models.PositiveIntegerField()
    tokens = models.BigIntegerField(help_text="Number of tokens.")
    size_bytes = models.BigIntegerField(help_text="Bytes of the stored tokens.")
    sha256 = models.CharField(max_length=64, help_text="SHA-256 of what was given.")
    summary = OrderedJSONField(help_text="Sizes, entropies, classes, frequent tokens.")
    comparison = OrderedJSONField(
        help_text="The newest comparison of schedules on the corpus."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CorpusQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["-created_at", "-id"]
        verbose_name_plural = "corpora"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["text", "ids", "counts"]),
                name="corpus_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(tokens__gte=2, vocab_size__gte=2),
                name="corpus_sizes_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="corpus_of_owner"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the URL of the corpus's page."""
        return reverse("pages:corpus", kwargs={"corpus_id": self.pk})

    @property
    def reference(self) -> str:
        """Return how the parameters of runs name it."""
        return f"{_PREFIX}{self.pk}"

    def find_use(self) -> str:
        """Return "": runs keep what they need, so it can be deleted."""
        return ""

    @property
    def is_measurable(self) -> bool:
        """Return whether a benchmark can run on it, which needs rows of tokens."""
        return self.kind != self.Kind.COUNTS


class CorpusTokens(models.Model):
    """The tokens of a corpus, apart from it, so that lists and pages do not load them.

    They are in the database, so that one transaction stores both or neither, backups
    have them, and so has every host that measures runs.
    """

    corpus = models.OneToOneField(
        Corpus, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    content = models.BinaryField(help_text="Tokens, offsets and types, or counts.")

    objects: models.Manager["CorpusTokens"] = models.Manager()

    def __str__(self) -> str:
        return f"Tokens of {self.corpus_id}"
