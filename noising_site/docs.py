"""The OpenAPI document, and Swagger UI on top of it, under the pages' strict policy."""

import threading

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

ONE_AT_A_TIME = threading.Lock()


class SchemaView(SpectacularAPIView):
    """GET /api/schema/, generated for one request at a time.

    drf-spectacular loads its extensions during its first request, and fails if two
    requests do this at the same time.
    """

    def _get_schema_response(self, request: Request) -> Response:
        with ONE_AT_A_TIME:
            response: Response = super()._get_schema_response(  # type: ignore[no-untyped-call]  # untyped
                request
            )
            return response


@method_decorator(csp_update({"img-src": ["'self'", "data:"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """GET /api/docs/: all files come from this server; the icons are data: images."""

    template_name = "docs/swagger_ui.html"
