"""A certificate passes for a correct process, and lists what it left out."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.certify import FALSE_ALARM_RATE, SAMPLES, certify, golden
from noising.engine.certify.certificate import Certificate, Evidence
from noising.engine.certify.moments import clean_tokens
from noising.engine.graphs import MatrixGraph
from tests.engine.certificates import FEW, NAMES, check_of, failed, skipped
from tests.engine.examples import GRAPHS, SCHEDULES, TIMESTEPS, example, schedule_for

# Sampler and kernels look at a schedule through sigma alone, so every schedule on one
# graph and every graph on one schedule stand for all pairs.
EXAMPLES = [
    *((name, "uniform") for name in SCHEDULES),
    *((schedule_for(graph, "loglinear"), graph) for graph in GRAPHS),
]


@pytest.mark.parametrize("pair", EXAMPLES, ids="-".join)
def test_every_schedule_and_graph_passes(pair):
    certificate = certify(example(*pair), samples=FEW)
    assert failed(certificate) == []
    assert certificate.verdict == "passed"
    assert [check.name for check in certificate.checks] == NAMES


def test_the_default_specification_passes():
    certificate = certify(build_process({}))
    assert certificate.passed
    assert skipped(certificate) == ["masked_tokens", "hyperschedule"]
    assert certificate.samples == SAMPLES.default


def test_the_same_seed_gives_the_same_certificate():
    process = example("cosine", "uniform")
    document = certify(process, samples=FEW, seed=5).document()
    assert json.loads(json.dumps(document)) == document
    assert certify(process, samples=FEW, seed=5).document() == document
    other = certify(process, samples=FEW, seed=6).document()
    assert other["checks"] != document["checks"]


def test_information_that_a_graph_is_too_large_for_isskipped(monkeypatch):
    monkeypatch.setattr(MatrixGraph, "MAX_INFORMATION_VOCAB", 4)
    certificate = certify(example("loglinear", "banded"), samples=FEW)
    assert certificate.passed
    assert "at most 4" in check_of(certificate, "information").measured
    assert {"information", "nelbo_weights", "nesting"} <= set(skipped(certificate))


def test_golden_vectors_are_those_of_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "randomness.md").read_text()
    rows = re.findall(r"^\| (\d.*) \|$", text, re.MULTILINE)
    documented = []
    for row in rows:
        cells = [cell.strip(" `") for cell in row.split("|")]
        words = tuple(int(cell, 16) for cell in cells[4:])
        documented.append((tuple(int(cell) for cell in cells[:4]), *words))
    assert tuple(documented) == golden.VECTORS
    assert str(list(golden.EXAMPLE)) in text


def test_a_falling_table_fails_for_that_alone():
    alphas = [0.9, 0.5, 0.6, 0.1]
    process = build_process(
        {
            "vocab_size": 9,
            "num_timesteps": 4,
            "schedule": {"type": "custom", "alphas": alphas},
        }
    )
    certificate = certify(process, samples=FEW)
    assert failed(certificate) == ["sigma_rises"]
    assert "t = 0.625" in check_of(certificate, "sigma_rises").measured
    for name in ("kernels", "kernel_columns", "semigroup", "bayes"):
        check = check_of(certificate, name)
        assert check.status == "skipped"
        assert "sigma" in check.measured
    for name in ("markov_path", "nesting"):
        assert "sigma falls" in check_of(certificate, name).measured


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "cosine", "max_beta": 1},
        {"type": "d3pm_cosine", "s": 0, "max_beta": 1},
        {"type": "loglinear", "epsilon": 0},
        {"type": "sedd_entropy", "epsilon": 0},
        {"type": "polynomial", "exponent": 0.5, "epsilon": 0},
        {"type": "sigmoid", "tau": 1e-3},
        {"type": "linear_sigma", "sigma_max": 5000},
    ],
    ids=lambda schedule: schedule["type"],
)
@pytest.mark.parametrize("graph", ["uniform", "absorbing", "hdlm_gamma"])
def test_schedules_that_end_in_all_noise_pass(schedule, graph):
    process = build_process(
        {"vocab_size": 9, "schedule": schedule, "graph": {"type": graph}}
    )
    assert failed(certify(process, samples=FEW)) == []


@pytest.mark.parametrize("schedule", ["loglinear", "mdlm_cosine", "geometric"])
def test_exact_rates_of_a_formula_pass_as_a_table(schedule):
    formula = build_process({"vocab_size": 5, "schedule": {"type": schedule}})
    times = formula.time(np.arange(1000))
    table = {
        "type": "custom",
        "sigmas": formula.sigma(times).tolist(),
        "rates": formula.dsigma(times).tolist(),
    }
    process = build_process({"vocab_size": 5, "schedule": table})
    assert failed(certify(process, samples=FEW)) == []


@pytest.mark.parametrize(
    "alphas", [[0.5, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.5, 0.0]]
)
@pytest.mark.parametrize("graph", ["uniform", "absorbing", "hdlm_gamma"])
def test_tables_that_reach_no_noise_or_all_of_it_pass(alphas, graph):
    process = build_process(
        {
            "vocab_size": 9,
            "num_timesteps": 3,
            "schedule": {"type": "custom", "alphas": alphas},
            "graph": {"type": graph},
        }
    )
    assert failed(certify(process, samples=FEW)) == []


@pytest.mark.parametrize(
    ("factor", "status"), [(1.0, "ok"), (1.03, "ok"), (1.1, "failed")]
)
def test_rates_of_a_table_are_compared_as_the_linter_does(factor, status):
    """They are a user's samples of a rate, linear in between."""
    sigmas = [0.1 * (k + 1) / TIMESTEPS for k in range(TIMESTEPS)]
    schedule = {"type": "custom", "sigmas": sigmas, "rates": [0.1 * factor] * TIMESTEPS}
    spec = {"vocab_size": 5, "num_timesteps": TIMESTEPS, "schedule": schedule}
    check = check_of(certify(build_process(spec), samples=FEW), "dsigma")
    assert check.status == status


@pytest.mark.parametrize(
    "spec",
    [
        {"vocab_size": 2},
        {"vocab_size": 2, "graph": {"type": "absorbing", "mask_id": 0}},
        {"vocab_size": 2, "graph": {"type": "absorbing", "mask_id": 1}},
        {"vocab_size": 3, "graph": {"type": "absorbing", "mask_id": 1}},
        {"vocab_size": 3, "num_timesteps": 1},
        {"vocab_size": 5, "num_timesteps": 100_000},
    ],
)
def test_small_and_large_processes_pass(spec):
    assert failed(certify(build_process(spec), samples=FEW)) == []


@pytest.mark.parametrize(
    ("size", "mask", "tokens"),
    [
        (2, None, [0, 1]),
        (2, 0, [1]),
        (2, 1, [0]),
        (3, 1, [0, 2]),
        (50257, None, [0, 16752, 50256]),
        (50257, 50256, [0, 16752, 50255]),
        (50257, 0, [1, 16752, 50256]),
        (50257, 16752, [0, 16753, 50256]),
        (1 << 24, None, [0, (1 << 24) - 1]),
    ],
)
def test_the_tokens_tried_are_data(size, mask, tokens):
    graph = {"type": "uniform"}
    if mask is not None:
        graph = {"type": "absorbing", "mask_id": mask}
    process = build_process({"vocab_size": size, "num_timesteps": 2, "graph": graph})
    assert clean_tokens(process) == tokens


@pytest.mark.parametrize(
    "hyperschedule",
    [
        {"type": "sliding"},
        {"type": "weights", "weights": [1.0, 2.0, 4.0] * 10},
        {"type": "token_types", "classes": {"critical": [1, 2], "variable": [3]}},
        {"type": "token_types", "classes": {"critical": [4]}},
        {"type": "token_exponents", "exponents": {"2": 4, "4": 0.3, "3": 2}},
    ],
)
@pytest.mark.parametrize("graph", ["uniform", "absorbing inside"])
def test_noise_by_position_is_certified(hyperschedule, graph):
    process = build_process(
        {
            "vocab_size": 5,
            "schedule": {"type": "loglinear"},
            "graph": GRAPHS[graph],
            "hyperschedule": hyperschedule,
        }
    )
    check = check_of(certify(process, samples=1 << 14), "hyperschedule")
    assert check.status == "ok"
    assert len(check.p_values) >= 3


def test_p_values_are_judged_together():
    process = example("loglinear", "uniform")

    def verdict(p_value, tests):
        ordinary = tuple((f"case {i}", 0.5) for i in range(tests))
        evidence = (
            Evidence(name="one", measured="-", p_values=(("rare", p_value),)),
            Evidence(name="many", measured="-", p_values=ordinary),
        )
        return Certificate.of(process, evidence, seed=0, samples=0).verdict

    assert verdict(0.5 * FALSE_ALARM_RATE, 0) == "failed"
    assert verdict(0.5 * FALSE_ALARM_RATE, 99) == "passed"
    assert verdict(0.009 * FALSE_ALARM_RATE, 99) == "failed"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"samples": 511}, "samples"),
        ({"samples": 1 << 25}, "samples"),
        ({"samples": 10000.5}, "samples"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 64}, "seed"),
    ],
)
def test_samples_and_seed_have_limits(arguments, field):
    with pytest.raises(EngineError) as caught:
        certify(example("loglinear", "uniform"), **arguments)
    assert caught.value.field == field


def test_samples_are_rounded_up_to_pairs_of_rows():
    assert certify(example("loglinear", "uniform"), samples=513).samples == 1024
