"""The arguments and the document of an audit, and the codes that need a sampler."""

import json

import numpy as np
import pytest

from noising.audit import CODES, Audit, audit
from noising.engine import EngineError, build_process
from tests.audit.faults import ABSORBING, UNIFORM, right_mask

MIXTURE = {
    **ABSORBING,
    "graph": {"type": "mixture", "share": {"type": "log_snr"}, "mask_id": 950},
}


def noised(spec, claim=None, *, rows=2048, length=64, ids=None, **options):
    """Return the report on the engine's noise of `spec` under another claim."""
    rng = np.random.default_rng(3)
    process = build_process(spec)
    x0 = rng.integers(0, 900, (rows, length)) if ids is None else ids(rng)
    t = 1.0 - rng.random(rows)
    n = process.noise(x0, t=t, seed=1)
    return audit(x0, n.tokens, claim or spec, t=t, moved=n.resampled, **options)


def codes(report):
    return [found.code for found in report.findings if found.severity == "error"]


@pytest.mark.parametrize(
    "spec",
    [
        MIXTURE,
        {**ABSORBING, "graph": {"type": "hdlm_gamma"}},
        {**ABSORBING, "graph": {"type": "gidd"}, "schedule": {"type": "gidd"}},
        {**UNIFORM, "graph": {"type": "marginal", "counts": [5.0, 1.0] * 500}},
        {**ABSORBING, "hyperschedule": {"type": "block"}},
        {
            **UNIFORM,
            "hyperschedule": {"type": "token_types", "classes": {"critical": [1, 2]}},
        },
    ],
    ids=lambda spec: str((spec.get("hyperschedule") or spec["graph"])["type"]),
)
def test_the_engines_own_noise_passes(spec):
    assert noised(spec).findings == ()


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ({**ABSORBING, "hyperschedule": {"type": "hybrid_annealing"}}, {}),
        ({**UNIFORM, "graph": {"type": "marginal", "counts": [9.0, 1.0] * 500}}, {}),
        ({**ABSORBING, "graph": {"type": "hdlm_epsilon"}}, {"t": None}),
        (ABSORBING, {"method": "sobol"}),
    ],
)
def test_right_noise_of_padded_rows_passes_in_many_epochs(spec, options):
    process = build_process(spec)
    rng = np.random.default_rng(11)
    x0, lengths = rng.integers(0, 900, (32, 64)), rng.integers(40, 65, 32)
    method = options.get("method", "uniform")
    audited = Audit(process, method=options.get("method"))
    for epoch in range(64):
        t, _ = process.sample_times(32, seed=1, method=method, draw=epoch)
        n = process.noise(x0, t=t, seed=1, draw=epoch, lengths=lengths)
        of = {"t": t, "lengths": lengths, "moved": n.resampled, **options}
        of.pop("method", None)
        audited.add(x0, n.tokens, **of, ids=np.arange(32), epoch=epoch)
    assert audited.report().findings == ()


def test_matrix_graphs_are_judged_by_their_changes():
    spec = {**UNIFORM, "vocab_size": 12, "graph": {"type": "banded"}}

    def tokens(rng):
        return rng.integers(0, 12, (256, 32))

    assert noised(spec, rows=256, length=32, ids=tokens).findings == ()
    claim = {**spec, "schedule": {"type": "power", "exponent": 4}}
    found = codes(noised(spec, claim, rows=256, length=32, ids=tokens))
    assert found == ["wrong_alpha"]


def test_noise_by_position_and_by_token_are_found():
    by_position = {**ABSORBING, "hyperschedule": {"type": "block"}}
    assert "noise_by_position" in codes(noised(by_position, ABSORBING))

    by_token = {
        **UNIFORM,
        "hyperschedule": {"type": "token_types", "classes": {"critical": [7]}},
    }

    def one_in_ten(rng):
        x0 = rng.integers(0, 900, (2048, 64))
        return np.where(rng.random(x0.shape) < 0.1, 7, x0)

    assert "noise_by_token" in codes(noised(by_token, UNIFORM, ids=one_in_ten))


def test_another_share_of_masks_is_found():
    other = {
        **MIXTURE,
        "graph": {**MIXTURE["graph"], "share": {"type": "log_snr", "shift": -1}},
    }
    assert codes(noised(other, MIXTURE)) == ["masked_share"]


def test_impossible_ids_are_found():
    rng = np.random.default_rng(4)
    spec, of = right_mask(rng)
    broken = (of["xt"] == 1000) & (rng.random(of["xt"].shape) < 0.2)
    of["xt"][broken] = rng.integers(0, 1000, broken.sum())
    report = audit(spec=spec, **of)
    assert codes(report) == ["impossible_ids"]


def test_alphas_of_other_times_are_found():
    spec, of = right_mask(np.random.default_rng(5))
    report = audit(spec=spec, **of, alpha=1 - of["t"] ** 2)
    assert codes(report) == ["declared_alpha"]


def test_parts_and_the_whole_give_the_same_report():
    spec, of = right_mask(np.random.default_rng(6))
    parts = Audit(spec)
    for start in range(0, 2048, 512):
        rows = slice(start, start + 512)
        parts.add(**{name: values[rows] for name, values in of.items()})
    report, whole = parts.report(), audit(spec=spec, **of)
    assert report.tests == whole.tests
    assert report.rows == whole.rows == 2048


def test_without_times_the_rest_is_judged():
    spec, of = right_mask(np.random.default_rng(7))
    report = audit(of["x0"], of["xt"], spec)
    assert report.verdict == "passed"
    assert "wrong_alpha" not in {test.code for test in report.tests}
    assert any("Without `t`" in note for note in report.notes)
    of["xt"][:, 3] = of["x0"][:, 3]
    assert codes(audit(of["x0"], of["xt"], spec)) == ["position_never_changed"]


def test_a_fault_of_the_stated_size_is_found_and_a_tenth_of_it_is_not():
    rng = np.random.default_rng(8)
    x0 = rng.integers(0, 1000, (1024, 64))

    def report(share):
        xt = np.where(rng.random(x0.shape) < share, 1000, x0)
        return audit(x0, xt, ABSORBING, t=0.5)

    right = build_process(ABSORBING).move_chance(0.5)
    size = next(
        test.smallest_fault
        for test in report(right).tests
        if test.code == "wrong_alpha"
    )
    assert 0.001 < size < 0.05
    assert codes(report(right + size)) == ["wrong_alpha"]
    assert codes(report(right + 0.1 * size)) == []


def test_the_document_is_json_and_the_text_names_each_finding():
    spec, of = right_mask(np.random.default_rng(9))
    of["xt"][0, 0] = 3
    of["moved"][0, 0] = False
    of["weights"][5] = np.nan
    report = audit(spec=spec, **of)

    document = json.loads(json.dumps(report.as_dict(), allow_nan=False))

    assert document["verdict"] == "failed"
    assert document["fingerprint"] == build_process(spec).fingerprint
    found = [entry["code"] for entry in document["findings"]]
    assert {"moved_disagrees", "weights_not_finite"} <= set(found)
    text = str(report)
    for entry in document["findings"]:
        assert entry["code"] in text
        assert entry["title"] == CODES[entry["code"]].title
    assert document["curves"]["levels"][0]["tokens"] > 0


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"xt": np.zeros((3, 5), int)}, "xt", "wrong_shape"),
        (
            {"x0": np.zeros((0, 4), int), "xt": np.zeros((0, 4), int)},
            "x0",
            "wrong_shape",
        ),
        ({"x0": np.zeros((3, 4))}, "x0", "not_an_integer"),
        ({"t": [0.5, 0.5]}, "t", "wrong_shape"),
        ({"t": 1.5}, "t", "out_of_range"),
        ({"t": 0.5, "timestep": 3}, "t", "not_together"),
        ({"timestep": 1000}, "timestep", "out_of_range"),
        ({"alpha": [0.5, 2.0, 0.5]}, "alpha", "out_of_range"),
        ({"protect": [1, 0, 0, 0]}, "protect", "not_a_mask"),
        ({"protect": [True, False]}, "protect", "wrong_shape"),
        ({"lengths": [5, 1, 1]}, "lengths[0]", "out_of_range"),
        ({"lengths": [1]}, "lengths", "wrong_shape"),
        ({"moved": np.zeros((2, 4), bool)}, "moved", "wrong_shape"),
        ({"weights": np.zeros((3, 3))}, "weights", "wrong_shape"),
        ({"weights": ["a"] * 3}, "weights", "not_a_number"),
        ({"ids": [1, 2]}, "ids", "wrong_shape"),
        ({"rank": [-1, 0, 0]}, "rank[0]", "out_of_range"),
        ({"low": 0.5, "high": 0.5}, "low", "out_of_order"),
        ({"high": 2.0}, "high", "out_of_range"),
        ({"method": "even"}, "method", "unknown_method"),
        ({"form": "elb"}, "form", "unknown_form"),
        ({"block": 0}, "block", "out_of_range"),
        ({"false_alarm_rate": 0.5}, "false_alarm_rate", "out_of_range"),
        ({"spec": {"graph": {"type": "x"}}}, "graph.type", "unknown_type"),
    ],
)
def test_bad_arguments_are_refused_by_name(changes, field, code):
    given = {"x0": np.zeros((3, 4), int), "xt": np.zeros((3, 4), int), "t": 0.5}
    given["spec"] = ABSORBING
    if "timestep" in changes and "t" not in changes:
        del given["t"]
    with pytest.raises(EngineError) as caught:
        audit(**(given | changes))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_times_by_position_do_not_go_with_a_hyperschedule():
    spec = {**ABSORBING, "hyperschedule": {"type": "block"}}
    x0 = np.zeros((2, 4), int)
    with pytest.raises(EngineError, match="one time for each row"):
        audit(x0, x0, spec, t=np.linspace(0.1, 0.9, 8).reshape(2, 4))


def test_an_audit_of_nothing_is_refused():
    with pytest.raises(EngineError, match="at least one row"):
        Audit(ABSORBING).report()
