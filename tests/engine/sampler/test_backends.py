"""Which kernel noises a batch; the tokens do not depend on it."""

import subprocess
import sys

import numpy as np
import pytest

from noising.engine import (
    EngineError,
    build_process,
    chosen_kernel,
    use_kernel,
    with_hyperschedule,
)
from noising.engine.sampler import backends
from noising.engine.sampler.kernel_numba import kernel as numba_kernel
from noising.engine.sampler.kernel_numpy import NumpyKernel

V = 90
GRAPHS = (
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 3},
    {"type": "marginal", "counts": [float(i % 7) for i in range(V)]},
    {"type": "hdlm_gamma"},
    {"type": "hdlm_epsilon"},
    {"type": "gidd"},
    {"type": "hdlm_gamma", "gamma": 0.7, "mask_id": 3},
    {"type": "hdlm_epsilon", "epsilon": 0.5, "mask_id": 0},
    {"type": "gidd", "mask_id": V - 1},
    {"type": "mixture"},
    {"type": "mixture", "share": {"type": "log_snr", "scale": -1}, "mask_id": 7},
)


@pytest.fixture(autouse=True)
def no_choice(monkeypatch):
    monkeypatch.delenv(backends.VARIABLE, raising=False)
    use_kernel(None)
    yield
    use_kernel(None)


def _process(graph):
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "cosine"}
    return build_process({"vocab_size": V, "schedule": schedule, "graph": graph})


def _by_both(call):
    """Return the result of a call by either kernel."""
    results = []
    for name in ("numpy", "numba"):
        use_kernel(name)
        noised = call()
        results.append((noised.tokens.copy(), noised.resampled))
    return results


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph["type"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64"])
def test_both_kernels_give_the_same_tokens(graph, dtype):
    process = _process(graph)
    draw = np.random.default_rng(7)
    tokens = draw.integers(0, V, (13, 1100)).astype(dtype)
    tokens.setflags(write=False)
    protect = draw.random(1100) < 0.2
    lengths = draw.integers(0, 1101, 13)
    calls = (
        {"timestep": 3},
        {"timestep": 700},
        {"timestep": 999},
        {"timestep": draw.integers(0, 1000, 13)},
        {"timestep": draw.integers(0, 1000, (13, 1100), dtype=np.int32)},
        {"t": draw.random(13)},
        {"t": draw.random((13, 1100)).astype(np.float32)},
        {"timestep": 500, "protect": protect, "lengths": lengths},
        {"timestep": 500, "protect": draw.random((13, 1100)) < 0.5},
        {"timestep": 500, "weights": draw.random(1100) + 0.5},
    )
    for call in calls:
        one, other = _by_both(lambda call=call: process.noise(tokens, seed=5, **call))
        assert (one[0] == other[0]).all()
        assert (one[1] == other[1]).all()


def test_both_kernels_agree_on_hyperschedules_threads_and_paths():
    process = _process({"type": "hdlm_gamma"})
    placed = with_hyperschedule(process, {"type": "sliding", "width": 50})
    tokens = np.random.default_rng(7).integers(0, V, (1100, 1000))
    one, other = _by_both(lambda: placed.noise(tokens, 600, seed=5))
    assert (one[0] == other[0]).all()
    one, other = _by_both(lambda: process.noise(tokens, 600, seed=5, threads=3))
    assert (one[0] == other[0]).all()
    assert (one[1] == other[1]).all()
    use_kernel("numpy")
    path = process.sample_path(tokens[:4], [100, 500, 900], seed=1)
    use_kernel("numba")
    assert (process.sample_path(tokens[:4], [100, 500, 900], seed=1) == path).all()


def test_numpy_is_the_default_and_none_returns_to_the_environment(monkeypatch):
    assert chosen_kernel() == "numpy"
    use_kernel("auto")
    assert chosen_kernel() == "auto"
    use_kernel(None)
    monkeypatch.setenv(backends.VARIABLE, "numba")
    assert chosen_kernel() == "numba"
    assert backends.find_kernel(10) is numba_kernel.NumbaKernel


def test_auto_prefers_numba_for_large_batches():
    use_kernel("auto")
    large = backends.AUTO_FROM
    assert backends.find_kernel(large) is numba_kernel.NumbaKernel
    assert backends.find_kernel(large - 1) is NumpyKernel


@pytest.mark.parametrize("name", ["numba", "auto"])
def test_a_kernel_that_is_chosen_is_compiled_before_the_first_call(name):
    numba_kernel.noise_kernel.cache_clear()
    numba_kernel.keys_kernel.cache_clear()
    use_kernel(name)
    assert numba_kernel.noise_kernel.cache_info().currsize == 4
    assert numba_kernel.keys_kernel.cache_info().currsize == 1


def test_without_compiling_the_kernel_is_the_python_it_is_made_of(monkeypatch):
    monkeypatch.setattr(numba_kernel.numba.config, "DISABLE_JIT", True)
    made = numba_kernel.noise_kernel.__wrapped__(8)
    assert made.__wrapped__ is numba_kernel.noise_rows


@pytest.mark.parametrize("name", ["torch", "Numba", ""])
def test_an_unknown_kernel_is_refused(monkeypatch, name):
    with pytest.raises(EngineError) as caught:
        use_kernel(name)
    assert (caught.value.field, caught.value.code) == ("kernel", "unknown_name")
    monkeypatch.setenv(backends.VARIABLE, name)
    with pytest.raises(EngineError) as caught:
        chosen_kernel()
    assert caught.value.field == backends.VARIABLE


def test_numba_must_be_installed_to_be_chosen_and_auto_does_without(monkeypatch):
    monkeypatch.setattr(backends, "_is_installed", lambda: False)
    with pytest.raises(EngineError) as caught:
        use_kernel("numba")
    assert caught.value.code == "not_installed"
    use_kernel("auto")
    assert backends.find_kernel(backends.AUTO_FROM) is NumpyKernel


def test_the_engine_by_itself_never_loads_the_compiler():
    script = (
        "import sys; from noising.engine import build_process;"
        "build_process({}).noise([[1, 2]], 5, seed=1);"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_output_that_is_not_aligned_is_refused():
    memory = np.zeros(8 * 4 + 1, np.uint8)
    out = memory[1:].view(np.int64).reshape(1, 4)
    with pytest.raises(EngineError) as caught:
        _process({"type": "uniform"}).noise([[1, 2, 3, 4]], 5, seed=1, out=out)
    assert caught.value.code == "wrong_array"
