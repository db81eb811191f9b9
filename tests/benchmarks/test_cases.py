import pytest

from benchmarks.cases import BenchmarkConfig, UsageError, default_timesteps

VALID = {
    "schedules": (("cosine", {"type": "cosine"}), ("uniform", {"type": "uniform"})),
    "baseline": "uniform",
    "graph": {"type": "uniform"},
    "corpus": "setmm",
    "vocab_size": 100,
    "num_timesteps": 10,
    "timesteps": (0, 5, 9),
    "samples": 1,
    "seed": 0,
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"timesteps": (0,)},
        {"timesteps": tuple(range(10))},
        {"seed": 2**64 - 1},
        {"samples": 1_000_000},
    ],
)
def test_what_can_be_run_is_a_configuration(change):
    BenchmarkConfig(**VALID | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timesteps": ()}, "timesteps: name at least one"),
        ({"timesteps": (0, 10)}, r"timesteps: must lie in 0\.\.9, got 10"),
        ({"timesteps": (-1, 3)}, r"timesteps: must lie in 0\.\.9, got -1"),
        ({"timesteps": (3, 3)}, "must ascend"),
        ({"timesteps": (3, 1)}, "must ascend"),
        ({"vocab_size": 1}, r"vocab_size: must lie in 2\.\.16777216, got 1"),
        ({"vocab_size": 2**24 + 1}, "vocab_size"),
        ({"num_timesteps": 0}, r"num_timesteps: must lie in 1\.\.100000, got 0"),
        ({"num_timesteps": 100_001}, "num_timesteps"),
        (
            {"graph": {"type": "marginal"}},
            "graph: must be one of uniform, absorbing, hdlm",
        ),
        ({"graph": {}}, "graph: must be one of .*banded, got None"),
        ({"samples": 0}, r"samples: must lie in 1\.\.1000000, got 0"),
        ({"samples": 1_000_001}, "samples"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"baseline": "linear"}, "baseline: 'linear' is not among"),
        ({"schedules": VALID["schedules"][:1] * 2}, "once only"),
    ],
)
def test_what_cannot_be_run_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        BenchmarkConfig(**VALID | change)


@pytest.mark.parametrize(
    ("num_timesteps", "timesteps"),
    [
        (1000, (0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999)),
        (1, (0,)),
        (3, (0, 1, 2)),
        (11, tuple(range(11))),
    ],
)
def test_default_timesteps_run_from_first_to_last(num_timesteps, timesteps):
    assert default_timesteps(num_timesteps) == timesteps
