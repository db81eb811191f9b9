"""How much memory the noise of a batch takes in addition to its result."""

import tracemalloc

import numpy as np
import pytest

from noising.engine import build_process, use_kernel

MOST_BYTES = 2 << 20
V, ROWS, LENGTH = 50_257, 300, 1_001  # more than a block, in eights that are not full
COUNTS = [float(i % 7) for i in range(V)]
GRAPHS = (
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "marginal", "counts": COUNTS},
    {"type": "hdlm_gamma"},
    {"type": "hdlm_epsilon"},
    {"type": "gidd"},
)
DRAWN = np.random.default_rng(1)
TOKENS = DRAWN.integers(V, size=(ROWS, LENGTH))
TIMES = [
    # From steps that move nearly nothing to those that move all: each has its way.
    *({"timestep": step} for step in (0, 50, 110, 130, 500, 980)),
    {"timestep": DRAWN.integers(1000, size=ROWS)},
    {"timestep": DRAWN.integers(1000, size=(ROWS, LENGTH))},
    {"t": DRAWN.random(ROWS)},
    {"t": DRAWN.random((ROWS, LENGTH))},
]


@pytest.fixture(params=["numpy", "numba"])
def _kernel(request):
    use_kernel(request.param)
    yield
    use_kernel(None)


@pytest.mark.usefixtures("_kernel")
@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["type"])
def test_it_is_at_most_two_mebibytes(graph):
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "loglinear"}
    process = build_process({"vocab_size": V, "graph": graph, "schedule": schedule})
    out = np.empty_like(TOKENS)
    for call in TIMES:
        process.noise(TOKENS, seed=1, out=out, **call)  # what is made but once
        tracemalloc.start()
        process.noise(TOKENS, seed=1, out=out, **call)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= MOST_BYTES, call
