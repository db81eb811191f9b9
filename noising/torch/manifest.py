"""What makes the noise of a training run again: one JSON document."""

import platform
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

import noising
from noising.engine import ENGINE_VERSION, TIMES_VERSION, ForwardProcess
from noising.engine.randomness import ALGORITHM_VERSION

MANIFEST_VERSION: Final = 1


def make_manifest(
    process: ForwardProcess,
    *,
    seed: int,
    times: dict[str, Any],
    data: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return the manifest, which `json.dumps` can write.

    Args:
        process: the process.
        seed: the seed.
        times: how times are drawn: `method`, `total`, `low` and `high`.
        data: the data files in the order of their rows, which have the ids 0, 1, ...
    """
    return {
        "manifest_version": MANIFEST_VERSION,
        "specification": process.spec,
        "fingerprint": process.fingerprint,
        "recipe_version": ALGORITHM_VERSION,
        "times_version": TIMES_VERSION,
        "seed": seed,
        "ids": "row",
        "draw": "epoch",
        "times": times,
        "data": list(data),
        "versions": {
            "noising": noising.__version__,
            "engine": ENGINE_VERSION,
            "numpy": np.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
    }
