"""Filters and ordering of the list of corpora."""

from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ListFilters, ordering_condition
from noising.models import Corpus

ORDERINGS = {
    "name": "name",
    "kind": "kind",
    "tokens": "tokens",
    "vocab_size": "vocab_size",
    "size_bytes": "size",
    "created_at": "created_at",
}
"""Name in the query by the field to order by; `-` in front: descending."""


class CorpusFilters(ListFilters):
    """Conditions on stored corpora; by default the newest come first."""

    kind = choice_condition("kind", Corpus.Kind.values)
    search = text_condition("search", method="by_text")
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = Corpus
        fields: tuple[str, ...] = ()
