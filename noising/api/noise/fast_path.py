"""The plainest requests of POST noise, answered without a request and a response.

A batch in npy, noised by the server's own process and answered in npy: what training
asks for again and again. It is judged by the same serializer as every other request;
what that refuses, and what may take long, is left to the view.
"""

import math
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from rest_framework.exceptions import APIException

from noising.api.noise.bodies import draft_of, from_npy
from noising.api.noise.renderers import BatchNpyRenderer
from noising.api.noise.requests import NOISE_BATCH
from noising.api.noise.responses import noise_batch

PARAMETERS: Final = frozenset({"timesteps", "times", "seed", "sequence_ids", "draw"})
"""What a plain request gives in its query."""

LONGEST_QUERY: Final = 4096
"""Characters of a query that is read."""

MOST_TOKENS: Final = 1 << 17
"""Tokens that take half a millisecond."""

MOST_ROWS: Final = 1 << 12
"""Rows whose keys take half of that."""

MOST_BYTES: Final = 8 * MOST_TOKENS + 1024
"""What an npy file of them has at most, with room for its header."""

LONGEST_SECONDS: Final = 0.0005
"""What a plain batch may take beside its tokens."""

FORM: Final = BatchNpyRenderer()


def plain_batch(query: bytes, body: bytes) -> tuple[bytes, int] | None:
    """Answer a plain request.

    Args:
        query: as it stands in the address.
        body: of the request.

    Returns:
        the answer's body and the seed that makes it again; None where the request
        is for the view to judge.
    """
    if len(query) > LONGEST_QUERY:
        return None
    try:
        given = QueryDict(query)
        draft = from_npy(body)
        *rows, length = draft["tokens"].shape
        count = math.prod(rows)
        if count > MOST_ROWS or count * length > MOST_TOKENS:
            return None
        if not given.keys() <= PARAMETERS:
            return None
        order = NOISE_BATCH.parse(draft_of(draft, given))
        if order.seconds(FORM.ALWAYS) > LONGEST_SECONDS:
            return None
        batch = noise_batch(order, holds=FORM.HOLDS, always=FORM.ALWAYS)
    except (APIException, SuspiciousOperation):
        return None
    return FORM.render(batch), batch.noised.seed
