"""The form that the answers of other services must have."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.integrations.errors import ServiceFailedError


def member(document: Any, key: str, service: str) -> Any:
    """Return what an object holds under a key.

    Raises:
        ServiceFailedError: it is no object, or has no such key.
    """
    if not isinstance(document, Mapping) or key not in document:
        raise ServiceFailedError(
            f"The answer of the {service} is no object with `{key}`."
        )
    return document[key]


def whole_numbers(value: Any, name: str, service: str) -> NDArray[np.int64]:
    """Return a JSON list of integers >= 0 as (L,) int64.

    Raises:
        ServiceFailedError: it is none; true, 1.0 and "1" are no integers.
    """
    # By type, since NumPy takes true for 1 and 2.7 for 2.
    if isinstance(value, list) and set(map(type, value)) <= {int}:
        with suppress(OverflowError):
            numbers = np.fromiter(value, dtype=np.int64, count=len(value))
            if numbers.min(initial=0) >= 0:
                return numbers
    raise ServiceFailedError(
        f"In the answer of the {service}, `{name}` is no list of whole numbers."
    )
