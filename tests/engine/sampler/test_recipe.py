"""The recipe in plain Python: shown in the documents, equal to every kernel."""

import inspect
import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import build_process, use_kernel
from noising.engine.sampler import kernel_numpy, recipe
from noising.engine.sampler.recipe import reference_noise

DOCUMENT = Path(__file__).parents[3] / "docs" / "randomness.md"
CUSTOM = {"type": "custom", "alphas": [0.5] * 1000}


def _chance(alpha):
    """The move chance as the engine computes it: by way of total noise."""
    return -math.expm1(-(-math.log(alpha) if alpha else math.inf))


def _process(alpha, vocab_size, graph):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": 1,
            "schedule": {"type": "custom", "alphas": [alpha]},
            "graph": {"type": graph},
        }
    )


def test_the_document_shows_the_module():
    [block] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block == inspect.getsource(recipe).split('"""\n\n', 1)[1]


def test_the_documented_example_comes_out_of_recipe_and_engine_alike():
    stated = re.search(r"is\n`(\[.*\])`", DOCUMENT.read_text())[1]
    noised = build_process({"schedule": CUSTOM}).noise([0] * 12, 0, seed=2026)
    assert str(noised.tokens.tolist()) == stated
    assert str(reference_noise([0] * 12, 0.5, 50257, seed=2026)) == stated


@pytest.fixture(params=["numpy", "numpy by blocks", "numba"])
def _kernel(request, monkeypatch):
    use_kernel(request.param.split()[0])
    if request.param == "numpy by blocks":
        monkeypatch.setattr(kernel_numpy, "MOST_TOKENS", 0)
    yield
    use_kernel(None)


@pytest.mark.usefixtures("_kernel")
@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("vocab_size", [2, 27, 50257, 1 << 24])
@pytest.mark.parametrize("alpha", [1.0, 0.999, 0.3, 0.0])
def test_batches_follow_it(vocab_size, alpha, graph):
    process = _process(alpha, vocab_size, graph)
    tokens = np.arange(3 * 37).reshape(3, 37) % vocab_size
    ids = [9, 0, 4]
    noised = process.noise(tokens, 0, seed=5, sequence_ids=ids, draw=2).tokens
    expected = [
        reference_noise(
            *(row.tolist(), _chance(alpha), vocab_size, 5, sequence_id, 2),
            mask_id=process.mask_id,
        )
        for row, sequence_id in zip(tokens, ids, strict=True)
    ]
    assert noised.tolist() == expected


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("alpha", [1.0, 0.999, 0.3, 0.0])
@pytest.mark.parametrize("shape", [(6,), (8,), (9,), (300,), (2, 5), (7, 61)])
def test_what_is_plain_and_small_follows_it(shape, alpha, graph):
    process = _process(alpha, 1000, graph)
    tokens = np.random.default_rng(1).integers(0, 1000, shape)
    for seed in range(3):
        noised = process.noise(tokens, 0, seed=seed).tokens
        expected = [
            reference_noise(
                *(row.tolist(), _chance(alpha), 1000, seed, place),
                mask_id=process.mask_id,
            )
            for place, row in enumerate(np.atleast_2d(tokens))
        ]
        assert np.atleast_2d(noised).tolist() == expected


def test_a_gamma_that_alternates_too_little_is_repaired_alike():
    """Of a thousand sequences some twenty have one, and the words depend on it."""
    process = _process(0.3, 50257, "uniform")
    ids = np.arange(1000)
    noised = process.noise(np.zeros((1000, 2), int), 0, seed=8, sequence_ids=ids).tokens
    expected = [reference_noise([0, 0], _chance(0.3), 50257, 8, i) for i in range(1000)]
    assert noised.tolist() == expected


def test_the_first_state_of_a_path_follows_it_at_step_one():
    process = _process(0.4, 50257, "uniform")
    tokens = list(range(100, 160))
    [state] = process.sample_path(tokens, [0], seed=3, draw=1)
    expected = reference_noise(tokens, _chance(0.4), 50257, 3, draw=1, step=1)
    assert state.tolist() == expected
