"""What every view of the API has in common."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from rest_framework.response import Response
from rest_framework.views import APIView


class ServiceView(APIView):
    """A view that answers OPTIONS without DRF's description of itself."""

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are: in the Allow header, like every answer."""
        return Response(status=HTTPStatus.NO_CONTENT)
