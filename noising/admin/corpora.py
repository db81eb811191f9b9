"""Stored corpora in admin: who stores how much; no contents. They can be deleted."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from noising.admin.access import WrittenElsewhere
from noising.admin.deletion import ServiceDeletion
from noising.models import Corpus
from noising.services import corpus_delete


@admin.register(Corpus)
class CorpusAdmin(WrittenElsewhere, ServiceDeletion):
    """Corpora without tokens, frequent tokens and comparisons: those are private."""

    list_display = ("name", "owner", "kind", "tokens", "size", "created_at")
    list_filter = ("kind", "created_at")
    list_per_page = 50
    search_fields = ("name", "owner__username", "sha256")
    date_hierarchy = "created_at"
    fields = (
        *("name", "owner", "kind", "tokenizer", "tokens", "vocab_size", "size"),
        *("sha256", "created_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Corpus]:
        """Load what admin shows, in one query."""
        return Corpus.objects.select_related("owner").defer("summary", "comparison")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with the service, as pages do."""
        corpus_delete(corpus=obj)

    @admin.display(description="Size", ordering="size_bytes")
    def size(self, corpus: Corpus) -> str:
        """Return the size of the stored tokens."""
        return filesizeformat(corpus.size_bytes)
