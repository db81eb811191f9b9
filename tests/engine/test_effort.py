"""Estimates of what a specification costs, before it is built."""

import numpy as np
import pytest

from noising.engine import (
    GRAPH_TYPES,
    SCHEDULE_TYPES,
    build_process,
    with_hyperschedule,
)
from noising.engine.effort import ERASING, effort_of, numbers_in
from noising.engine.graphs import MatrixGraph
from noising.engine.information.curves import ErasureSolver
from tests.engine.examples import GRAPHS, PAIRS, example

RNG = np.random.default_rng(1)
DISTINCT = RNG.random(2048).tolist()
ENTROPY = {"type": "sedd_entropy", "prior": DISTINCT}


@pytest.mark.parametrize("schedule", ["cosine", "loglinear", "sedd_entropy"])
def test_ordinary_processes_are_cheap(schedule):
    effort = effort_of({"schedule": {"type": schedule}})
    assert effort.build_seconds < 0.1
    assert effort.memory_bytes < 200_000


@pytest.mark.parametrize(
    ("costly", "cheap"),
    [
        ({"num_timesteps": 100_000}, {"num_timesteps": 1000}),
        (
            {"schedule": {**ENTROPY, "prior": DISTINCT}},
            {"schedule": {"type": "cosine"}},
        ),
        (
            {"schedule": {**ENTROPY, "prior": DISTINCT}},
            {"schedule": {**ENTROPY, "prior": [1, 2] * 1024}},
        ),
        (
            {"schedule": ENTROPY},
            {"schedule": ENTROPY, "graph": {"type": "absorbing"}},
        ),
        (
            {
                "schedule": {"type": "sedd_entropy"},
                "graph": {"type": "marginal", "counts": DISTINCT},
            },
            {
                "schedule": {"type": "sedd_entropy"},
                "graph": {"type": "marginal", "counts": [1] * 2048},
            },
        ),
        (
            {"vocab_size": 512, "graph": {"type": "banded"}},
            {"vocab_size": 27, "graph": {"type": "banded"}},
        ),
    ],
)
def test_what_costs_more_is_estimated_higher(costly, cheap):
    assert effort_of(costly).build_seconds > 2 * effort_of(cheap).build_seconds


def _entropy_over(vocab_size, graph, steps=1000, prior=None):
    schedule = {"type": "sedd_entropy", "prior": prior}
    spec = {"vocab_size": vocab_size, "num_timesteps": steps}
    return effort_of({**spec, "schedule": schedule, "graph": graph})


def test_an_entropy_schedule_over_a_matrix_costs_its_octaves_and_no_timesteps():
    banded = {"type": "banded"}
    once = _entropy_over(256, banded).build_seconds
    assert 1.0 < once < 5.0 < _entropy_over(512, banded).build_seconds
    assert _entropy_over(256, banded, steps=10_000).build_seconds < 1.05 * once
    assert _entropy_over(256, banded).sigma_seconds < 1e-4


def test_numbers_far_apart_cost_an_entropy_schedule_more_octaves():
    banded = {"type": "banded"}
    even = _entropy_over(64, banded, prior=[1] * 64).build_seconds
    rare = _entropy_over(64, banded, prior=[1e-200] + [1] * 63).build_seconds
    assert rare > 3 * even
    rates = np.ones((64, 64)) - 64 * np.eye(64)
    same = _entropy_over(64, {"type": "rate_matrix", "rates": rates.tolist()})
    rates[0, 1] = 1e-90
    slow = _entropy_over(64, {"type": "rate_matrix", "rates": rates.tolist()})
    assert slow.build_seconds > 2 * same.build_seconds
    ragged = _entropy_over(64, {"type": "rate_matrix", "rates": [[1], ["x"], None]})
    assert ragged.build_seconds < 2 * even


def test_times_by_importance_cost_a_search_each():
    effort = effort_of({})
    even = effort.of_training_times(1000, "stratified")
    searched = effort.of_training_times(1000, "importance")
    assert 50 * even < searched < 0.1
    costly = effort_of({"schedule": ENTROPY})
    assert costly.of_training_times(1000, "stratified") == even
    assert costly.of_training_times(1000, "importance") > 50 * searched


def test_the_graphs_that_only_erase_are_those_named():
    for name, graph in GRAPHS.items():
        if graph["type"] not in ("gidd", "matrix"):
            process = example("sedd_entropy", name)
            erases = isinstance(process.schedule.solver, ErasureSolver)
            assert erases == (graph["type"] in ERASING)


def test_only_matrix_graphs_cost_by_noise_level():
    for name, graph in GRAPHS.items():
        matrix = issubclass(GRAPH_TYPES[graph["type"]], MatrixGraph)
        assert (effort_of({"graph": graph}).level_seconds > 0) == matrix, name


@pytest.mark.parametrize(
    "spec",
    [
        {"vocab_size": "x", "num_timesteps": None, "schedule": [], "graph": 5},
        {"vocab_size": -1, "num_timesteps": 10**30, "schedule": {"type": []}},
        {"schedule": {"type": "sedd_entropy", "prior": [[1], {}]}},
        {"schedule": {"type": "sedd_entropy", "prior": []}},
        {"graph": {"type": {}}},
        {},
    ],
)
def test_what_is_no_specification_costs_little(spec):
    assert effort_of(spec).build_seconds < 0.2


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (5, 0),
        ([], 0),
        ([1, 2, 3], 3),
        ([[1, 2], [3, 4]], 6),
        ({"a": [1, 2], "b": {"c": (1,)}}, 3),
        (np.ones((2, 3)), 6),
        ([{"a": [1]}], 2),
    ],
)
def test_numbers_are_counted(value, count):
    assert numbers_in(value) == count


def test_the_canonical_specification_costs_what_the_given_one_does():
    for schedule, graph in PAIRS:
        process = example(schedule, graph)
        given = {key: value for key, value in process.spec.items() if value}
        assert effort_of(given) == effort_of(process.parts)
    assert set(SCHEDULE_TYPES) >= {"sedd_entropy"}


MATRIX = {"vocab_size": 64, "graph": {"type": "banded"}}
PLAIN = {"vocab_size": 64}


@pytest.mark.parametrize(
    ("hyperschedule", "sigmas", "levels"),
    [
        (None, 4, 4),
        ({"type": "flat"}, 4, 4),
        ({"type": "token_types", "classes": {}}, 4, 12),
        ({"type": "token_exponents", "exponents": {"1": 2, "3": 2}}, 4, 8),
        (
            {
                "type": "token_exponents",
                "exponents": {str(i): i + 2 for i in range(64)},
            },
            *(4, 40),
        ),
        ({"type": "weights", "weights": [1.0] * 10}, 4, 40),
        ({"type": "sliding", "levels": 5}, 6, 24),
        ({"type": "block", "levels": 32}, 33, 40),
        ({"type": "ar_diffusion"}, 40, 40),
    ],
)
def test_noise_costs_its_times_and_its_noise_levels(hyperschedule, sigmas, levels):
    effort = effort_of(MATRIX)
    chosen = with_hyperschedule(build_process(MATRIX), hyperschedule).hyperschedule
    seconds = effort.of_noise(
        chosen, rows=4, length=10, times=4, tabulated=True, alike=False
    )
    expected = sigmas * effort.sigma_seconds + levels * effort.level_seconds
    assert seconds == pytest.approx(expected, rel=1e-12)


def test_timesteps_cost_nothing_where_there_is_a_table():
    effort = effort_of(PLAIN)
    batch = {"rows": 4, "length": 10, "times": 4, "alike": False}
    assert effort.of_noise(None, **batch, tabulated=True) == 0.0
    assert effort.of_noise(None, **batch, tabulated=False) == 4 * effort.sigma_seconds


def test_weights_of_the_call_take_the_place_of_a_hyperschedule():
    effort = effort_of(MATRIX)
    sliding = with_hyperschedule(build_process(MATRIX), {"type": "sliding"})
    batch = {"rows": 4, "length": 10, "times": 4, "tabulated": True, "alike": False}
    seconds = effort.of_noise(sliding.hyperschedule, **batch, weighted=True)
    expected = 4 * effort.sigma_seconds + 40 * effort.level_seconds
    assert seconds == pytest.approx(expected, rel=1e-12)


def test_rows_that_are_alike_are_worked_out_once():
    effort = effort_of(PLAIN)
    sliding = build_process({"hyperschedule": {"type": "sliding"}}).hyperschedule
    batch = {"length": 10_000, "times": 1, "tabulated": True}
    one = effort.of_noise(sliding, rows=1, alike=True, **batch)
    assert effort.of_noise(sliding, rows=100, alike=True, **batch) == one
    assert effort.of_noise(sliding, rows=100, alike=False, **batch) == 100 * one


def test_information_costs_its_groups_and_once_the_vocabulary():
    even = effort_of({"vocab_size": 2048})
    marginal = {"type": "marginal", "counts": DISTINCT}
    uneven = effort_of({"vocab_size": 2048, "graph": marginal})
    assert uneven.information_seconds > 10 * even.information_seconds
    larger = effort_of({"vocab_size": 4096})
    assert larger.prior_seconds == 2 * even.prior_seconds
    matrix = effort_of({"vocab_size": 512, "graph": {"type": "banded"}})
    assert matrix.information_seconds == matrix.level_seconds
    assert matrix.prior_seconds == 0.0


def test_the_linter_costs_every_timestep_but_of_a_matrix_a_few():
    matrix = effort_of({"vocab_size": 512, "graph": {"type": "banded"}})
    assert matrix.of_lint(33) == pytest.approx(matrix.of_lint(10_000), rel=0.02)
    uneven = {"vocab_size": 2048, "graph": {"type": "marginal", "counts": DISTINCT}}
    once = effort_of(uneven)
    assert once.of_lint(2000) > 1.5 * once.of_lint(1000)
    entropy = {"type": "sedd_entropy"}
    assert effort_of({**uneven, "schedule": entropy}).of_lint(50) > once.of_lint(50)
