"""Training times and weights as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.client.errors import NoisingError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingTimes:
    """The result of `NoisingClient.sample_times`.

    Attributes:
        times: times in (low, high], (n,) or (B, K).
        weights: 1/density of each time.
        seed: the seed that was used; the same seed gives the same times.
        fingerprint: SHA-256 of the specification of the noise process.
    """

    times: NDArray[np.float64]
    weights: NDArray[np.float64]
    seed: int
    fingerprint: str


def times_of(document: Mapping[str, Any], n: Any) -> TrainingTimes:
    """Return the times of a response to a request for `n` of them.

    Raises:
        NoisingError: the response does not hold such times.
    """
    try:
        return TrainingTimes(
            times=np.array(document["times"], np.float64).reshape(n),
            weights=np.array(document["weights"], np.float64).reshape(n),
            seed=int(document["seed"]),
            fingerprint=document["fingerprint"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NoisingError(f"The response is not training times: {error!r}.") from error


def values_of(document: Mapping[str, Any], name: str, dtype: Any) -> Any:
    """Return the numbers of a response; null stands for infinity.

    Raises:
        NoisingError: the response does not hold them.
    """
    try:
        values = np.array(document[name], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise NoisingError(f"The response has no `{name}`: {error!r}.") from error
    return np.where(np.isnan(values), np.inf, values).astype(dtype)[()]
