"""The dashboard, the status page, and the icon of every page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from noising.configured import VERSION, default_process
from noising.dashboard.home.context import (
    list_service_facts,
    load_home_data,
    load_service_state,
)
from noising.dashboard.home.forms import CheckCardForm, QuickForm
from noising.engine import ENGINE_VERSION

MINI_SCHEDULES = ("cosine", "linear", "sedd_entropy", "loglinear", "geometric")
MINI_GRAPHS = ("uniform", "absorbing")


@login_not_required
@require_safe
def redirect_to_icon(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the icon: browsers request this URL for pages that name no icon."""
    return redirect(static("noising/mark.svg"))


@require_safe
def show_dashboard(request: HttpRequest) -> HttpResponse:
    """Show what the service is for, where to begin, and what is new."""
    if "tokens" in request.GET:  # a link that was copied when the form was here
        return redirect(f"{reverse('pages:status')}?{request.GET.urlencode()}")
    context = {
        "section": "dashboard",
        "mini_schedules": MINI_SCHEDULES,
        "mini_graphs": MINI_GRAPHS,
        "check": CheckCardForm(),
        "stored": load_home_data(),
    }
    return render(request, "pages/dashboard.html", context)


@require_safe
def show_status(request: HttpRequest) -> HttpResponse:
    """Show the settings and the state of the service, and a form to try them."""
    is_quick_try = "tokens" in request.GET
    half = default_process().num_timesteps // 2
    quick = QuickForm(request.GET if is_quick_try else None, initial={"timestep": half})
    context = {
        "section": "status",
        "quick": quick,
        "quick_answer": quick.noise() if is_quick_try else None,
        "version": VERSION,
        "engine_version": ENGINE_VERSION,
        "facts": list_service_facts(),
        "state": load_service_state(),
        "origin": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "pages/status.html", context)
