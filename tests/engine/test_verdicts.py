"""Verdicts on noise processes: grades, sentences and remedies."""

import pytest

from noising.engine import PRESETS, build_process, judge
from noising.engine.verdicts import GRADES, format_ranges, judging_seconds

TABLE = {"vocab_size": 5, "num_timesteps": 3}
BANDED = {"type": "banded", "beta": 3.0}


def _judge(**spec):
    return judge(build_process(spec))


def test_a_hundred_steps_with_betas_for_a_thousand():
    """From the product of 1 - beta_k, and from the entropy of V = 50257 equal tokens
    with keep probability alpha + (1-alpha)/V: 0.3635633, 30.30271 %; with tenfold betas
    2.039009e-05, 7.4e-07.
    """
    verdict = _judge(num_timesteps=100, schedule={"type": "linear"})
    assert verdict.grade == "leaks"
    assert str(verdict).startswith("leaks: 30.3% of the information")
    assert "where alpha is 0.364," in verdict.text
    rescaled, even = verdict.remedies
    assert (rescaled.code, rescaled.grade) == ("rescaled_betas", "wasteful")
    assert rescaled.specification["schedule"]["beta_max"] == 0.2
    assert "by 10, if" in rescaled.text
    assert "alpha ends at 2.04e-05, less than 0.01% of" in rescaled.text
    assert (even.code, even.grade) == ("even_information", "good")
    assert even.specification["num_timesteps"] == 100
    assert even.specification["graph"] == {"type": "uniform"}


@pytest.mark.parametrize(
    ("spec", "grade", "text", "codes"),
    [
        ({}, "good", "4.5% of the timesteps are wasted (0 to 2, 958 to 999).", []),
        (
            {"graph": {"type": "absorbing"}, "schedule": {"type": "loglinear"}},
            "good",
            "0.10% of the information about the data is left at the last "
            "timestep, and no timestep is wasted.",
            [],
        ),
        (
            PRESETS["bd3lm"].specification,
            "good",
            "None of the information about the data is left at the last timestep, and",
            [],
        ),
        (
            {"schedule": {"type": "linear"}},
            "wasteful",
            "34.3% of the timesteps are wasted (657 to 999).",
            ["even_information"],
        ),
        (
            # SEDD's rates per step, taken for total noise.
            {"schedule": {"type": "geometric", "sigma_max": 0.02}},
            "leaks",
            "where alpha is 0.98, so generation would start from the wrong "
            "distribution. Besides, 92.8% of the timesteps are wasted (1 to 928).",
            ["default_sigma_max", "even_information"],
        ),
        (
            # Betas times 100 exceed 1.
            {"num_timesteps": 10, "schedule": {"type": "linear"}},
            "leaks",
            "87.4%",
            ["even_information"],
        ),
        (
            {**TABLE, "schedule": {"type": "custom", "alphas": [0.5, 0.9, 0.001]}},
            "invalid",
            "Total noise falls at 1 timesteps, first at timestep 1: noise "
            "cannot be removed. Give a table",
            ["even_information"],
        ),
        (
            {
                **TABLE,
                "schedule": {
                    "type": "custom",
                    "alphas": [0.5, 0.3, 1e-4],
                    "rates": [1, 1, 1],
                },
            },
            "invalid",
            "dsigma differs from the derivative of sigma",
            ["default_rates", "even_information"],
        ),
        (
            {"vocab_size": 600, "num_timesteps": 10, "graph": BANDED},
            "unknown",
            "were skipped: they need the information",
            [],
        ),
    ],
)
def test_the_grade_follows_from_the_findings(spec, grade, text, codes):
    verdict = _judge(**spec)
    assert verdict.grade == grade
    assert text in verdict.text
    assert [remedy.code for remedy in verdict.remedies] == codes
    for remedy in verdict.remedies:
        again = judge(build_process(remedy.specification), remedies=False)
        assert again.grade == remedy.grade
        assert GRADES.index(again.grade) < GRADES.index(grade)
        assert "Leave `rates` out." in remedy.text or remedy.code != "default_rates"


def test_no_preset_leaks_or_is_invalid():
    grades = {
        name: judge(build_process(preset.specification), remedies=False).grade
        for name, preset in PRESETS.items()
    }
    assert {name for name, grade in grades.items() if grade != "good"} == {
        "sedd-uniform"
    }
    assert grades["sedd-uniform"] == "wasteful"


def test_data_that_contain_the_mask_have_no_remedy():
    process = build_process(
        {"vocab_size": 5, "graph": {"type": "absorbing", "mask_id": 3}}
    )
    verdict = judge(process, [1, 3])
    assert verdict.text.startswith("50.00% of the data's tokens are the mask")
    assert verdict.text.endswith("null, which gives the mask an id of its own.")
    assert verdict.remedies == ()


def test_many_ranges_are_counted():
    assert format_ranges([(0, 2), (5, 5)]) == "0 to 2, 5"
    ranges = [(place, place + 1) for place in range(0, 70, 10)]
    assert format_ranges(ranges) == "7 ranges between 0 and 61"


def test_the_estimate_counts_the_remedies():
    spec = {"schedule": {"type": "linear"}, "vocab_size": 100}
    assert judging_seconds(spec) > judging_seconds({**spec, "num_timesteps": 10}) > 0
