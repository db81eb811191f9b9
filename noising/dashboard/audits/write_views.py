"""The pages and buttons that create and change audits."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from noising.audits import (
    audit_annotate,
    audit_archive,
    audit_discard_pairs,
    audit_unarchive,
)
from noising.dashboard.access import (
    button_view,
    form_view,
    get_changeable_or_404,
    redirect_with_success,
)
from noising.dashboard.annotation import edit_annotation
from noising.dashboard.audits.context import write_snippets
from noising.dashboard.audits.forms import AuditAnnotationForm, NewAuditForm
from noising.dashboard.deletion import Deletion, confirm_deletion
from noising.models import Audit
from noising.services import audit_delete


@form_view
def create_audit(request: HttpRequest) -> HttpResponse:
    """Judge an upload; the query may select a stored schedule in the form."""
    user: Any = request.user
    status = 200
    if request.method == "POST":
        form = NewAuditForm(request.POST, request.FILES)
        created = form.create(owner=user)
        if created is not None:
            return redirect_with_success(request, created, "The audit is stored.")
        status = 422
    else:
        form = NewAuditForm(initial={"schedule": request.GET.get("schedule", "")})
    context = {
        "section": "audits",
        "form": form,
        "snippets": write_snippets(f"{request.scheme}://{request.get_host()}"),
    }
    return render(request, "audits/new.html", context, status=status)


@form_view
def edit_audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Change name, notes and tags of an audit."""
    audit = get_changeable_or_404(request, Audit, pk=audit_id)
    return edit_annotation(
        request,
        audit,
        partial(audit_annotate, audit=audit),
        section="audits",
        title=str(audit),
        form_class=AuditAnnotationForm,
    )


@button_view
def archive_audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Archive an audit; its page has a button that reverses this."""
    audit = get_changeable_or_404(request, Audit, pk=audit_id)
    audit_archive(audit=audit)
    undo = reverse("pages:audit-unarchive", kwargs={"audit_id": audit.pk})
    return redirect_with_success(request, audit, "The audit is archived.", undo=undo)


@button_view
def unarchive_audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Unarchive an audit."""
    audit = get_changeable_or_404(request, Audit, pk=audit_id)
    audit_unarchive(audit=audit)
    undo = reverse("pages:audit-archive", kwargs={"audit_id": audit.pk})
    return redirect_with_success(
        request, audit, "The audit is no longer archived.", undo=undo
    )


@button_view
def discard_pairs(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Delete the pairs of an audit, which itself stays."""
    audit = get_changeable_or_404(request, Audit, pk=audit_id)
    audit_discard_pairs(audit=audit)
    return redirect_with_success(request, audit, "The pairs are deleted.")


@form_view
def delete_audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Delete an audit, with its pairs if they are kept."""
    audit = get_changeable_or_404(request, Audit, pk=audit_id)
    archive = reverse("pages:audit-archive", kwargs={"audit_id": audit.pk})
    deletion = Deletion(
        section="audits",
        title=f"the audit {audit.name}" if audit.name else "the audit",
        losses=[
            "Its report, plots, notes, tags and kept pairs are lost.",
            "Links to it stop working, and comparisons leave it out.",
        ],
        archive="" if audit.archived_at else archive,
    )
    delete = partial(audit_delete, audit=audit)
    return confirm_deletion(request, audit, delete, deletion)
