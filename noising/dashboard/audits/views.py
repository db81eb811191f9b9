"""The pages of audits. Each reads rows, prepares its context, renders a template."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from noising.audits import MOST_COMPARED, make_template
from noising.configured import default_process
from noising.dashboard import plots
from noising.dashboard.audits.comparison import (
    build_comparison,
    list_options,
    select_audits,
)
from noising.dashboard.audits.context import (
    list_facts,
    list_findings,
    list_fits,
    list_tests,
    name_plots,
    write_command,
    write_specification,
)
from noising.dashboard.listing import Column, ListPage
from noising.filters import AuditFilters
from noising.models import Audit, may_change

LIST = ListPage(
    section="audits",
    noun="audit",
    plural="audits",
    hint="names, tags, owners, notes, findings, claims",
    filters=AuditFilters,
    columns=(
        Column(name="audit", label="Audit", ordering="name", is_wide=True),
        Column(name="verdict", label="Verdict", ordering="verdict"),
        Column(name="findings", label="Findings", is_wide=True),
        Column(name="claim", label="Claim"),
        Column(
            name="rows", label="Rows", ordering="rows", is_number=True, is_extra=True
        ),
        Column(name="tokens", label="Tokens", ordering="tokens", is_number=True),
        Column(name="created", label="Created", ordering="created_at"),
        Column(name="owner", label="Owner"),
        Column(name="notes", label="Notes", is_wide=True, is_extra=True),
    ),
    compare="pages:audit-compare",
    selection="ids",
    most=MOST_COMPARED,
)


@require_safe
def list_audits(request: HttpRequest) -> HttpResponse:
    """Show the audits, filtered and ordered by the query."""
    return LIST.respond(request, Audit.objects.for_list())


@require_safe
def show_audit(request: HttpRequest, audit_id: UUID) -> HttpResponse:
    """Show an audit: verdict, findings, plots, tests."""
    audit = get_object_or_404(Audit.objects.for_page(), pk=audit_id)
    report = audit.report
    context = {
        "section": "audits",
        "audit": audit,
        "may_change": may_change(request.user, audit),
        "address": request.build_absolute_uri(audit.get_absolute_url()),
        "findings": list_findings(report),
        "fits": list_fits(report),
        "plots": plots.make_audit_plots(audit, name_plots(report)),
        "tests": list_tests(report),
        "remarks": report["notes"],
        "facts": list_facts(report),
        "specification": write_specification(audit),
        "command": write_command(report),
    }
    return render(request, "audits/audit.html", context)


@require_safe
def compare_audits(request: HttpRequest) -> HttpResponse:
    """Show a comparison of the audits that the query names with the first of them."""
    selection = select_audits(request.GET)
    audits = list(selection.audits.values())
    context = {
        "section": "audits",
        "chosen": selection,
        "labels": list(selection.audits.items()),
        "most": MOST_COMPARED,
        "options": list_options(selection),
    }
    if len(audits) > 1:
        context |= {
            "comparison": build_comparison(selection),
            "address": request.build_absolute_uri(f"?ids={selection.ids}"),
        }
    return render(request, "audits/compare.html", context)


@require_safe
def download_template(request: HttpRequest) -> HttpResponse:
    """Respond with pairs of the server's own process, as an example of a file."""
    return HttpResponse(
        make_template(default_process()),
        content_type="application/x-npz",
        headers={"Content-Disposition": 'attachment; filename="pairs.npz"'},
    )
