"""Exact quantities as JSON-ready documents; what is not finite becomes null."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rest_framework.exceptions import ValidationError

from noising.api.process_requests import engine_misfit
from noising.api.quantities.requests import QuantityOrder
from noising.budget import API_WORK
from noising.engine import EngineError

FIELDS: Mapping[str, str] = {"x0": "x0", "xt": "xt", "s": "earlier_times", "t": "times"}
"""Field of the request by the engine's argument."""


def quantity_answer(order: QuantityOrder, quantity: str) -> dict[str, Any]:
    """Return one of the three quantities.

    Args:
        order: what it is asked of.
        quantity: the engine's method: marginal, posterior or score_ratio.

    Raises:
        ValidationError: the process has no such quantity for these tokens.
        BusyError: other requests do all the costly work that is allowed.
    """
    process = order.chosen.process
    try:
        with API_WORK.permit(order.seconds):
            values = getattr(process, quantity)(**order.arguments)
    except EngineError as error:
        raise refused(error) from None
    if order.candidates is not None:
        values = np.ascontiguousarray(values[..., order.candidates])
    return {
        quantity: values,
        "candidates": order.candidates,
        "num_states": process.num_states,
        "fingerprint": process.fingerprint,
    }


def refused(error: EngineError) -> ValidationError:
    """Word an error of the engine as one about a field of the request."""
    return engine_misfit(error, "schedule", FIELDS)
