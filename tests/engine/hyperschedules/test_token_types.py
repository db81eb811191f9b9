"""Token types: the tokenizer service's classes as weights."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.hyperschedules import HYPERSCHEDULE_TYPES
from tests.engine.references import near

CLASSES = {"critical": [3, 1], "variable": [0, 5], "other": [2]}
TOKENS = np.array([1, 0, 2, 4, 3, 5, 5])
KINDS = [0, 1, 2, 2, 0, 1, 1]


def _process(schedule=None, vocab_size=6, **hyperschedule):
    return build_process(
        {
            "vocab_size": vocab_size,
            "schedule": schedule or {"type": "loglinear"},
            "hyperschedule": {
                "type": "token_types",
                "classes": CLASSES,
                **hyperschedule,
            },
        }
    )


def test_a_token_has_its_class_and_none_is_other():
    hyperschedule = _process().hyperschedule
    assert hyperschedule.type_of(TOKENS).tolist() == KINDS
    assert hyperschedule.type_of(TOKENS.astype(np.uint8)[None]).tolist() == [KINDS]


def test_without_classes_every_token_is_other():
    process = _process(classes={})
    assert process.hyperschedule.type_of(TOKENS).tolist() == [2] * 7
    sigma = process.position_sigma(0.4, 7, tokens=TOKENS)
    assert (sigma == process.sigma(0.4)).all()


def test_it_equals_the_weights_of_each_token():
    process = _process(weights={"critical": 5.0, "variable": 0.25})
    weights = np.array([5.0, 0.25, 1.0])[KINDS]
    for t in (0.0, 1e-6, 0.5, 1.0):
        sigma = process.position_sigma(t, 7, tokens=TOKENS)
        expected = process.position_sigma(t, 7, weights=weights)
        assert sigma == near(expected, rel=1e-13)
        mean = np.exp(-sigma).mean()
        assert mean == near(process.alpha(t), rel=1e-12)


def test_uncalibrated_types_divide_sigma():
    process = _process(calibrate=False)
    sigma = process.position_sigma([0.25, 0.5], 7, tokens=TOKENS)
    weights = np.array([2.0, 0.8, 1.0])[KINDS]
    assert sigma == pytest.approx(process.sigma([0.25, 0.5])[:, None] / weights)


def test_types_that_do_not_occur_take_no_part():
    # A type with a far greater weight must not overflow what the others are given.
    process = _process(
        {"type": "geometric", "sigma_max": 5000.0},
        weights={"critical": 1e6, "variable": 1.0, "other": 1.0},
    )
    sigma = process.position_sigma(1.0, 3, tokens=[0, 2, 5])
    assert sigma.tolist() == [5000.0] * 3


def test_rows_keep_their_own_budget_beside_others_and_padding():
    process = _process()
    rows = np.array([[1, 0, 2, 4], [5, 5, 3, 2]])
    both = process.position_sigma([0.2, 0.9], 4, tokens=rows)
    assert (both[0] == process.position_sigma(0.2, 4, tokens=rows[0])).all()
    assert (both[1] == process.position_sigma(0.9, 4, tokens=rows[1])).all()
    one_row = process.position_sigma([0.2, 0.9], 4, tokens=rows[0])
    assert one_row.shape == (2, 4)
    assert (one_row[0] == both[0]).all()
    clean = {"seed": 3, "timestep": 500, "lengths": [2, 4]}
    padded = process.noise(rows, **clean).tokens
    alone = process.noise(rows[:1, :2], **{**clean, "lengths": None}).tokens
    assert (padded[0] == [*alone[0], 2, 4]).all()


def test_times_that_fit_no_row_are_refused():
    with pytest.raises(EngineError) as caught:
        _process().position_sigma([0.1, 0.2, 0.3], 2, tokens=[[0, 1], [2, 3]])
    assert (caught.value.field, caught.value.code) == ("t", "wrong_shape")


def test_the_tokens_are_needed():
    with pytest.raises(EngineError) as caught:
        _process().position_sigma(0.5, 7)
    assert (caught.value.field, caught.value.code) == ("tokens", "missing")


def test_the_canonical_form_sorts_ids_and_names_all_types():
    process = _process(classes={"critical": [3, 1, 3]}, weights={"other": 3})
    assert process.spec["hyperschedule"] == {
        "type": "token_types",
        "classes": {"critical": [1, 3], "variable": [], "other": []},
        "weights": {"critical": 2.0, "variable": 0.8, "other": 3.0},
        "calibrate": True,
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"classes": {"critical": [1], "other": [0, 1]}}, "other[1]", "two_types"),
        ({"classes": {"variable": [4, 9], "other": [9]}}, "other[0]", "two_types"),
        ({"classes": {"critical": [6]}}, "critical", "out_of_range"),
        ({"classes": {"critical": [-1, 2]}}, "critical", "out_of_range"),
        ({"classes": {"critical": [1, True]}}, "critical[1]", "not_an_integer"),
        ({"classes": {"critical": [1, 2.5]}}, "critical[1]", "not_an_integer"),
        ({"classes": {"critical": ["1"]}}, "critical[0]", "not_an_integer"),
        ({"classes": {"critical": [1, 1 << 63]}}, "critical[1]", "out_of_range"),
        ({"classes": {"critical": [10**400]}}, "critical[0]", "out_of_range"),
        ({"classes": {"critical": 1}}, "critical", "not_a_list"),
        ({"classes": {"vital": [1]}}, "vital", "unknown_key"),
        ({"classes": [1]}, "", "not_an_object"),
    ],
)
def test_bad_classes_are_refused_by_place(changes, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**changes)
    path = f"hyperschedule.classes.{field}".rstrip(".")
    assert (caught.value.field, caught.value.code) == (path, code)


@pytest.mark.parametrize(
    ("weights", "field", "code"),
    [
        ({"critical": 0}, ".critical", "out_of_range"),
        ({"critical": math.inf}, ".critical", "not_finite"),
        ({"critical": 1e6}, "", "too_far_apart"),
        ({"vital": 1}, ".vital", "unknown_key"),
        ([2.0, 0.8, 1.0], "", "not_an_object"),
    ],
)
def test_bad_weights_are_refused_by_type(weights, field, code):
    with pytest.raises(EngineError) as caught:
        _process(weights=weights)
    path = f"hyperschedule.weights{field}"
    assert (caught.value.field, caught.value.code) == (path, code)


@pytest.mark.parametrize(
    "ids", [np.array([1, 3], np.int32), [np.int32(3), 1], (3, 1), [np.uint8(1), 3, 3]]
)
def test_ids_may_come_as_arrays_and_numpy_integers(ids):
    process = _process(classes={"critical": ids})
    assert process.spec["hyperschedule"]["classes"]["critical"] == [1, 3]


def test_classes_are_required():
    with pytest.raises(EngineError) as caught:
        build_process({"hyperschedule": {"type": "token_types"}})
    assert (caught.value.field, caught.value.code) == (
        "hyperschedule.classes",
        "missing",
    )
    assert "classes" in HYPERSCHEDULE_TYPES["token_types"].PARAMETERS


def test_many_ids_are_checked_quickly_and_wholly():
    ids = list(range(50257))
    process = _process(vocab_size=50257, classes={"critical": ids})
    assert process.hyperschedule.ids.size == 50257
    with pytest.raises(EngineError) as caught:
        _process(vocab_size=50257, classes={"critical": ids, "other": [50256]})
    assert caught.value.code == "two_types"
