"""A part of a schedule's time, stretched to [0, 1].

Literals were computed with mpmath to 60 digits from the definitions, for the float64
closest to 0.3 and 0.8.
"""

import pickle

import numpy as np
import pytest

from noising.engine import EngineError, build_process, lint
from noising.engine.certify import certify
from noising.engine.schedules.base import RangedSchedule
from tests.engine.examples import SCHEDULES, TIMESTEPS
from tests.engine.references import near

RANGES = [[0.3, 0.8], [0.0, 0.7], [1e-3, 1.0]]
TIMES = np.array([0.0, 1e-300, 1e-9, 0.013, 0.3, 0.5, 0.77, 1.0 - 2.0**-53, 1.0])
SHORT = 0.5, 0.5 + 2.0**-45


def _process(schedule, graph=None, vocab_size=5, **more):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": TIMESTEPS,
            "schedule": {**schedule, **more},
            "graph": graph or {"type": "uniform"},
        }
    )


def _inside(low, high, t=TIMES):
    return np.where(t == 1.0, high, np.minimum(low + (high - low) * t, high))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("ends", RANGES, ids=str)
def test_every_schedule_runs_through_a_part_of_its_time(name, ends):
    whole = _process(SCHEDULES[name])
    part = _process(SCHEDULES[name], time_range=ends)
    inside = _inside(*ends)
    width = ends[1] - ends[0]
    for quantity in ("sigma", "alpha", "move_chance", "log_snr"):
        expected = getattr(whole, quantity)(inside)
        assert (getattr(part, quantity)(TIMES) == expected).all()
    assert (part.dsigma(TIMES) == width * whole.dsigma(inside)).all()
    with np.errstate(all="ignore"):
        weight = part.schedule.cross_entropy_weight(TIMES)
        expected = width * whole.schedule.cross_entropy_weight(inside)
    # NaN at t = 0, where sigma and dsigma are 0; only graphs of masks have this weight.
    assert np.array_equal(weight, expected, equal_nan=name == "sedd_entropy")
    expected = whole.sigma(_inside(*ends, part.time(np.arange(TIMESTEPS))))
    assert part.sigmas == near(expected, rel=1e-14)
    added = part.step(TIMES[3:6], TIMES[4:7]).added
    expected = whole.step(inside[3:6], inside[4:7]).added
    assert added == near(expected, rel=1e-13)


def test_loglinear_from_a_thousandth_on_is_lladas_mask_probability():
    """p = (1 - 1e-3)·t + 1e-3 and the weight 1/p, per unit of p."""
    process = _process(
        {"type": "loglinear", "epsilon": 0},
        {"type": "absorbing"},
        time_range=[1e-3, 1],
    )
    t = np.linspace(0.0, 1.0, 101)
    p = (1.0 - 1e-3) * t + 1e-3
    assert process.move_chance(t) == near(p, rel=1e-15)
    assert process.nelbo_weight(process.mask_id, 0, t) == near(0.999 / p, rel=1e-14)
    assert process.move_chance([0.0, 1.0]).tolist() == [1e-3, 1.0]


def test_the_noise_range_of_llada2():
    """Masks with probability 0.3 at t = 0 to 0.8 at t = 1."""
    process = _process({"type": "loglinear", "epsilon": 0}, time_range=[0.3, 0.8])
    t = np.linspace(0.0, 1.0, 101)
    assert process.move_chance(t) == near(0.3 + 0.5 * t, rel=1e-15)
    assert process.dsigma(t) == near(0.5 / (0.7 - 0.5 * t), rel=1e-14)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"type": "loglinear", "epsilon": 0}, 3.1579677144893844907e-14),
        ({"type": "mdlm_cosine", "epsilon": 0}, 2.6136123632326998448e-14),
        ({"type": "gidd"}, 3.1293884962246154044e-14),
    ],
)
def test_noise_added_by_a_short_step_keeps_its_digits(schedule, expected):
    process = _process(schedule, time_range=[0.3, 0.8])
    assert process.step(*SHORT).added == near(expected, rel=2e-14)


def test_a_short_step_of_gidds_graph_is_its_formula():
    process = _process({"type": "gidd"}, {"type": "gidd"}, time_range=[0.3, 0.8])
    row = process.kernel(0, *SHORT)
    assert row[1:5] == near(np.full(4, 2.8579218264764568297e-15 / 5), rel=2e-14)
    assert row[5] == near(2.843596313576920756e-14, rel=2e-14)


def test_the_shortest_steps_add_their_share():
    """Times that a part rounds to the same, and those that it rounds to 0."""
    process = _process({"type": "loglinear", "epsilon": 0}, time_range=[0.3, 0.8])
    added = process.step([0.0, 1e-300, 0.25], [1e-300, 1e-20, 0.25]).added
    assert added[:2] == near([0.5 / 0.7 * 1e-300, 0.5 / 0.7 * 1e-20], rel=1e-14)
    assert added[2] == 0.0
    early = _process({"type": "polynomial", "exponent": 0.5}, time_range=[0, 0.25])
    assert early.step(0.0, 5e-324).added == 0.0
    kernel = early.kernel(0, 0.0, 5e-324)
    assert kernel.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


GIDD = {"type": "gidd"}
GRAPHS = [
    ({"type": "loglinear"}, {"type": "absorbing"}),
    ({"type": "cosine"}, {"type": "hdlm_gamma", "mask_id": 2}),
    ({"type": "sedd_entropy"}, {"type": "banded", "beta": 2.0}),
    (GIDD, {"type": "gidd"}),
]


@pytest.mark.parametrize(("schedule", "graph"), GRAPHS, ids=str)
@pytest.mark.parametrize("ends", RANGES, ids=str)
def test_graphs_and_tokens_are_those_of_the_whole_at_the_same_noise(
    schedule, graph, ends
):
    whole = _process(schedule, graph)
    part = _process(schedule, graph, time_range=ends)
    t = np.array([0.0, 0.013, 0.5, 1.0])
    inside = _inside(*ends, t)
    assert (part.marginal(1, t) == whole.marginal(1, inside)).all()
    rows = part.kernel(1, t[:-1], t[1:])
    assert rows == pytest.approx(whole.kernel(1, inside[:-1], inside[1:]), rel=1e-12)
    tokens = np.tile([0, 1, 3, 4], (4, 50))
    noised = part.noise(tokens, t=t, seed=5)
    assert (noised.tokens == whole.noise(tokens, t=inside, seed=5).tokens).all()
    every = part.noise(tokens, timestep=np.full(tokens.shape, 7), seed=5)
    times = np.full(tokens.shape, _inside(*ends, np.array(8 / TIMESTEPS)))
    assert (every.tokens == whole.noise(tokens, t=times, seed=5).tokens).all()
    times = np.linspace(0.0, 1.0, tokens.size).reshape(tokens.shape)
    spread = part.noise(tokens, t=times, seed=5)
    expected = whole.noise(tokens, t=_inside(*ends, times), seed=5)
    assert (spread.tokens == expected.tokens).all()


@pytest.mark.parametrize(("schedule", "graph"), GRAPHS, ids=str)
def test_a_part_passes_its_certificate_and_can_be_pickled(schedule, graph):
    process = _process(schedule, graph, time_range=[0.2, 0.9])
    certificate = certify(process, samples=2048)
    assert certificate.passed, certificate.report()
    again = pickle.loads(pickle.dumps(process))  # noqa: S301 - made here
    assert again.fingerprint == process.fingerprint
    assert (again.sigmas == process.sigmas).all()


def test_the_entropy_schedule_loses_its_part_of_the_information_evenly():
    process = _process(
        {"type": "sedd_entropy", "epsilon": 0}, vocab_size=27, time_range=[0.3, 0.8]
    )
    t = np.linspace(0.0, 1.0, 11)
    left = process.mutual_information(t) / np.log(27)
    assert left == near(0.7 - 0.5 * t, rel=1e-12)


def test_only_what_falls_in_the_part_counts():
    table = {"type": "custom", "sigmas": [1.0, 0.5, *np.linspace(1, 3, 18).tolist()]}
    assert _process(table).timeline.falls
    late = _process(table, time_range=[0.1, 1.0])
    assert not late.timeline.falls
    assert late.kernel(0, 0.0, 0.5).sum() == near(1.0, rel=1e-15)
    early = _process(table, time_range=[0.09, 1.0])
    assert early.schedule.falls()
    assert not early.schedule.within(0.5, 1.0).falls()
    with pytest.raises(EngineError) as caught:
        early.kernel(0, 0.0, 0.5)
    assert caught.value.code == "sigma_decreases"


def test_the_start_of_a_part_is_worth_a_hint():
    schedule = {"type": "loglinear", "epsilon": 0}
    findings = {f.code: f for f in lint(_process(schedule, time_range=[1e-3, 1.0]))}
    assert findings["noisy_start"].severity == "info"
    assert findings["noisy_start"].value == near(1e-3, rel=1e-14)
    assert "terminal_leak" not in findings
    findings = {f.code: f for f in lint(_process(schedule, time_range=[0, 0.8]))}
    assert "noisy_start" not in findings
    assert findings["terminal_leak"].severity == "warning"


def test_times_are_drawn_by_importance_within_the_part():
    """The log of the move chance 0.3 + 0.5·t is even from t = 1/T on."""
    process = _process({"type": "loglinear", "epsilon": 0}, time_range=[0.3, 0.8])
    times, weights = process.sample_times(4096, seed=1, method="importance")
    first = np.log(0.3 + 0.5 / TIMESTEPS)
    even = (np.log(0.3 + 0.5 * times) - first) / (np.log(0.8) - first)
    places = np.sort(even)
    assert np.abs(places - (np.arange(4096) + 0.5) / 4096).max() < 0.06  # 1e-12
    span = np.log(0.8) - first
    assert weights == near(span * (0.3 + 0.5 * times) / 0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("ends", "field", "code"),
    [
        ([0.5, 0.5], "schedule.time_range", "out_of_order"),
        ([0.8, 0.3], "schedule.time_range", "out_of_order"),
        ([0.0], "schedule.time_range", "wrong_length"),
        ([0.0, 0.5, 1.0], "schedule.time_range", "wrong_length"),
        (0.5, "schedule.time_range", "not_a_list"),
        (None, "schedule.time_range", "not_a_list"),
        ([-0.1, 1.0], "schedule.time_range[0]", "out_of_range"),
        ([0.0, 1.1], "schedule.time_range[1]", "out_of_range"),
        ([0.0, True], "schedule.time_range[1]", "not_a_number"),
    ],
)
def test_what_is_no_part_of_the_time_is_refused(ends, field, code):
    with pytest.raises(EngineError) as caught:
        _process({"type": "cosine"}, time_range=ends)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_the_range_is_part_of_the_specification():
    part = _process({"type": "cosine"}, time_range=[0, 0.5])
    assert part.spec["schedule"]["time_range"] == [0.0, 0.5]
    assert build_process(part.spec).fingerprint == part.fingerprint
    whole = _process({"type": "cosine"}, time_range=[0, 1])
    assert "time_range" not in whole.spec["schedule"]
    assert whole.fingerprint == _process({"type": "cosine"}).fingerprint


def test_a_part_is_made_from_a_schedule_only():
    with pytest.raises(TypeError, match="within"):
        RangedSchedule.create({}, None)
