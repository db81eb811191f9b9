"""The dashboard, and the icon of every page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from noising.configured import VERSION, default_process
from noising.dashboard.home.context import list_service_facts, load_home_data
from noising.dashboard.home.forms import QuickForm
from noising.engine import ENGINE_VERSION
from noising.models import PLOTTED_SCHEDULES


@login_not_required
@require_safe
def redirect_to_icon(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the icon: browsers request this URL for pages that name no icon."""
    return redirect(static("noising/mark.svg"))


@require_safe
def show_dashboard(request: HttpRequest) -> HttpResponse:
    """Show the state of the service, plots of schedules, and the latest runs."""
    is_quick_try = "tokens" in request.GET
    half = default_process().num_timesteps // 2
    quick = QuickForm(request.GET if is_quick_try else None, initial={"timestep": half})
    context = {
        "section": "dashboard",
        "quick": quick,
        "quick_answer": quick.noise() if is_quick_try else None,
        "version": VERSION,
        "engine_version": ENGINE_VERSION,
        "facts": list_service_facts(),
        "stored": load_home_data(),
        "plotted": PLOTTED_SCHEDULES,
        "origin": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "pages/dashboard.html", context)
