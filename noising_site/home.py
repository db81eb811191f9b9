"""GET /: a page for browsers, a document for programs."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from noising.api.views import StatusView
from noising.dashboard.views import dashboard
from noising_site.errors import prefers_page

status = StatusView.as_view()


@csrf_exempt
def home(request: HttpRequest) -> HttpResponseBase:
    """Answer with the dashboard or with the status, as the Accept header prefers."""
    is_read = request.method in {"GET", "HEAD"}
    response = (dashboard if is_read and prefers_page(request) else status)(request)
    patch_vary_headers(response, ["Accept"])
    return response
