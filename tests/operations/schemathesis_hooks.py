"""Hooks that tell schemathesis how this service's media types are written.

It also checks that an answer has no header that its description does not mention.
schemathesis.toml names this module.
"""

import io
from typing import Any

import numpy as np
import orjson
import schemathesis
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save
from schemathesis.core.transport import Response

TRANSPORT = {
    *("allow", "connection", "content-length", "content-type", "date"),
    *("server", "transfer-encoding", "vary"),
    "set-cookie",  # takes back the cookie of a session that has ended
    *("content-security-policy", "cross-origin-opener-policy", "referrer-policy"),
    *("x-content-type-options", "x-frame-options"),
}
"""Headers that say nothing about what is answered."""

IDS = st.integers(0, 50_256)
STEPS = st.integers(0, 999)
SEEDS = st.integers(0, 2**64 - 1)
DTYPES = st.sampled_from(["<u2", "<i4", "<i8"])


@st.composite
def rows_of_tokens(draw: st.DrawFn) -> NDArray[Any]:
    """Token ids, (L,) or (B, L)."""
    length = draw(st.integers(1, 8))
    row = st.lists(IDS, min_size=length, max_size=length)
    tokens = draw(row | st.lists(row, min_size=1, max_size=4))
    return np.array(tokens, draw(DTYPES))


@st.composite
def npy_files(draw: st.DrawFn) -> bytes:
    """The tokens alone."""
    file = io.BytesIO()
    np.save(file, draw(rows_of_tokens()))
    return file.getvalue()


@st.composite
def safetensors_files(draw: st.DrawFn) -> bytes:
    """Tokens and other tensors, with a parameter in the metadata."""
    tokens = draw(rows_of_tokens())
    tensors: dict[str, Any] = {"tokens": tokens}
    if draw(st.booleans()):
        tensors["timesteps"] = np.full(tokens.shape[:-1], draw(STEPS), np.int64)
    if draw(st.booleans()):
        tensors["protect"] = np.zeros(tokens.shape, np.bool_)
    return save(tensors, metadata={"seed": str(draw(SEEDS))})


@st.composite
def npz_files(draw: st.DrawFn) -> bytes:
    """Pairs of clean and noised tokens, some with their times."""
    x0 = np.atleast_2d(draw(rows_of_tokens()))
    arrays: dict[str, Any] = {"x0": x0, "xt": np.zeros_like(x0)}
    if draw(st.booleans()):
        arrays["t"] = np.full(len(x0), draw(st.floats(0.0, 1.0)))
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


schemathesis.openapi.media_type("application/x-npy", npy_files())
schemathesis.openapi.media_type("application/x-npz", npz_files())
schemathesis.openapi.media_type("application/vnd.safetensors", safetensors_files())


@schemathesis.deserializer("application/x-ndjson")
def lines(ctx: Any, response: Response) -> list[Any]:
    """Return the documents of the lines."""
    return [orjson.loads(line) for line in response.content.splitlines()]


@schemathesis.check
def no_header_is_a_secret(ctx: Any, response: Response, case: Any) -> None:
    """Every header of an answer is described, but for those of the transport."""
    described = case.operation.responses.find_by_status_code(response.status_code)
    if described is None:  # for other checks to judge
        return
    known = {name.lower() for name, _ in described.headers.items()}
    strangers = set(response.headers) - known - TRANSPORT
    assert not strangers, f"not described: {sorted(strangers)}"
