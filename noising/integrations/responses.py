"""Checks of the responses of other services."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.integrations.errors import ServiceFailedError


def member(document: Any, key: str, service: str) -> Any:
    """Return the value of a key of a JSON object.

    Raises:
        ServiceFailedError: the document is not an object, or lacks the key.
    """
    if not isinstance(document, Mapping) or key not in document:
        raise ServiceFailedError(
            f"The response of the {service} is not an object with `{key}`."
        )
    return document[key]


def whole_numbers(value: Any, name: str, service: str) -> NDArray[np.int64]:
    """Return a JSON list of integers >= 0 as (L,) int64.

    Raises:
        ServiceFailedError: it is not such a list; true, 1.0 and "1" are not integers.
    """
    # By type, since NumPy takes true for 1 and 2.7 for 2.
    if isinstance(value, list) and set(map(type, value)) <= {int}:
        with suppress(OverflowError):
            numbers = np.fromiter(value, dtype=np.int64, count=len(value))
            if numbers.min(initial=0) >= 0:
                return numbers
    raise ServiceFailedError(
        f"In the response of the {service}, `{name}` is not a list of whole numbers."
    )
