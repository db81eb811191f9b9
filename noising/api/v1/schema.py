"""What descriptions of version 1 share: headers, and errors beyond the core's."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from noising.api.schema import problems

COMPUTED = problems(400, 406, 413, 415, 422, 503)
"""Errors of what is computed from a body."""

RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="Seconds after which to ask again.",
    response=[503],
)
SEED = OpenApiParameter(
    "Noise-Seed",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The seed that makes this answer again, in decimal.",
    response=[200],
)
FINGERPRINT = OpenApiParameter(
    "Noise-Fingerprint",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="SHA-256 of the specification of the process used.",
    response=[200],
)

Responses = dict[tuple[int, str], OpenApiResponse]
