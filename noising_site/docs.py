"""Swagger UI on top of the OpenAPI document, under the pages' strict policy."""

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView


@method_decorator(csp_update({"img-src": ["'self'", "data:"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """GET /api/docs/: everything from this server; the icons are data: images."""

    template_name = "docs/swagger_ui.html"
