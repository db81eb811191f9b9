"""Filters and ordering of the list of audits."""

from noising.audit import CODES
from noising.filters.conditions import choice_condition, text_condition
from noising.filters.lists import ArchiveFilters, ordering_condition
from noising.models import Audit, AuditQuerySet

ORDERINGS = {
    "created_at": "created_at",
    "name": "name",
    "verdict": "verdict",
    "rows": "rows",
    "tokens": "tokens",
}
"""Name in the query by the field to order by; `-` in front: descending."""

TEXTS = {
    "fingerprint": "SHA-256 of the claimed specification.",
    "tag": "One of the tags.",
    "owner": "Name of the account that created the audit.",
    "search": "Words that must all occur in name, notes, tags, codes, claim or owner.",
}
"""Descriptions of the text conditions, by name."""


class AuditFilters(ArchiveFilters):
    """Conditions on audits; by default the newest come first."""

    api_only = (*ArchiveFilters.api_only, "fingerprint")

    verdict = choice_condition("verdict", Audit.Verdict.values)
    code = choice_condition(
        "code", tuple(CODES), method="by_code", help_text="Code of a finding."
    )
    fingerprint = text_condition("fingerprint")
    tag = text_condition("tag", method="by_tag")
    owner = text_condition("owner", field_name="owner__username")
    search = text_condition("search", method="by_text")
    ordering = ordering_condition(ORDERINGS)

    class Meta:
        """No filters but those declared."""

        model = Audit
        fields: tuple[str, ...] = ()

    def by_code(self, queryset: AuditQuerySet, name: str, value: str) -> AuditQuerySet:
        """Keep audits with a finding of this code."""
        return queryset.with_code(value)
