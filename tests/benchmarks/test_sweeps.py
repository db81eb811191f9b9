"""Sweeps: the grid of a file, the exact quantities, the front."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import UsageError
from benchmarks.sweeps import measure, read_sweep
from benchmarks.sweeps.grid import parse_sweep
from noising.engine import EngineError, build_process

T = 64


def resolve(name):
    if name == "unknown":
        raise UsageError("schedules: 'unknown' is unknown")
    return {"type": name}


def process(schedule, graph="absorbing", steps=T):
    return build_process(
        {
            "vocab_size": 4,
            "num_timesteps": steps,
            "schedule": schedule,
            "graph": {"type": graph},
        }
    )


def test_a_file_lists_every_combination(tmp_path):
    path = tmp_path / "epsilons.yaml"
    path.write_text(
        """
        schedules:
          - cosine
          - {type: [loglinear, geometric], epsilon: [1e-3, 0.5]}
          - {type: custom, alphas: [[0.5, 0.1]]}
        graphs: [absorbing, {type: mixture, pi: 0.5}]
        num_timesteps: [2, 8]
        """
    )
    sweep = read_sweep(path, resolve=resolve)
    assert (sweep.name, sweep.corpora) == ("epsilons", ["setmm"])
    assert [point.position for point in sweep.points] == list(range(6 * 2 * 2))
    schedules = [dict(point.schedule) for point in sweep.points[::4]]
    assert schedules == [
        {"type": "cosine"},
        {"type": "loglinear", "epsilon": 0.001},
        {"type": "loglinear", "epsilon": 0.5},
        {"type": "geometric", "epsilon": 0.001},
        {"type": "geometric", "epsilon": 0.5},
        {"type": "custom", "alphas": [0.5, 0.1]},
    ]
    rest = [(dict(p.graph), p.corpus, p.num_timesteps) for p in sweep.points[:4]]
    graphs = ({"type": "absorbing"}, {"type": "mixture", "pi": 0.5})
    assert rest == [(graph, "setmm", steps) for graph in graphs for steps in (2, 8)]
    with pytest.raises(UsageError, match="No such file"):
        read_sweep(tmp_path / "none.yaml", resolve=resolve)
    path.write_text("[1]")
    with pytest.raises(UsageError, match=r"epsilons.yaml: `config` must be"):
        read_sweep(path, resolve=resolve)


def test_the_example_of_the_documentation_describes_configurations_that_exist():
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    [example] = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    sweep = parse_sweep(example, name="grid", resolve=resolve)
    assert (sweep.name, len(sweep.points)) == ("which epsilon", 16 * 2 * 2)
    for point in sweep.points:
        values = measure(
            process(point.schedule, point.graph["type"], steps=4),
            np.full(4, 0.25),
            row_length=16,
        )
        assert 0.0 <= values["information_wasted"] < 1.0


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({}, "`schedules` must"),
        ({"schedules": []}, "`schedules` must have at least one"),
        ({"schedules": "cosine"}, "`schedules` must be"),
        ({"schedules": [3]}, r"`schedules\[0\]` must be"),
        ({"schedules": [{"s": 1}]}, r"`schedules\[0\].type` must be given"),
        ({"schedules": [{"type": []}]}, r"`schedules\[0\].type` must have"),
        ({"schedules": ["cosine"], "corpora": []}, "`corpora` must be"),
        ({"schedules": ["cosine"], "num_timesteps": []}, "`num_timesteps` must"),
        ({"schedules": ["cosine"], "num_timesteps": [0]}, r"`num_timesteps\[0\]`"),
        ({"schedules": ["cosine"], "name": ""}, "`name` must be text of 1 to 100"),
        ({"schedules": ["cosine"], "speed": 1}, "`speed`"),
        ({"schedules": [{"type": "a", "b": [0] * 400, "c": [0] * 400}]}, "at most"),
        ({"schedules": ["cosine"] * 400, "graphs": ["uniform"] * 400}, "100,000"),
    ],
)
def test_an_invalid_file_is_refused_by_the_name_of_its_entry(entries, said):
    with pytest.raises(EngineError, match=said):
        parse_sweep(json.dumps(entries), name="a", resolve=resolve)


def test_quantities_agree_with_closed_forms():
    # alpha = 1 - (1 - eps)·t is left of the information. Of the L tokens of a row the
    # share m = (1 - eps)·t is masked and has the weight 1/t: the relative variance of
    # their mean is (1/m - 1)/L, here as a mean over t in (1/T, 1].
    epsilon, prior = 0.125, np.array([0.5, 0.25, 0.25, 0.0])
    values = measure(
        process({"type": "loglinear", "epsilon": epsilon}), prior, row_length=5
    )
    assert values["information_wasted"] == pytest.approx(epsilon)
    assert values["information_left"] == pytest.approx(epsilon)
    assert values["half_time"] == pytest.approx(0.5 / (1 - epsilon))
    variance = (math.log(T) / ((1 - epsilon) * (1 - 1 / T)) - 1) / 5
    assert values["weight_variance"] == pytest.approx(variance)
    assert values["effective_share"] == pytest.approx(1 / (1 + variance))
    # All information is lost in the first of four steps: three quarters are wasted.
    lost = {"type": "custom", "alphas": [0.0, 0.0, 0.0, 0.0]}
    values = measure(process(lost, steps=4), prior, row_length=5)
    assert values["information_wasted"] == pytest.approx(0.75)
    assert values["half_time"] == pytest.approx(0.125)
    kept = {"type": "custom", "alphas": [1.0, 0.75]}
    values = measure(process(kept, steps=2), prior, row_length=5)
    assert values["information_wasted"] == pytest.approx(0.75)
    assert values["half_time"] is None


def test_what_has_no_information_is_refused():
    with pytest.raises(EngineError, match="at least two different"):
        measure(
            process({"type": "cosine"}), np.array([1.0, 0.0, 0.0, 0.0]), row_length=5
        )
