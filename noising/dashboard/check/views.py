"""The pages that judge a noise process; they store nothing and need no account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from noising.dashboard.check.context import build_draft, list_keys
from noising.dashboard.check.forms import CheckForm, ImportForm


@require_safe
def check_process(request: HttpRequest) -> HttpResponse:
    """Show the verdict on the process that the query selects."""
    form = CheckForm(request.GET or None)
    context = {"section": "schedules", "form": form}
    if form.is_bound and form.is_valid():
        context["draft"] = build_draft(form.cleaned_data["process"])
    return render(request, "check/check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def import_process(request: HttpRequest) -> HttpResponse:
    """Show the specification of another project's configuration, and its verdict.

    The configuration is sent by POST, because it may be longer than a URL.
    """
    form = ImportForm(request.POST if request.method == "POST" else None)
    context = {"section": "schedules", "form": form}
    status = 200
    if form.is_bound and form.is_valid():
        imported = form.cleaned_data["imported"]
        context |= {
            "source": form.cleaned_data["source"],
            "keys": list_keys(imported),
            "draft": build_draft(imported.spec),
        }
    elif form.is_bound:
        status = 422
    return render(request, "check/import.html", context, status=status)
