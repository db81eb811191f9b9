"""The plainest requests of POST /noise, read and answered in a few passes.

Most requests hold tokens, a timestep and perhaps a seed. Of these a document is
judged here without fields and errors; what is not plain, or cannot be used, is left
to NoiseRequestSerializer, which judges everything. A test holds both to one answer.
"""

from typing import Final

import orjson
from django.conf import settings

from noising.api.arrays import integers, outside
from noising.api.core.requests import GREATEST_SEED, NoiseRequest
from noising.api.core.responses import noise_answer
from noising.configured import default_process
from noising.engine.graphs import MatrixGraph

ABSENT: Final = ("token_weights", "token_types", "hyperschedule", "protect")
"""What a plain request does not give, or gives as null."""

KEYS: Final = frozenset({"tokens", "timestep", "seed", "use_hyperschedule", *ABSENT})

MOST_BYTES: Final = 64 * 1024
"""Of a body that an event loop works on: half a millisecond, about 10,000 ids."""

NO_EXTRAS: Final[frozenset[str]] = frozenset()


def plain_answer(body: bytes) -> tuple[bytes, int] | None:
    """Answer a plain request.

    Args:
        body: the request's.

    Returns:
        the answer's body and the seed that makes it again; None where the request
        is for NoiseRequestSerializer to judge.
    """
    order = plain_request(body)
    if order is None:
        return None
    answer, seed = noise_answer(order)
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), seed


def plain_request(body: bytes) -> NoiseRequest | None:
    """Return what a plain body asks for, or None."""
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
        return None  # it may take long, and is not for an event loop
    timestep, seed = document.get("timestep"), document.get("seed")
    if type(timestep) is not int or not 0 <= timestep < process.num_timesteps:
        return None
    if seed is not None and (type(seed) is not int or not 0 <= seed <= GREATEST_SEED):
        return None
    items = document.get("tokens")
    if type(items) is not list or not 0 < len(items) <= settings.MAX_TOKENS:
        return None
    tokens = integers(items)
    if tokens is None or outside(tokens, process.vocab_size - 1).size:
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
