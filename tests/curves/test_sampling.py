import numpy as np
import pytest

from noising.curves import MATRIX_POINTS, QUANTITIES, curves, curves_seconds, points_of
from noising.engine import build_process
from noising.engine.effort import effort_of
from tests.engine.examples import GRAPHS, example, schedule_for

COSTLY = {name for name, quantity in QUANTITIES.items() if quantity.is_costly}


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_graph_has_curves_that_the_engine_confirms(graph):
    process = example(schedule_for(graph, "cosine"), graph)
    found = curves(process, QUANTITIES, axis="time", points=9)
    t = found.times
    assert set(found.columns) == set(QUANTITIES)
    assert t.tolist() == np.linspace(0.0, 1.0, 9).tolist()
    assert found.columns["alpha"].tolist() == process.alpha(t).tolist()
    assert found.columns["log_snr"].tolist() == process.log_snr(t).tolist()
    nats = process.mutual_information(t)
    assert found.columns["information_nats"] == pytest.approx(nats, rel=1e-14)
    total = nats + process.conditional_entropy(t)
    share = found.columns["information"]
    assert share == pytest.approx(nats / total, rel=1e-12, abs=1e-300)
    changed = process.change_chance(t)
    assert found.columns["change_chance"] == pytest.approx(changed, rel=1e-14)


def test_the_weight_is_that_of_the_mask_or_of_another_token():
    t = np.array([0.5])
    absorbing = example("cosine", "absorbing inside")
    found = curves(absorbing, ["nelbo_weight"], axis="time", points=3)
    assert found.columns["nelbo_weight"][1] == absorbing.nelbo_weight(2, 0, t)[0]
    uniform = example("cosine", "uniform")
    found = curves(uniform, ["nelbo_weight"], axis="time", points=3)
    assert found.columns["nelbo_weight"][1] == uniform.nelbo_weight(3, 4, t)[0]
    first = build_process({"graph": {"type": "absorbing", "mask_id": 0}})
    found = curves(first, ["nelbo_weight"], axis="time", points=3)
    assert found.columns["nelbo_weight"][1] == first.nelbo_weight(0, 7, t)[0]
    banded = curves(
        example("cosine", "banded"), ["nelbo_weight"], axis="time", points=3
    )
    assert np.isnan(banded.columns["nelbo_weight"]).all()


def test_a_matrix_that_is_too_large_has_no_information():
    spec = {"vocab_size": 513, "graph": {"type": "banded"}}
    found = curves(build_process(spec), ["information"], axis="time", points=2)
    assert np.isnan(found.columns["information"]).all()


def test_one_id_that_data_may_use_has_no_information_to_share():
    spec = {"vocab_size": 2, "graph": {"type": "absorbing", "mask_id": 1}}
    found = curves(build_process(spec), ["information"], axis="time", points=2)
    assert np.isnan(found.columns["information"]).all()


@pytest.mark.parametrize(
    ("steps", "points", "expected"),
    [
        (5, 257, [0, 1, 2, 3, 4]),
        (1000, 2, [0, 999]),
        (1000, 1, [0]),
        (1, 50, [0]),
        (9, 3, [0, 4, 8]),
    ],
)
def test_timesteps_are_distinct_and_reach_both_ends(steps, points, expected):
    process = build_process({"num_timesteps": steps})
    found = curves(process, ["alpha"], axis="timestep", points=points)
    assert found.timesteps is not None
    assert found.timesteps.tolist() == expected
    assert found.x.tolist() == expected
    assert found.columns["alpha"] == pytest.approx(process.alphas[expected], rel=1e-14)


def test_points_are_bounded_and_few_where_each_costs_a_matrix():
    cosine = build_process({"num_timesteps": 100_000})
    assert points_of(cosine, QUANTITIES, "timestep", 10**9) == 2000
    banded = build_process({"vocab_size": 8, "graph": {"type": "banded"}})
    assert points_of(banded, ["alpha", "sigma"], "time", 500) == 500
    for name in COSTLY:
        assert points_of(banded, ["alpha", name], "time", 500) == MATRIX_POINTS
    found = curves(banded, ["information"], axis="time", points=500)
    assert found.times.size == MATRIX_POINTS


def test_curves_cost_their_points_and_the_channel_where_it_is_needed():
    matrix = effort_of({"vocab_size": 512, "graph": {"type": "banded"}})
    plain = curves_seconds(matrix, ["alpha"], 1000)
    assert plain < 0.01
    assert curves_seconds(matrix, ["alpha", "information"], 33) > 1.0
    large = effort_of({"vocab_size": 2**24})
    assert curves_seconds(large, ["information"], 1) > 1.0
    assert curves_seconds(large, ["alpha"], 1) < 0.01
