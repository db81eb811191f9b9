"""noising certify."""

import json

import pytest

from noising.engine import build_process
from noising.engine.certify import certify

SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
# Its rates are not those of its alphas.
WRONG = {
    "vocab_size": 5,
    "num_timesteps": 2,
    "schedule": {"type": "custom", "alphas": [0.9, 0.5], "rates": [1.0, 9.0]},
}
FEW = ("--samples", "512")


def test_the_certificate_is_the_one_of_the_library(run):
    certificate = certify(build_process(SMALL), samples=512, seed=5)
    text = json.dumps(SMALL)

    ended = run("certify", "-", *FEW, "--seed", "5", text=text)
    assert (ended.code, ended.out) == (0, f"{certificate.report()}\n")
    ended = run("certify", "-", *FEW, "--seed", "5", "--json", text=text)
    assert (ended.code, ended.document) == (0, certificate.document())


def test_a_failed_certificate_ends_with_1(run):
    ended = run("certify", "-", *FEW, text=json.dumps(WRONG))

    assert ended.code == 1
    assert "dsigma                 FAILED" in ended.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--samples", "3"), "`samples` must lie in"),
        (("--seed", "-1"), "`seed` must lie in"),
        (("--seed", "1.5"), "must be an integer, got '1.5'"),
    ],
)
def test_a_wrong_option_is_one_line_and_2(refused, arguments, expected):
    assert expected in refused("certify", "cosine", *arguments)
