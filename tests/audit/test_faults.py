"""Audits find each fault by its code, and right functions have none."""

import numpy as np
import pytest

from noising.audit import CODES, audit
from noising.audit.report import judge
from noising.engine import build_process
from tests.audit.faults import FAULTS, RIGHT, SPREAD

SEEDS = 200


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_code(name):
    function, code = FAULTS[name]
    spec, given = function(np.random.default_rng(1))

    report = audit(spec=spec, **given)

    assert report.verdict == "failed"
    causes = [found.code for found in report.findings if found.severity == "error"]
    assert causes[0] == code or (name in SPREAD and code in causes)
    assert all(
        found.may_follow_from
        for found in report.findings
        if found.severity == "warning"
    )


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_passes(name):
    spec, given = RIGHT[name](np.random.default_rng(1))
    report = audit(spec=spec, **given)
    assert (report.verdict, report.findings) == ("passed", ())


def test_right_functions_pass_many_seeds():
    """False alarms are due once in a million audits; `benchmarks.audits` runs 1,000.

    The seeds are fixed; what is tested is that p-values are not too small.
    """
    process = build_process(
        {"vocab_size": 27, "schedule": {"type": "cosine"}, "graph": {"type": "uniform"}}
    )
    rows = np.arange(64)
    least = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        x0, t = rng.integers(0, 27, (64, 16)), 1.0 - rng.random(64)
        n = process.noise(x0, t=t, seed=seed)
        report = audit(
            x0,
            n.tokens,
            process,
            t=t,
            moved=n.resampled,
            ids=rows % 32,
            epoch=rows // 32,
            rank=rows % 2,
        )
        assert not report.findings
        least.append(min(test.p_value for test in report.tests))
    assert min(least) > 1e-5  # the least of 200 is 5e-3 on average


def test_every_code_is_found_or_named():
    """Codes that only other tests of this folder show."""
    elsewhere = {
        "declared_alpha",
        "impossible_ids",
        "masked_share",
        "noise_by_position",
        "noise_by_token",
        "replay_after_resume",
        "resume_differs",
    }
    assert {code for _, code in FAULTS.values()} | elsewhere | {
        "even_counts",
        "uneven_counts",
    } == set(CODES)
    causes = {code for of in CODES.values() for code in of.may_cause}
    assert causes <= set(CODES)


def test_nothing_is_judged_without_tests():
    assert judge([], rate=1e-6) == ((), ())
