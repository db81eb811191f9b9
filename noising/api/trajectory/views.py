"""POST trajectory: parse, call, stream or respond."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.parsers import read_json
from noising.api.renderers import JSONRenderer
from noising.api.trajectory import schema
from noising.api.trajectory.histories import history_of
from noising.api.trajectory.renderers import MEDIA_TYPE, NDJSONRenderer
from noising.api.trajectory.requests import TrajectoryRequestSerializer
from noising.api.trajectory.responses import Lines

TRAJECTORY = TrajectoryRequestSerializer()


class TrajectoryView(StatelessView):
    """POST trajectory."""

    renderer_classes = (NDJSONRenderer, JSONRenderer)

    @schema.TRAJECTORY
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        """Answer a sequence's noised states: a line for each timestep, or changes."""
        order = TRAJECTORY.parse(read_json(request))
        if isinstance(request.accepted_renderer, JSONRenderer):
            history = history_of(order)
            return Response(history.document, headers=history.headers)
        lines = Lines(order)
        is_async = isinstance(request._request, ASGIRequest)
        return StreamingHttpResponse(
            in_threads(lines) if is_async else lines,
            content_type=MEDIA_TYPE,
            headers=lines.headers,
        )


async def in_threads(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines to an event loop, each worked out in a thread beside it."""
    following = sync_to_async(lambda: next(lines, None), thread_sensitive=False)
    while (line := await following()) is not None:
        yield line
