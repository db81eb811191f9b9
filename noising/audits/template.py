"""The template of a file of pairs."""

import io
from functools import lru_cache
from typing import Any, Final

import numpy as np

from noising.engine import ForwardProcess

ROWS: Final = 256
LENGTH: Final = 64
SEED: Final = 7
MOST_ID: Final = 1000


@lru_cache(maxsize=2)  # with a matrix graph, it would take seconds each time
def make_template(process: ForwardProcess) -> bytes:
    """Return an .npz file of pairs of a process, which passes its audit.

    Args:
        process: Noises the tokens.
    """
    rng = np.random.default_rng(SEED)
    ids = np.setdiff1d(np.arange(min(process.vocab_size, MOST_ID)), [process.mask_id])
    x0 = rng.choice(ids, (ROWS, LENGTH))
    t = 1.0 - rng.random(ROWS)
    noised = process.noise(x0, t=t, seed=SEED)
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        "x0": x0.astype(np.int32),
        "xt": noised.tokens.astype(np.int32),
        "t": t,
        "ids": np.arange(ROWS),
    }
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
