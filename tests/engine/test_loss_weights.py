"""Weights of a row's loss, and the leave-one-out shift of uniform noise."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process

COSINE = {
    1.1102230246251565e-16: 9007199254740992.0,
    1e-09: 999999999.9793574,
    1e-06: 999999.9793574617,
    0.00137: 790.6633985012661,
    0.0123456: 117.05347789627312,
    0.1037: 17.783352742379993,
    0.31415: 5.688925683988487,
    0.50071: 3.070166935382496,
    0.77713: 1.1303933582561574,
    0.95421: 0.22422102741081368,
    0.9983: 0.008885555258965169,
    0.99951: 0.0004951340704000873,
    0.99999: 1.7977230271335492e-05,
    1.0: 1.6777327464232697e-05,
}
"""rise·T/expm1(sigma) of the `cosine` schedule by mpmath with 60 digits: the betas of
Nichol and Dhariwal for T = 1000, s = 0.008, capped at 0.999, sigma linear between the
timesteps."""


def _process(schedule="loglinear", graph="absorbing", **more):
    return build_process(
        {"vocab_size": 50, "schedule": {"type": schedule}, "graph": {"type": graph}}
        | more
    )


@pytest.mark.parametrize("schedule", ["loglinear", "sedd_entropy"])
def test_the_elbo_weight_is_right_to_the_last_bit_of_float32(schedule):
    """With absorbing noise both schedules have alpha linear in t and weight 1/t."""
    rng = np.random.default_rng(1)
    early, late = 2.0 ** rng.uniform(-53, 0, 20_000), 1 - 2.0 ** rng.uniform(-53, 0, 99)
    t = np.concatenate([early, late, rng.random(20_000), [2.0**-53, 1.0]])
    weight = _process(schedule).loss_weight(t)
    assert weight.dtype == np.float32
    assert (weight == (1.0 / t).astype(np.float32)).all()


def test_the_elbo_weight_of_a_table_is_right_to_the_last_bit_of_float32():
    process, t = _process("cosine"), list(COSINE)
    expected = np.array(list(COSINE.values()))
    assert (process.loss_weight(t) == expected.astype(np.float32)).all()
    exact = process.loss_weight(t, dtype=float)
    assert exact.dtype == np.float64
    assert exact == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("graph", ["absorbing", "hdlm_epsilon"])
def test_the_elbo_weight_is_the_nelbo_weight_of_a_masked_token(graph):
    process = _process("cosine", graph)
    t = np.random.default_rng(2).random((4, 6))
    found = process.loss_weight(t, dtype=np.float64)
    assert (found == process.nelbo_weight(process.mask_id, 3, t)).all()


@pytest.mark.parametrize("t", [0.5, [0.1, 0.9], [[0.1, 0.2], [0.3, 0.4]]])
@pytest.mark.parametrize("form", ["elbo", "flat"])
def test_weights_have_the_shape_of_the_times(form, t):
    weight = _process().loss_weight(t, form)
    assert np.shape(weight) == np.shape(t)
    assert weight.dtype == np.float32
    expected = 1.0 if form == "flat" else 1.0 / np.array(t)
    assert (weight == np.float32(expected)).all()


def test_realised_weights_divide_the_eligible_positions_by_those_that_moved():
    process = _process("cosine", "uniform")
    weight = process.loss_weight(
        [0.1, 0.5, 0.9], "realised", moved=[2, 4, 0], eligible=[6, 4, 5]
    )
    assert weight.tolist() == [3.0, 1.0, 0.0]
    assert process.loss_weight(0.5, "realised", moved=2, eligible=5) == 2.5


def test_exact_counts_have_the_weight_of_the_positions_that_can_move():
    weight = _process().loss_weight(
        [0.1, 0.2, 0.3, 0.4], "count", moved=4, eligible=[8, 4, 3, 0]
    )
    assert weight.tolist() == [2.0, 1.0, 1.0, 0.0]
    none = _process().loss_weight([0.1, 0.2], "count", moved=0, eligible=[8, 0])
    assert none.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("form", ["realised", "count"])
def test_masks_are_counted_row_by_row(form):
    process = _process()
    moved = np.array([[True, False, False, False], [True, True, False, False]])
    eligible = np.array([[True, True, True, False], [True, True, True, True]])
    rows = process.loss_weight([0.3, 0.3], form, moved=moved, eligible=eligible)
    assert rows.tolist() == [3.0, 2.0]
    assert process.loss_weight(0.3, form, moved=moved[0], eligible=eligible[0]) == 3.0
    every = process.loss_weight(
        np.full((2, 4), 0.3), form, moved=moved, eligible=eligible
    )
    assert every.tolist() == [[3.0] * 4, [2.0] * 4]


@pytest.mark.parametrize(
    ("arguments", "field", "code", "named"),
    [
        ({"form": "elbos"}, "form", "unknown_form", "did you mean `elbo`"),
        ({"form": None}, "form", "unknown_form", "elbo, flat, realised, count"),
        ({"moved": 3}, "moved", "not_together", "form `elbo`"),
        ({"form": "flat", "eligible": 3}, "eligible", "not_together", "form `flat`"),
        ({"form": "count", "eligible": 3}, "moved", "missing", "`eligible` for the"),
        ({"form": "realised", "moved": 3}, "eligible", "missing", "`moved` for the"),
        (
            {"form": "realised", "moved": 4, "eligible": 3},
            *("moved", "out_of_range", "must not exceed `eligible`"),
        ),
        (
            {"form": "count", "moved": -1, "eligible": 3},
            *("moved", "out_of_range", "must lie in 0.."),
        ),
        (
            {"form": "count", "moved": [1, 2], "eligible": [1, 2, 3]},
            *("eligible", "wrong_shape", "must fit"),
        ),
        (
            {"form": "count", "moved": True, "eligible": 3},
            *("moved", "not_an_integer", "integers"),
        ),
        ({"dtype": "float16"}, "dtype", "unknown_dtype", "float32 or float64"),
        ({"dtype": None}, "dtype", "unknown_dtype", "float32 or float64"),
        ({"dtype": "weights"}, "dtype", "unknown_dtype", "float32 or float64"),
        ({"t": 1.5}, "t", "out_of_range", "must lie in [0, 1]"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, field, code, named):
    with pytest.raises(EngineError) as caught:
        _process().loss_weight(**({"t": 0.5} | arguments))
    assert (caught.value.field, caught.value.code) == (field, code)
    assert named in str(caught.value)


@pytest.mark.parametrize("graph", ["uniform", "hdlm_gamma", "banded"])
def test_graphs_whose_weight_depends_on_the_tokens_have_no_elbo_form(graph):
    process = _process("cosine", graph)
    with pytest.raises(EngineError, match=r"`form` .* `graph` .* use `nelbo_weight`"):
        process.loss_weight(0.5)
    assert process.loss_weight(0.5, "flat") == 1.0


def test_the_leave_one_out_shift_is_its_formula():
    """mpmath, 40 digits, V = 50, epsilon = 1e-3: log1p(V·alpha/(1-alpha))."""
    times = [2.0**-53, 1e-6, 0.25, 0.5, 0.999, 1.0]
    expected = [
        *(40.649824075438830883, 17.728533084705524501, 5.018604787819954186),
        *(3.9337864561138085913, 0.095446716164903012161, 0.048837829747743657527456),
    ]
    process = _process(graph="uniform")
    assert process.loo_shift(times) == pytest.approx(expected, rel=1e-13)
    assert process.loo_shift([[0.0]]).tolist() == [[math.inf]]


def test_the_shift_turns_leave_one_out_posteriors_into_posteriors():
    process = _process("cosine", "uniform", vocab_size=6)
    prior = np.random.default_rng(3).dirichlet(np.ones(6))
    logits = np.log(prior)
    logits[4] += process.loo_shift(0.3)
    shifted = np.exp(logits) / np.exp(logits).sum()
    joint = prior * process.marginal(np.arange(6), 0.3)[:, 4]
    assert shifted == pytest.approx(joint / joint.sum(), rel=1e-12)


def test_other_graphs_have_no_leave_one_out_shift():
    with pytest.raises(EngineError, match=r"`graph.type` must be `uniform`"):
        _process().loo_shift(0.5)


def test_a_hyperschedule_has_no_elbo_form():
    process = build_process(
        {"graph": {"type": "absorbing"}, "hyperschedule": {"type": "block"}}
    )
    with pytest.raises(EngineError, match=r"`form` .* `hyperschedule`.* use `flat`"):
        process.loss_weight(0.5)
    assert process.loss_weight(0.5, "flat") == 1.0
