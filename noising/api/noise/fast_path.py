"""POST noise for small npy batches, computed on the event loop.

Training sends many batches in npy that the server's own process noises. The serializer
of the view parses these too; the view handles what it refuses, and what may take long.
"""

import math
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from rest_framework.exceptions import APIException

from noising.api.noise.renderers import BatchNpyRenderer
from noising.api.noise.requests import NOISE_BATCH, add_query, read_npy_body
from noising.api.noise.responses import noise_batch

PARAMETERS: Final = frozenset({"timesteps", "times", "seed", "sequence_ids", "draw"})
"""The query parameters that this module handles."""

LONGEST_QUERY: Final = 4096
"""The most characters of a query that this module parses."""

MOST_TOKENS: Final = 1 << 17
"""Tokens that take half a millisecond."""

MOST_ROWS: Final = 1 << 12
"""Rows whose random keys take half of that time."""

MOST_BYTES: Final = 8 * MOST_TOKENS + 1024
"""The largest npy file with this many tokens, including its header."""

LONGEST_SECONDS: Final = 0.0005
"""The greatest estimate of everything but noising the tokens."""

RENDERER: Final = BatchNpyRenderer()


def noise_npy(query: bytes, body: bytes) -> tuple[bytes, int] | None:
    """Noise a batch in npy.

    Args:
        query: the query string of the URL.
        body: of the request.

    Returns:
        the body of the response and its seed; None if the view must handle the request.
    """
    if len(query) > LONGEST_QUERY:
        return None
    try:
        parameters = QueryDict(query)
        values = read_npy_body(body)
        *rows, length = values["tokens"].shape
        count = math.prod(rows)
        if count > MOST_ROWS or count * length > MOST_TOKENS:
            return None
        if not parameters.keys() <= PARAMETERS:
            return None
        request = NOISE_BATCH.parse(add_query(values, parameters))
        if request.estimate_seconds(RENDERER.ALWAYS) > LONGEST_SECONDS:
            return None
        batch = noise_batch(request, allowed=RENDERER.ALLOWED, always=RENDERER.ALWAYS)
    except (APIException, SuspiciousOperation):
        return None
    return RENDERER.render(batch), batch.noised.seed
