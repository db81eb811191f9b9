"""The best fit names the right schedule and parameter at 10^5 tokens."""

import numpy as np
import pytest

from noising.audit import audit
from noising.engine import build_process

GIDD = {"type": "gidd"}
ABSORBING = {"type": "absorbing"}
MIXTURE = {"type": "mixture", "share": {"type": "log_snr"}}

TRUE = [
    {"type": "linear"},
    {"type": "quadratic"},
    {"type": "cosine"},
    {"type": "d3pm_cosine"},
    {"type": "mdlm_cosine"},
    {"type": "cosine_squared"},
    {"type": "maskgit_cosine"},
    {"type": "loglinear"},
    {"type": "loglinear", "epsilon": 0.05},
    {"type": "power"},
    {"type": "power", "exponent": 3.0},
    {"type": "polynomial"},
    {"type": "geometric"},
    {"type": "geometric", "sigma_min": 1e-3, "sigma_max": 10.0},
    {"type": "sigmoid"},
    {"type": "gidd"},
    {"type": "gidd", "p_uniform": 0.2},
]


@pytest.mark.parametrize("schedule", TRUE, ids=str)
def test_the_schedule_behind_a_wrong_claim_is_named(schedule):
    kind = schedule["type"]
    graph = GIDD if kind == "gidd" else ABSORBING
    process = build_process({"vocab_size": 1000, "schedule": schedule, "graph": graph})
    claimed = "cosine" if kind == "loglinear" else "loglinear"
    claim = {
        "vocab_size": 1000,
        "schedule": {"type": claimed},
        "graph": MIXTURE if kind == "gidd" else ABSORBING,
    }
    rng = np.random.default_rng(5)
    x0, t = rng.integers(0, 1000, (800, 128)), 1.0 - rng.random(800)

    report = audit(x0, process.noise(x0, t=t, seed=1).tokens, claim, t=t)

    assert any(found.code == "wrong_alpha" for found in report.findings)
    best = report.fits[0]
    assert best.agrees
    assert best.type == kind
    for name, value in schedule.items():
        if name != "type":
            assert best.schedule[name] == pytest.approx(value, rel=0.15)


@pytest.mark.parametrize("graph", ["absorbing", "uniform"])
def test_few_ids_do_not_disturb_the_fit(graph):
    spec = {"vocab_size": 8, "schedule": {"type": "cosine"}, "graph": {"type": graph}}
    rng = np.random.default_rng(5)
    x0, t = rng.integers(0, 8, (800, 128)), 1.0 - rng.random(800)
    xt = build_process(spec).noise(x0, t=t, seed=1).tokens

    report = audit(x0, xt, {**spec, "schedule": {"type": "loglinear"}}, t=t)

    assert report.findings[0].code == "wrong_alpha"
    assert report.fits[0].type == "cosine"
    assert report.fits[0].agrees


def test_noise_of_no_known_schedule_is_said_to_fit_none():
    rng = np.random.default_rng(6)
    x0, t = rng.integers(0, 1000, (800, 128)), 1.0 - rng.random(800)
    chance = np.where(t < 0.5, 0.2, 0.9)
    xt = np.where(rng.random(x0.shape) < chance[:, None], 1000, x0)
    claim = {"vocab_size": 1000, "schedule": {"type": "loglinear"}, "graph": ABSORBING}

    report = audit(x0, xt, claim, t=t)

    assert report.findings[0].code == "wrong_alpha"
    assert not any(fit.agrees for fit in report.fits)
    assert any("No registered schedule fits" in note for note in report.notes)


def test_one_time_for_all_tokens_has_no_fit():
    x0 = np.zeros((64, 64), int)
    xt = np.where(np.random.default_rng(7).random(x0.shape) < 0.9, 1000, x0)
    claim = {"vocab_size": 1000, "schedule": {"type": "loglinear"}, "graph": ABSORBING}
    report = audit(x0, xt, claim, t=0.5)
    assert report.findings[0].code == "wrong_alpha"
    assert report.fits == ()
