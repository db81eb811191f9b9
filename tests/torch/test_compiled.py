"""torch.compile of the recipe: one graph, and the same tokens.

Each compilation takes seconds, so there is one for each kind of replacement, and each
has options of its own.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from noising.engine import build_process
from noising.torch import Noiser
from tests.engine.examples import GRAPHS, schedule_for

ROWS, LENGTH = 6, 29

# Some modules of torch that the compiler loads use what torch deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch[.]jit:DeprecationWarning")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("graph", "dtype", "options"),
    [
        ("uniform", "int64", ["positions"]),
        ("absorbing", "int32", ["lengths", "count", "block"]),
        ("marginal", "int64", ["protect"]),
        ("hdlm_gamma inside", "uint8", ["protect"]),
        ("gidd", "int64", []),
    ],
)
def test_compiled_operations_give_the_engines_tokens(graph, dtype, options):
    process = build_process(
        {
            "vocab_size": 5,
            "schedule": {"type": schedule_for(graph, "loglinear")},
            "graph": GRAPHS[graph],
        }
    )
    random = np.random.default_rng(1)
    ids = [i for i in range(5) if i != process.mask_id]
    tokens = random.choice(ids, size=(ROWS, LENGTH)).astype(dtype)
    every = {
        "protect": random.random(tokens.shape) < 0.3,
        "lengths": np.arange(ROWS) * 5,
        "positions": np.arange(100, 100 + LENGTH),
        "count": 3,
        "block": 8,
    }
    given = {name: every[name] for name in options}
    times = np.linspace(0.1, 1.0, ROWS)
    noiser = Noiser(process, seed=5, compile=True)
    n = noiser(torch.from_numpy(tokens), ids=np.arange(ROWS) * 7, t=times, **given)
    noised = process.noise(
        tokens, t=times, seed=5, sequence_ids=np.arange(ROWS) * 7, **given
    )
    assert n.xt.numpy().dtype == tokens.dtype
    assert (n.xt.numpy() == noised.tokens).all()
    assert (n.moved.numpy() == noised.resampled).all()
