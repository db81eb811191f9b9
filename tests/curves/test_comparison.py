import numpy as np
import pytest

from noising.curves import differences, summary
from noising.engine import build_process, wasted_timesteps


def test_half_of_the_information_is_left_at_the_half_time():
    for name in ("cosine", "linear", "geometric", "polynomial"):
        process = build_process({"vocab_size": 100, "schedule": {"type": name}})
        half = summary(process).half_time
        left = process.mutual_information(half) / np.log(100)
        assert left == pytest.approx(0.5, abs=1e-8), name


def test_the_entropy_schedule_loses_half_by_its_definition():
    found = summary(build_process({"schedule": {"type": "sedd_entropy"}}))
    assert found.half_time == pytest.approx(0.5 / 0.999, rel=1e-9)
    assert found.final_information == pytest.approx(1e-3, rel=1e-9)
    assert found.wasted_timesteps == 0


def test_the_other_figures_are_the_engines():
    spec = {"num_timesteps": 100, "schedule": {"type": "linear"}}
    process = build_process(spec)
    found = summary(process)
    assert found.final_alpha == process.alpha(1.0)
    assert found.wasted_timesteps == wasted_timesteps(process)


def test_a_matrix_is_summed_up_from_few_points_and_a_large_one_not_at_all():
    spec = {"vocab_size": 12, "graph": {"type": "banded", "beta": 3.0}}
    half = summary(build_process(spec)).half_time
    left = build_process(spec).mutual_information(half) / np.log(12)
    assert left == pytest.approx(0.5, abs=0.01)
    large = summary(build_process({**spec, "vocab_size": 600}))
    assert (large.half_time, large.final_information) == (None, None)
    assert large.wasted_timesteps is None
    assert large.final_alpha > 0.0


@pytest.mark.parametrize(
    ("alphas", "half_time"),
    [([0.99, 0.98], None), ([1e-9, 0.0], pytest.approx(0.0, abs=0.1))],
)
def test_half_may_never_be_lost_or_be_lost_at_once(alphas, half_time):
    schedule = {"type": "custom", "alphas": alphas}
    spec = {"num_timesteps": 2, "vocab_size": 50, "schedule": schedule}
    assert summary(build_process(spec)).half_time == half_time


def test_what_holds_no_information_has_lost_half_from_the_start():
    spec = {"vocab_size": 2, "graph": {"type": "absorbing", "mask_id": 1}}
    found = summary(build_process(spec))
    assert (found.half_time, found.final_information) == (0.0, 0.0)


def test_only_what_differs_is_named():
    one = build_process({"schedule": {"type": "linear"}}).spec
    other = build_process({"schedule": {"type": "cosine"}, "vocab_size": 9}).spec
    found = {
        entry["path"]: entry["values"] for entry in differences({"a": one, "b": other})
    }
    assert found["vocab_size"] == {"a": 50257, "b": 9}
    assert found["schedule.type"] == {"a": "linear", "b": "cosine"}
    assert found["schedule.beta_max"] == {"a": 0.02}
    assert not {"num_timesteps", "graph.type", "hyperschedule"} & set(found)
    assert differences({"a": one, "b": dict(one)}) == []


def test_long_lists_are_told_by_their_length():
    specs = {
        str(last): {"schedule": {"alphas": [1.0, 0.9, last]}, "edges": [last] * 9}
        for last in (0.1, 0.2)
    }
    shown = {entry["path"]: entry["values"]["0.1"] for entry in differences(specs)}
    assert shown == {"schedule.alphas": [1.0, 0.9, 0.1], "edges": "a list of 9 items"}
