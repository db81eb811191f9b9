"""The Python client of the service: NumPy arrays in and out, over HTTP.

It needs httpx, NumPy and safetensors, and neither Django nor the engine.
"""

from noising.extras import require_extra

with require_extra("client", user="noising.client"):
    from noising.client.client import NoisingClient
    from noising.client.errors import (
        AccessDeniedError,
        ApiError,
        ConflictError,
        InvalidRequestError,
        NoAnswerError,
        NoisingError,
        NotFoundError,
        ServerFailedError,
        TooManyRequestsError,
    )
    from noising.client.noise import NoisedBatch
    from noising.client.runs import RunUnfinishedError
    from noising.client.training import TrainingTimes

__all__ = [
    "AccessDeniedError",
    "ApiError",
    "ConflictError",
    "InvalidRequestError",
    "NoAnswerError",
    "NoisedBatch",
    "NoisingClient",
    "NoisingError",
    "NotFoundError",
    "RunUnfinishedError",
    "ServerFailedError",
    "TooManyRequestsError",
    "TrainingTimes",
]
