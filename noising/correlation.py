"""The request that the running code works for: named in log lines and passed on.

A client's request id and its `traceparent` (W3C Trace Context) go into every line that
is logged for the request, into calls of the tokenizer and denoiser services, and with
the task of a run to the worker that measures it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
"""Version, trace, span and flags; other values are not passed on."""

TRACESTATE: Final = re.compile(r"[ -~]{1,512}")

HEADERS: Final[Mapping[str, str]] = {
    "request_id": "X-Request-ID",
    "traceparent": "traceparent",
    "tracestate": "tracestate",
}
"""Header of calls to other services by the name of the value."""


_CURRENT: Final[ContextVar[Mapping[str, str]]] = ContextVar(
    "request", default=MappingProxyType({})
)


@contextmanager
def work_for(
    request_id: str, traceparent: str = "", tracestate: str = ""
) -> Iterator[None]:
    """Name the request that the block works for.

    Args:
        request_id: a valid id, or "" for none.
        traceparent: the header of the request; one that is not valid is left out.
        tracestate: the header that belongs to it.
    """
    values = {"request_id": request_id} if request_id else {}
    if TRACEPARENT.fullmatch(traceparent):
        values["traceparent"] = traceparent
        if TRACESTATE.fullmatch(tracestate):
            values["tracestate"] = tracestate
    token = _CURRENT.set(values)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_request() -> Mapping[str, str]:
    """Return what is known of the request that the running code works for, by name."""
    return _CURRENT.get()


def outgoing_headers() -> dict[str, str]:
    """Return the headers by which another service can name the same request."""
    return {HEADERS[name]: value for name, value in _CURRENT.get().items()}
