"""Identifiers that begin with the time, so that they sort by creation."""

import secrets
import uuid
from datetime import datetime

_RANDOM_BYTES = 10
_RANDOM_BITS = (1 << 74) - 1


def uuid7(*, moment: datetime, random: bytes | None = None) -> uuid.UUID:
    """Return a UUID of version 7.

    Args:
        moment: The time that it begins with, to the millisecond; aware, after 1970.
        random: At least 10 bytes, of which 74 bits are used; by default from the
            operating system. The same bytes at the same time give the same id.

    Returns:
        48 bits of milliseconds since 1970, the version, the variant and 74 bits of
        `random`.

    Source: RFC 9562, section 5.7.
    """
    source = secrets.token_bytes(_RANDOM_BYTES) if random is None else random
    if len(source) < _RANDOM_BYTES:
        raise ValueError(
            f"`random` must have at least {_RANDOM_BYTES} bytes, got {len(source)}"
        )
    bits = int.from_bytes(source[:_RANDOM_BYTES], "big") & _RANDOM_BITS
    milliseconds = round(moment.timestamp() * 1000)
    value = milliseconds << 80 | 7 << 76 | (bits >> 62) << 64
    value |= 0b10 << 62 | bits & ((1 << 62) - 1)
    return uuid.UUID(int=value)
