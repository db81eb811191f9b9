"""noising lint."""

import json

import numpy as np

from noising.engine import build_process, judge, lint

LEAKY = {"num_timesteps": 100, "schedule": {"type": "linear"}}
INSIDE = {"vocab_size": 27, "graph": {"type": "absorbing", "mask_id": 3}}


def test_an_info_is_no_fault(run):
    ended = run("lint", "cosine")

    assert (ended.code, ended.err) == (0, "")
    assert "info: weight_diverges: The loss weight grows like t^-1.00" in ended.out
    assert "    Draw times by `importance`" in ended.out
    assert ended.out.endswith("2 info\n")


def test_a_warning_ends_with_1(run):
    ended = run("lint", "-", text=json.dumps(LEAKY))

    verdict = judge(build_process(LEAKY))
    assert ended.code == 1
    assert ended.out.startswith(f"{verdict}\n    {verdict.remedies[0].text}\n")
    assert "\nwarning: terminal_leak: " in ended.out


def test_an_error_ends_with_1(run):
    falling = {"type": "custom", "alphas": [0.5, 0.9, 0.1]}
    spec = {"vocab_size": 5, "num_timesteps": 3, "schedule": falling}

    ended = run("lint", "-", text=json.dumps(spec))
    assert ended.code == 1
    assert ended.out.startswith("invalid: Total noise falls")
    assert "\nerror: sigma_decreases: " in ended.out


def test_json_holds_the_findings(run):
    ended = run("lint", "-", "--json", text=json.dumps(LEAKY))
    process = build_process(LEAKY)

    assert ended.code == 1
    assert ended.document["fingerprint"] == process.fingerprint
    verdict = ended.document["verdict"]
    assert (verdict["grade"], verdict["text"]) == ("leaks", judge(process).text)
    assert [each["code"] for each in verdict["remedies"]] == [
        "rescaled_betas",
        "even_information",
    ]
    for shown, finding in zip(ended.document["findings"], lint(process), strict=True):
        assert shown == {
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "value": finding.value,
            "way_out": finding.way_out,
        }


def test_the_mask_is_looked_for_among_tokens(run, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(INSIDE))
    (tmp_path / "clean.txt").write_text("1 2\n\n4, 5\n")
    (tmp_path / "masked.txt").write_text("1 2\n[3, 4]\n")
    np.save(tmp_path / "masked.npy", np.array([[1, 3], [3, 2]], np.uint8))

    assert "mask_in_tokens" not in run("lint", "spec.json", "--tokens", "clean.txt").out
    ended = run("lint", "spec.json", "--tokens", "masked.txt")
    assert ended.code == 1
    assert "25.00% of the data's tokens are the mask id 3" in ended.out
    ended = run("lint", "spec.json", "--tokens", "masked.npy")
    assert "50.00% of the data's tokens are the mask id 3" in ended.out
