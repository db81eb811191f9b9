"""The page that judges a noise process; it stores nothing and needs no account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from noising.dashboard.check.context import build_draft
from noising.dashboard.check.forms import CheckForm


@require_safe
def check_process(request: HttpRequest) -> HttpResponse:
    """Show the verdict on the process that the query selects."""
    form = CheckForm(request.GET or None)
    context = {"section": "schedules", "form": form}
    if form.is_bound and form.is_valid():
        context["draft"] = build_draft(form.cleaned_data["process"])
    return render(request, "check/check.html", context)
