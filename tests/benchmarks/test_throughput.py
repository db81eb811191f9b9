import numpy as np
import pytest

from benchmarks import throughput
from benchmarks.cases import TimingCase, timing_cases
from benchmarks.throughput import timed_case


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(throughput, "TOKENS_A_ROUND", 256)


def timed(rows=4, length=32, alpha=0.5):
    case = TimingCase(rows=rows, length=length, alpha=alpha)
    return timed_case(case, vocab_size=100, generator=np.random.default_rng(0))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("rows", [1, 4])
def test_a_case_gives_positive_times_and_an_interval_round_the_speedup(rows):
    result = timed(rows=rows)
    assert (result["rows"], result["length"]) == (rows, 32)
    assert result["rounds"] == throughput.ROUNDS
    for program in ("engine", "naive", "memcpy"):
        assert result[f"{program}_ns_per_token"] > 0
    assert 0 < result["speedup_low"] <= result["speedup"] <= result["speedup_high"]


@pytest.mark.usefixtures("short")
def test_programs_alternate_in_order_and_inputs_change(monkeypatch):
    calls = []

    def recorded(program, inputs, round_, repeats):
        calls.append((program.__name__, round_, id(inputs[round_ % len(inputs)])))
        return 1.0

    monkeypatch.setattr(throughput, "_time", recorded)
    timed()
    assert len(calls) == 3 * (throughput.ROUNDS + 1)
    orders = [
        tuple(name for name, of, _ in calls if of == round_) for round_ in (0, 1, 2)
    ]
    assert orders[0] == orders[2] == ("engine", "naive", "memcpy")
    assert orders[1] == orders[0][::-1]
    assert len({token for name, _, token in calls if name == "engine"}) == 4
    assert len({token for _, of, token in calls if of == 1}) == 1


@pytest.mark.usefixtures("short")
def test_the_speedup_is_the_median_of_paired_ratios(monkeypatch):
    def recorded(program, inputs, round_, repeats):
        slow_machine = 1.0 + 10.0 * (round_ % 3)
        return (
            slow_machine
            * {"engine": 1.0, "naive": 3.0, "memcpy": 0.1}[program.__name__]
        )

    monkeypatch.setattr(throughput, "_time", recorded)
    result = timed()
    assert result["speedup_low"] == pytest.approx(3.0)
    assert result["speedup_high"] == pytest.approx(3.0)


@pytest.mark.parametrize("alpha", [0.999, 0.9, 0.5, 0.02])
def test_both_programs_do_the_same_work(alpha):
    case = TimingCase(rows=64, length=256, alpha=alpha)
    generator = np.random.default_rng(1)
    programs = throughput._programs(case, 50, generator)
    tokens = generator.integers(50, size=(64, 256))
    keep = alpha + (1 - alpha) / 50
    error = np.sqrt(keep * (1 - keep) / tokens.size)
    for name in ("engine", "naive"):
        result = programs[name](tokens)
        kept = np.mean(getattr(result, "tokens", result) == tokens)
        # Five deviations: once in two million seeds.
        assert kept == pytest.approx(keep, abs=5 * error), name


def test_the_cases_are_four_batches_and_a_sequence_of_typical_length():
    *batches, single = timing_cases(65)
    assert [(c.rows, c.length) for c in batches] == [(1024, 1024)] * 4
    assert [c.alpha for c in batches] == [0.999, 0.9, 0.5, 0.02]
    assert (single.rows, single.length) == (1, 65)
