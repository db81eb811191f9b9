"""Audits in admin: name, notes, tags and archiving; reports are read only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from noising.admin.actions import Columns, redirect_to_comparison, respond_with_csv
from noising.admin.deletion import ServiceDeletion
from noising.admin.display import (
    ArchivedFilter,
    findings_list,
    json_block,
    plot_images,
)
from noising.audits import (
    MOST_COMPARED,
    audit_annotate,
    audit_archive,
    audit_unarchive,
)
from noising.figures import AUDIT_FIGURES
from noising.form_fields import TagsFormField
from noising.models import Audit
from noising.services import audit_delete

PLOTS = {name: title for name, title in AUDIT_FIGURES.items() if name != "overview"}

COLUMNS: Columns = {
    "id": lambda audit: str(audit.pk),
    "name": lambda audit: audit.name,
    "verdict": lambda audit: audit.verdict,
    "codes": lambda audit: "; ".join(audit.codes),
    "schedule_type": lambda audit: audit.schedule_type,
    "graph_type": lambda audit: audit.graph_type,
    "fingerprint": lambda audit: audit.fingerprint,
    "rows": lambda audit: audit.rows,
    "tokens": lambda audit: audit.tokens,
    "tags": lambda audit: "; ".join(audit.tags),
    "notes": lambda audit: audit.notes,
    "owner": lambda audit: str(audit.owner or ""),
    "created_at": lambda audit: audit.created_at.isoformat(),
}

RESULT = (
    *("verdict", "rows", "tokens", "fingerprint", "is_kept", "owner"),
    *("created_at", "archived_at"),
)


class AuditForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """The form for name, notes and tags of an audit."""

    tags = TagsFormField()


@admin.register(Audit)
class AuditAdmin(ServiceDeletion):
    """Audits with their plots; only name, notes and tags can be changed."""

    form = AuditForm
    list_display = ("created_at", "name", "verdict", "code_names", "claim")
    list_filter = (ArchivedFilter, "verdict", "created_at")
    list_per_page = 50
    search_fields = ("name", "notes", "tags", "codes", "fingerprint")
    date_hierarchy = "created_at"
    actions = ("compare", "export", "archive", "unarchive")
    readonly_fields = (*RESULT, "findings", "plots", "report_text")
    fieldsets = (
        ("Result", {"fields": (*RESULT, "findings")}),
        ("Plots", {"fields": ("plots",)}),
        ("Notes", {"fields": ("name", "notes", "tags")}),
        ("Report", {"fields": ("report_text",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Audit]:
        """Load everything that the list shows, in one query."""
        return Audit.objects.for_list()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with the service, as pages and API do."""
        audit_delete(audit=obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: audits are not added in admin."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Audit, form: Any, change: bool
    ) -> None:
        """Write only name, notes and tags."""
        audit_annotate(audit=obj, name=obj.name, notes=obj.notes, tags=obj.tags)

    @admin.display(description="Codes")
    def code_names(self, audit: Audit) -> str:
        """Return the codes of the findings."""
        return ", ".join(audit.codes)

    @admin.display(description="Claim")
    def claim(self, audit: Audit) -> str:
        """Return the types of the claimed schedule and graph."""
        return f"{audit.schedule_type}, {audit.graph_type}"

    @admin.display(description="Pairs kept", boolean=True)
    def is_kept(self, audit: Audit) -> bool:
        """Return whether the upload is kept."""
        return audit.has_pairs

    @admin.display(description="Findings")
    def findings(self, audit: Audit) -> SafeString | str:
        """Return the findings as a list."""
        return findings_list(
            {**finding, "message": f"{finding['sentence']}."}
            for finding in audit.report["findings"]
        )

    @admin.display(description="Plots")
    def plots(self, audit: Audit) -> SafeString:
        """Return the images of the audit's plots."""
        return plot_images("pages:plot-audit", PLOTS, {"audit_id": audit.pk})

    @admin.display(description="Report")
    def report_text(self, audit: Audit) -> SafeString | str:
        """Return the report without the curves, which the plots show."""
        rest = {name: part for name, part in audit.report.items() if name != "curves"}
        return json_block(rest)

    @admin.action(description="Compare", permissions=["view"])
    def compare(
        self, request: HttpRequest, queryset: QuerySet[Audit]
    ) -> HttpResponse | None:
        """Redirect to the comparison of the selected audits."""
        ids = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        return redirect_to_comparison(
            self,
            request,
            route="pages:audit-compare",
            parameter="ids",
            names=ids,
            most=MOST_COMPARED,
        )

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet[Audit]) -> HttpResponse:
        """Return the selected audits as a CSV file."""
        return respond_with_csv("audits", COLUMNS, queryset)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Audit]) -> None:
        """Archive the selected audits."""
        for audit in queryset:
            audit_archive(audit=audit)

    @admin.action(description="Unarchive", permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Audit]) -> None:
        """Unarchive the selected audits."""
        for audit in queryset:
            audit_unarchive(audit=audit)
