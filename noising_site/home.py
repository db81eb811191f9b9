"""GET /: a page for browsers, a document for programs."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from noising.api.core.views import StatusView
from noising.dashboard.home.views import show_dashboard
from noising_site.errors import prefers_page
from noising_site.middleware import refuse_stranger

status = StatusView.as_view()


@csrf_exempt
@login_not_required  # the status is always open; the page checks access below
def home(request: HttpRequest) -> HttpResponseBase:
    """Return the dashboard or the status, as the Accept header prefers."""
    is_read = request.method in {"GET", "HEAD"}
    if is_read and prefers_page(request):
        response = refuse_stranger(request) or show_dashboard(request)
    else:
        response = status(request)
    patch_vary_headers(response, ["Accept"])
    return response
