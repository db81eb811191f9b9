"""noising audit."""

import json
import os

import numpy as np
import pytest

from noising.audit import audit
from noising.engine import build_process

SPEC = {"vocab_size": 100, "schedule": {"type": "loglinear"}}
MODULE = """
import numpy as np

def corrupt(x0, seed, rank, step):
    rng = np.random.default_rng((seed, rank, step))
    t = 1.0 - rng.random(len(x0))
    moved = rng.random(x0.shape) < 0.999 * t[:, None]
    return {"xt": np.where(moved, rng.integers(0, 100, x0.shape), x0), "t": t}

class Trainer:
    def same(x0, seed, rank, step):
        return corrupt(x0, seed, 0, step)

def resume(step):
    return Trainer.same

def broken(x0, seed, rank, step):
    return None

text = "no function"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_noise.py").write_text(MODULE)
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    monkeypatch.syspath_prepend(os.devnull)  # so that the path is restored
    rng = np.random.default_rng(0)
    x0, t = rng.integers(0, 100, (256, 32)), 1.0 - rng.random(256)
    xt = build_process(SPEC).noise(x0, t=t, seed=1).tokens
    np.savez("pairs.npz", x0=x0, xt=xt, t=t)
    return {"x0": x0, "xt": xt, "t": t}


def test_a_file_gets_the_librarys_report(run, folder):
    report = audit(spec=SPEC, **folder)

    ended = run("audit", "pairs.npz", "--spec", "spec.json")
    assert (ended.code, ended.out) == (0, f"{report}\n")
    ended = run("audit", "pairs.npz", "--spec", "spec.json", "--json")
    assert (ended.code, ended.document) == (0, report.as_dict())


def test_a_finding_ends_with_1_and_claims_reach_the_audit(run, folder):
    ended = run(
        *("audit", "pairs.npz", "--spec", "spec.json", "--json", "--low", "0.5"),
        *("--method", "stratified", "--false-alarm-rate", "0.01"),
    )
    assert ended.code == 1
    assert ended.document["claims"]["low"] == 0.5
    assert ended.document["claims"]["method"] == "stratified"
    assert ended.document["false_alarm_rate"] == 0.01
    found = [finding["code"] for finding in ended.document["findings"]]
    assert "times_out_of_range" in found


def test_functions_of_the_current_folder_are_audited(run, folder):
    job = ("--spec", "spec.json", "--rows", "256", "--length", "32", "--ranks", "2")
    ended = run("audit", "--function", "own_noise:corrupt", *job)
    assert (ended.code, "passed: no findings" in ended.out) == (0, True)

    ended = run("audit", "--function", "own_noise:Trainer.same", *job, "--json")
    assert ended.code == 1
    assert ended.document["findings"][0]["code"] == "same_noise_on_ranks"

    resumed = ("--resume", "own_noise:resume", "--seed", "3")
    ended = run("audit", "--function", "own_noise:corrupt", *job, *resumed, "--json")
    assert "resume_differs" in [test["code"] for test in ended.document["tests"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a file of pairs, or a function with --function"),
        (("pairs.npz", "--function", "own_noise:corrupt"), "name a file of pairs, or"),
        (("pairs.npz", "--rows", "3"), "--rows is for --function"),
        (("missing.npz",), "missing.npz: cannot be read: No such file"),
        (("spec.json",), "spec.json: must be .npz, .safetensors or .parquet"),
        (("pairs.npz", "--high", "2"), "`high` must lie in"),
        (("--function", "own_noise"), "--function must be MODULE:NAME"),
        (("--function", "no_module:x"), "No module named 'no_module'"),
        (("--function", "own_noise:missing"), "has no attribute 'missing'"),
        (("--function", "own_noise:text"), "is not a function"),
        (("--function", "own_noise:broken"), "must return a mapping with `xt`"),
    ],
)
def test_wrong_usage_is_one_line(run, folder, arguments, message):
    ended = run("audit", *arguments, "--spec", "spec.json")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
