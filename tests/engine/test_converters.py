"""Converters: exact both ways, against references and closed forms."""

import contextlib
import io
import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError, build_process, converters
from noising.engine.converters import (
    alpha_of_sigma,
    alphas_of_betas,
    alphas_of_kappas,
    betas_of_alphas,
    betas_of_sigmas,
    dsigma_of_kappa,
    kappas_of_alphas,
    move_chance_of_sigma,
    reversed_time,
    sigma_of_alpha,
    sigma_of_move_chance,
    sigmas_of_betas,
)
from tests.engine.references import close, near, reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "conversions.md"
SEDD = reference("sedd_noise")
FLOW = reference("flow_matching_sched")
DLLM = reference("dllm_sched")
VQ = reference("diffusers_vq")
D3PM = reference("d3pm_reimplemented")


@pytest.mark.parametrize(
    "name", ["geometric(0.0001,20)", "geometric(1e-05,20)", "loglinear(eps=0.001)"]
)
def test_alpha_sigma_and_move_chance_equal_sedds(name):
    values = SEDD[name]
    assert close(alpha_of_sigma(values["sigma"]), values["alpha"])
    moved = values["one_minus_alpha_exact"]
    assert close(move_chance_of_sigma(values["sigma"]), moved)
    assert close(sigma_of_alpha(values["alpha"]), values["sigma"], absolute=1e-15)
    assert sigma_of_move_chance(moved) == near(values["sigma"], rel=1e-7)


def test_small_chances_keep_their_digits():
    for small in (1e-300, 1e-20, 1e-9):
        assert move_chance_of_sigma(small) == near(small, rel=1e-8)
        assert sigma_of_move_chance(small) == near(small, rel=1e-8)
        assert move_chance_of_sigma(sigma_of_move_chance(small)) == small


def test_the_ends_are_exact():
    assert sigma_of_alpha([1.0, 0.0]).tolist() == [0.0, math.inf]
    assert alpha_of_sigma([0.0, math.inf]).tolist() == [1.0, 0.0]
    assert sigma_of_move_chance([0.0, 1.0]).tolist() == [0.0, math.inf]
    assert move_chance_of_sigma([0.0, math.inf]).tolist() == [0.0, 1.0]
    assert math.copysign(1.0, sigma_of_alpha(1.0)) == 1.0


def test_betas_and_alphas_equal_diffusers_and_d3pm():
    steps = VQ["alpha_onestep"]
    alphas = VQ["alpha_cum"][:-1]  # the last one stands for the index -1
    assert close(alphas_of_betas(1 - np.array(steps)), alphas, rel=1e-10)
    assert close(1 - betas_of_alphas(alphas), steps, rel=1e-12)
    linear = D3PM["linear T=10"]
    assert close(alphas_of_betas(linear["beta"]), linear["alpha_bar"])
    assert close(betas_of_alphas(linear["alpha_bar"]), linear["beta"], rel=1e-11)
    assert close(
        betas_of_alphas(D3PM["jsd T=10"]["alpha_bar"]), D3PM["jsd T=10"]["beta"]
    )


def test_betas_and_sigmas_turn_into_each_other():
    betas = np.array([1e-12, 1e-4, 0.02, 0.5, 0.0, 0.999])
    assert betas_of_sigmas(sigmas_of_betas(betas)) == near(betas, rel=1e-3)
    large = betas[1:]
    assert betas_of_sigmas(sigmas_of_betas(large)) == near(large, rel=1e-11)
    assert betas_of_sigmas([math.inf, math.inf]).tolist() == [1.0, 0.0]
    assert betas_of_alphas([0.5, 0.0, 0.0]).tolist() == [0.5, 1.0, 0.0]
    assert sigmas_of_betas([0.5, 1.0, 0.1]).tolist()[1:] == [math.inf, math.inf]


FLOW_PAIRS = [
    ("condot", {"type": "loglinear", "epsilon": 0}),
    ("cosine", {"type": "mdlm_cosine", "epsilon": 0}),
    ("poly2", {"type": "power", "exponent": 2}),
    ("poly3", {"type": "power", "exponent": 3}),
]


@pytest.mark.parametrize(("name", "schedule"), FLOW_PAIRS)
def test_a_path_of_flow_matching_is_a_schedule_in_reversed_time(name, schedule):
    process = build_process({"schedule": schedule})
    path = FLOW[name]
    times = reversed_time(FLOW["t"])
    assert close(process.alpha(times), path["alpha"], absolute=1e-15)
    if path["convex"]:  # else its sigma is no chance: alpha^2 + sigma^2 = 1
        assert close(process.move_chance(times), path["sigma"], absolute=1e-15)
    rates = dsigma_of_kappa(path["alpha"], path["d_alpha"])
    assert close(process.dsigma(times), rates, rel=1e-11)


@pytest.mark.parametrize("power", [2, 3])
def test_a_polynomial_path_is_a_table(power):
    path = FLOW[f"poly{power}"]
    kappas = (np.arange(101) / 100) ** power
    schedule = {"type": "custom", "alphas": alphas_of_kappas(kappas).tolist()}
    process = build_process({"num_timesteps": 100, "schedule": schedule})
    for t, kappa in zip(FLOW["t"], path["alpha"], strict=True):
        assert process.alpha(reversed_time(t)) == near(kappa, rel=1e-12)


def test_a_cosine_of_masked_flows_is_a_schedule_in_reversed_time():
    process = build_process({"schedule": {"type": "maskgit_cosine", "epsilon": 0}})
    times, path = reversed_time(DLLM["t"]), DLLM["kappa_cosine"]
    assert process.alpha(times) == pytest.approx(path["kappa"], abs=1e-7)
    inside = np.array(path["kappa"]) > 0.01
    rates = dsigma_of_kappa(path["kappa"], path["dkappa"])
    assert process.dsigma(times)[inside] == near(rates[inside], rel=1e-5)


def test_tables_of_kappa_and_alpha_turn_into_each_other():
    kappas = [0.0, 0.25, 0.5, 1.0]
    assert alphas_of_kappas(kappas).tolist() == [0.5, 0.25, 0.0]
    assert kappas_of_alphas([0.5, 0.25, 0.0]).tolist() == kappas
    cubic = DLLM["kappa_cubic(1,1)"]["kappa"]
    assert kappas_of_alphas(alphas_of_kappas(cubic)).tolist() == cubic


def test_where_nothing_is_shown_the_rate_is_endless():
    assert dsigma_of_kappa([0.0, 0.5], [0.0, 2.0]).tolist() == [math.inf, 4.0]


@pytest.mark.parametrize(
    ("convert", "value", "field", "code"),
    [
        (sigma_of_alpha, 1.5, "alpha", "out_of_range"),
        (sigma_of_alpha, [0.5, -0.1], "alpha", "out_of_range"),
        (sigma_of_alpha, "1", "alpha", "not_a_number"),
        (sigma_of_alpha, math.nan, "alpha", "nan"),
        (alpha_of_sigma, -1e-9, "sigma", "out_of_range"),
        (move_chance_of_sigma, [-1.0], "sigma", "out_of_range"),
        (sigma_of_move_chance, 2, "move_chance", "out_of_range"),
        (sigmas_of_betas, [[0.1]], "betas", "wrong_shape"),
        (sigmas_of_betas, [], "betas", "wrong_shape"),
        (sigmas_of_betas, [0.1, 1.1], "betas", "out_of_range"),
        (alphas_of_betas, 0.5, "betas", "wrong_shape"),
        (betas_of_sigmas, [2.0, 1.0], "sigmas", "falls"),
        (betas_of_sigmas, [-1.0], "sigmas", "out_of_range"),
        (betas_of_alphas, [0.5, 0.6], "alphas", "rises"),
        (betas_of_alphas, [1.1], "alphas", "out_of_range"),
        (reversed_time, 1.1, "t", "out_of_range"),
        (alphas_of_kappas, [0.0, 0.9], "kappas", "no_data"),
        (alphas_of_kappas, [1.0], "kappas", "wrong_shape"),
        (kappas_of_alphas, [], "alphas", "wrong_shape"),
    ],
)
def test_what_is_no_chance_or_noise_is_refused(convert, value, field, code):
    with pytest.raises(EngineError) as caught:
        convert(value)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_rate_for_every_kappa_is_asked_for():
    with pytest.raises(EngineError) as caught:
        dsigma_of_kappa([0.5, 1.0], [1.0])
    assert (caught.value.field, caught.value.code) == ("dkappa", "wrong_shape")


def test_the_documents_example_prints_what_it_says():
    text = DOCUMENT.read_text()
    [code], [stated] = (
        re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
        for kind in ("python", "text")
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})  # noqa: S102 - our own document
    assert printed.getvalue() == stated


def test_the_document_names_every_converter():
    named = set(re.findall(r"`(\w+_of_\w+|reversed_time)`", DOCUMENT.read_text()))
    assert named == {
        name
        for name, value in vars(converters).items()
        if getattr(value, "__module__", "") == converters.__name__ and name[0] != "_"
    }
