"""Audits of functions, as a job on several ranks calls them."""

import numpy as np
import pytest

from noising.audit import audit_function
from noising.audit.adapters import from_collator, from_method, from_row_function
from noising.engine import EngineError, build_process
from tests.audit.faults import ABSORBING, MASK, alpha

SMALL = {"rows": 512, "length": 64}


def draw(x0, seeds):
    rng = np.random.default_rng(seeds)
    t = 1.0 - rng.random(len(x0))
    return {
        "xt": np.where(rng.random(x0.shape) < 1 - alpha(t)[:, None], MASK, x0),
        "t": t,
    }


def right(x0, seed, rank, step):
    return draw(x0, (seed, rank, step))


def codes(report):
    return [found.code for found in report.findings if found.severity == "error"]


def test_a_right_function_passes_and_rows_are_noised_twice():
    steps = []
    report = audit_function(
        right,
        ABSORBING,
        resume=lambda step: right,
        on_step=lambda done, total: steps.append((done, total)),
        **SMALL,
    )
    assert report.findings == ()
    assert report.rows == 2 * 512
    assert steps[-1] == (64, 64)
    tested = {test.code for test in report.tests}
    assert {"same_noise_on_ranks", "frozen_noise", "resume_differs"} <= tested


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (lambda x0, seed, rank, step: draw(x0, (seed, step)), "same_noise_on_ranks"),
        (lambda x0, seed, rank, step: draw(x0, (seed, rank, step % 8)), "frozen_times"),
        (
            lambda x0, seed, rank, step: draw(x0 * 0 + 1, (rank, step)),
            "impossible_ids",
        ),
    ],
)
def test_faults_of_a_job_are_found(function, code):
    assert codes(audit_function(function, ABSORBING, **SMALL))[0] == code


def test_a_restart_that_repeats_noise_is_found():
    def resume(step):
        return lambda x0, seed, rank, now: right(x0, seed, rank, now - step)

    report = audit_function(right, ABSORBING, resume=resume, **SMALL)
    assert codes(report) == ["replay_after_resume"]

    def other(step):
        return lambda x0, seed, rank, now: right(x0, seed + 1, rank, now)

    report = audit_function(right, ABSORBING, resume=other, **SMALL)
    assert codes(report) == ["resume_differs"]


def test_own_rows_and_claims_reach_the_audit():
    data = np.full((64, 16), 5)
    seen = []

    def function(x0, seed, rank, step):
        seen.append((x0.shape, x0.dtype, seed, rank, step))
        return right(x0, seed, rank, step)

    report = audit_function(
        function, ABSORBING, data=data, ranks=2, seed=9, low=0.25, method="uniform"
    )
    assert codes(report) == ["times_out_of_range"]
    assert seen[-1] == ((4, 16), np.int64, 9, 1, 15)
    assert report.claims["low"] == 0.25


def test_made_up_rows_avoid_the_mask():
    spec = {**ABSORBING, "vocab_size": 4, "graph": {"type": "absorbing", "mask_id": 0}}

    def function(x0, seed, rank, step):
        assert x0.min() > 0
        assert x0.max() < 4
        n = build_process(spec).noise(x0, t=0.5, seed=step, sequence_ids=None)
        return {"xt": n.tokens, "t": 0.5}

    assert "mask_in_data" not in codes(audit_function(function, spec, ranks=1, **SMALL))


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"fn": lambda *_: 3}, "fn", "wrong_result"),
        ({"fn": lambda *_: {"t": 0.5}}, "fn", "wrong_result"),
        ({"data": [[1, 2]]}, "data", "wrong_shape"),
        ({"ranks": 0}, "ranks", "out_of_range"),
        ({"rows": 0}, "rows", "out_of_range"),
        ({"vocab_size": 1001}, "vocab_size", "out_of_range"),
        ({"seed": -1}, "seed", "out_of_range"),
        ({"t": 0.5}, "t", "unknown_argument"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, field, code):
    with pytest.raises(EngineError) as caught:
        audit_function(**({"fn": right, "spec": ABSORBING, **SMALL} | arguments))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_collator_a_row_function_and_a_method_are_adapted():
    process = build_process(ABSORBING)

    def collate(rows):
        x0 = np.array([row["input_ids"] for row in rows])
        n = process.noise(x0, t=0.4, seed=3, sequence_ids=[row["id"] for row in rows])
        return {"input_ids": n.tokens, "time": np.full(len(rows), 0.4)}

    names = {"xt": "input_ids", "t": "time"}
    function = from_collator(collate, names, id_column="id")
    assert audit_function(function, ABSORBING, **SMALL).findings == ()

    rng = np.random.default_rng(1)

    def noise(row):
        x0, t = np.array(row["input_ids"]), 1.0 - rng.random()
        xt = np.where(rng.random(x0.size) < 1 - alpha(t), MASK, x0)
        return {"noised": xt, "time": t}

    function = from_row_function(noise, {"xt": "noised", "t": "time"})
    assert audit_function(function, ABSORBING, **SMALL).findings == ()

    def method(x0):
        t = 1.0 - rng.random(len(x0))
        moved = rng.random(x0.shape) < 1 - alpha(t)[:, None]
        return np.where(moved, MASK, x0), None, t, moved

    function = from_method(method, ("xt", "", "t", "moved"), convert=np.asarray)
    report = audit_function(function, ABSORBING, **SMALL)
    assert report.findings == ()
    assert report.claims["declared"] == ["epoch", "ids", "moved", "rank", "t"]


def test_a_key_that_a_collator_lacks_is_named():
    function = from_collator(lambda rows: {"labels": 1}, {"xt": "input_ids"})
    with pytest.raises(EngineError, match="must be a key of the result: labels"):
        audit_function(function, ABSORBING, **SMALL)
