"""What the engine makes, as digests: python -m tests.package.noised_bytes.

Two Pythons with different versions of NumPy print the same lines.
"""

import hashlib
import sys

import numpy as np

from noising.engine import build_process
from noising.engine.certify.golden import golden_vectors
from tests.engine.examples import PAIRS, TIMESTEPS, data_ids, example

ROWS, LENGTH = 32, 61
DTYPES = (np.uint8, np.int16, np.int32, np.int64)
HYPERSCHEDULES = (
    {"type": "block", "width": 8, "levels": 4},
    {"type": "sliding", "width": 8, "levels": 4},
    {"type": "token_types", "classes": {"critical": [1], "variable": [2]}},
)


def digest(*arrays):
    """Return a SHA-256 of arrays with their dtypes and shapes."""
    state = hashlib.sha256()
    for array in arrays:
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:16]


def clean(process, dtype=np.int64):
    ids = np.array(data_ids(process))
    return ids[np.arange(ROWS * LENGTH).reshape(ROWS, LENGTH) * 7 % ids.size].astype(
        dtype
    )


def noised(process, **options):
    """Noise at each timestep, and at times between them."""
    tokens = clean(process)
    steps = np.arange(ROWS) % TIMESTEPS
    times = (np.arange(ROWS) + 0.5) / ROWS
    for when in ({"timestep": steps}, {"t": times}):
        yield process.noise(tokens, seed=7, **when, **options).tokens


def lines():
    golden = golden_vectors()
    yield "golden vectors", f"{golden.status}: {golden.measured}"
    for schedule, graph in PAIRS:
        # Every schedule under one graph, every graph under one schedule.
        if not (graph.startswith(("uniform", "gidd")) or schedule == "cosine"):
            continue
        yield f"{schedule}, {graph}", digest(*noised(example(schedule, graph)))
    process = example("cosine", "uniform")
    for dtype in DTYPES:
        tokens = clean(process, dtype)
        yield f"{np.dtype(dtype)}", digest(process.noise(tokens, 9, seed=7).tokens)
    yield "one sequence", digest(process.noise(clean(process)[0], 9, seed=7).tokens)
    for hyperschedule in HYPERSCHEDULES:
        spec = process.spec | {"hyperschedule": hyperschedule}
        yield hyperschedule["type"], digest(*noised(build_process(spec)))
    weights = 1.0 + np.arange(LENGTH) % 5
    yield "weights", digest(*noised(process, weights=weights))
    walk = {"seed": 7}
    tokens, steps = clean(process), range(TIMESTEPS)
    yield "trajectory", digest(process.trajectory(tokens, steps, **walk))
    yield "path", digest(process.sample_path(tokens, steps, **walk))


if __name__ == "__main__":
    for name, made in lines():
        sys.stdout.write(f"{name}: {made}\n")
