"""POST /noise for plain requests, computed on the event loop.

Most requests have tokens, a timestep and perhaps a seed. This module checks them
without serializers. The view handles all other requests, and those that are not valid.
A test compares the two results.
"""

from typing import Final

import orjson
from django.conf import settings

from noising.api.core.requests import NoiseRequest
from noising.api.core.responses import noise_tokens
from noising.api.fields import find_outside, parse_integers
from noising.configured import default_process
from noising.engine.graphs import MatrixGraph
from noising.engine.randomness import MAX_SEED

ABSENT: Final = ("token_weights", "token_types", "hyperschedule", "protect")
"""Keys that a plain request does not have, or only with null."""

KEYS: Final = frozenset({"tokens", "timestep", "seed", "use_hyperschedule", *ABSENT})

MOST_BYTES: Final = 64 * 1024
"""The largest body that is handled here: about 10,000 ids, in half a millisecond."""

NO_EXTRAS: Final[frozenset[str]] = frozenset()


def noise_plain(body: bytes) -> tuple[bytes, int] | None:
    """Noise the tokens of a plain request.

    Args:
        body: of the request.

    Returns:
        the body of the response and its seed; None if the view must handle the request.
    """
    request = parse_plain(body)
    if request is None:
        return None
    response, seed = noise_tokens(request)
    return orjson.dumps(response, option=orjson.OPT_SERIALIZE_NUMPY), seed


def parse_plain(body: bytes) -> NoiseRequest | None:
    """Return the request of a plain body, or None."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if type(document) is not dict or not document.keys() <= KEYS:
        return None
    if document.get("use_hyperschedule", False) is not False:
        return None
    if any(document.get(name) is not None for name in ABSENT):
        return None
    process = default_process()
    if isinstance(process.graph, MatrixGraph):
        return None  # it may take too long for an event loop
    timestep, seed = document.get("timestep"), document.get("seed")
    if type(timestep) is not int or not 0 <= timestep < process.num_timesteps:
        return None
    if seed is not None and (type(seed) is not int or not 0 <= seed <= MAX_SEED):
        return None
    items = document.get("tokens")
    if type(items) is not list or not 0 < len(items) <= settings.MAX_TOKENS:
        return None
    tokens = parse_integers(items)
    if tokens is None or find_outside(tokens, process.vocab_size - 1).size:
        return None
    return NoiseRequest(
        tokens=tokens,
        timestep=timestep,
        process=process,
        weights=None,
        protect=None,
        seed=seed,
        extras=NO_EXTRAS,
    )
