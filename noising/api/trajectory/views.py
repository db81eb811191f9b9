"""POST trajectory: parse, call, stream or respond."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.openapi import examples
from noising.api.openapi.responses import (
    COMPUTED,
    FINGERPRINT,
    RETRY_AFTER,
    SEED,
    success,
)
from noising.api.parsers import read_json
from noising.api.renderers import JSONRenderer, NDJSONRenderer
from noising.api.trajectory.requests import TrajectoryRequestSerializer
from noising.api.trajectory.responses import (
    TrajectoryHistorySerializer,
    TrajectoryLines,
    TrajectoryStateSerializer,
    compute_history,
)

DESCRIPTION = """\
By default the response is NDJSON: a line for each timestep, sent when it is computed.
The request is checked completely before the first byte is sent.

With `Accept: application/json` the response is one shorter document with the same
states: when each position changes, and to which id. It has at most MAX_TOKENS changes.
"""

TRAJECTORY = TrajectoryRequestSerializer()


class TrajectoryView(StatelessView):
    """POST trajectory."""

    renderer_classes = (NDJSONRenderer, JSONRenderer)

    @extend_schema(
        operation_id="trajectory",
        summary="Noise one sequence at many timesteps",
        description=DESCRIPTION,
        tags=["noise"],
        parameters=[SEED, FINGERPRINT, RETRY_AFTER],
        request=TrajectoryRequestSerializer,
        examples=[
            OpenApiExample(
                "Three steps", examples.TRAJECTORY_REQUEST, request_only=True
            ),
        ],
        responses={
            (200, NDJSONRenderer.media_type): OpenApiResponse(
                TrajectoryStateSerializer,
                "A line for each timestep.",
            )
        }
        | success(
            TrajectoryHistorySerializer,
            "The changes of each position.",
            OpenApiExample(
                "Three steps", examples.HISTORY_RESPONSE, media_type="application/json"
            ),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        """Return a sequence's noised states: a line for each timestep, or changes."""
        trajectory = TRAJECTORY.parse(read_json(request))
        if isinstance(request.accepted_renderer, JSONRenderer):
            history = compute_history(trajectory)
            return Response(history.document, headers=history.headers)
        lines = TrajectoryLines(trajectory)
        is_async = isinstance(request._request, ASGIRequest)
        return StreamingHttpResponse(
            iterate_in_threads(lines) if is_async else lines,
            content_type=NDJSONRenderer.media_type,
            headers=lines.headers,
        )


async def iterate_in_threads(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines to an event loop; a thread computes each."""
    following = sync_to_async(lambda: next(lines, None), thread_sensitive=False)
    while (line := await following()) is not None:
        yield line
