"""Each project's configuration, by its own keys, against its own numbers."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.importers import SOURCES, import_config
from tests.engine.references import close, near, reference

SEDD = """
ngpus: 8
tokens: 50257
training: {batch_size: 512, ema: 0.9999}
graph:
  type: absorb
  file: data
  report_all: False
noise:
  type: loglinear
  sigma_min: 1e-4
  sigma_max: 20
optim: {lr: 3e-4, eps: 1e-8}
"""
MDLM = """
defaults:
  - _self_
  - /data: openwebtext
  - /noise: loglinear
  - override /strategy: ddp
diffusion: absorbing_state
parameterization: subs
T: 0
seed: 1
training:
  antithetic_sampling: True
  importance_sampling: False
  sampling_eps: 1e-3
wandb: {tags: ["${noise.type}"]}
"""
HDLM_GAMMA = """
model_type: "gamma_hybrid"
tokenizer: {tokens: 50257, model: gpt2}
graph: {type: QGamma, gamma: 0.01, report_all: False, expanded_sigma: True}
noise:
  type: loglinear
  sigma_min: 1e-4
  sigma_max: 10.0
  ar_diffusion: False
  expanded_sigma: ${graph.expanded_sigma}
annealing:
  type: block
  efficient: False
  width: 1024
  tau: 2048
  eval_tau: ${annealing.tau}
  sampling_eps: 1e-4
  attention: {context_type: block_causal, block_type: full}
  match_inference: True
"""
HDLM_EPSILON = """
model_type: "epsilon_hybrid"
tokenizer: {tokens: 50257, model: gpt2}
training: {loss_type: hybrid, epsilon: 0.01, lambda: 1.0}
annealing: {type: block, width: 1024, tau: 1024, sampling_eps: 1e-4}
"""
GIDD = """
defaults: [{data: owt}, {model: small}]
model: {type: diffusion, diffusion_process: gidd, p_uniform: 0.2, t_eps: 1e-4}
training: {low_discrepancy_sampling: True, lr_schedule: cosine}
"""
DDPM = """{
  "_class_name": "DDPMScheduler", "_diffusers_version": "0.21.4",
  "beta_end": 0.02, "beta_schedule": "linear", "beta_start": 0.0001,
  "clip_sample": true, "num_train_timesteps": 1000, "trained_betas": null,
  "prediction_type": "epsilon", "variance_type": "fixed_small"
}"""
TEXTS = {
    "sedd": SEDD,
    "mdlm": MDLM,
    "hdlm": HDLM_GAMMA,
    "gidd": GIDD,
    "diffusers": DDPM,
}


def _kinds(imported):
    return {(note.key, note.kind) for note in imported.notes}


def _refused(source, config, **more):
    with pytest.raises(EngineError) as caught:
        import_config(source, config, **more)
    return caught.value.field, caught.value.code


def test_every_source_is_tried():
    assert set(TEXTS) == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_imported_builds_and_every_key_is_used_or_noted(source):
    imported = import_config(source, TEXTS[source])
    assert build_process(imported.spec).spec == imported.spec
    assert all(note.text.endswith(".") for note in imported.notes)
    assert len(_kinds(imported)) == len(imported.notes)


@pytest.mark.parametrize("source", SOURCES)
def test_sizes_that_the_caller_gives_come_first(source):
    imported = import_config(source, TEXTS[source], vocab_size=777, num_timesteps=33)
    assert imported.spec["vocab_size"] == 777
    assert imported.spec["num_timesteps"] == 33
    assert not {"vocab_size", "num_timesteps"} & {n.key for n in imported.notes}
    assert _refused(source, TEXTS[source], vocab_size=1) == (
        "vocab_size",
        "out_of_range",
    )


def test_sedd_uses_its_own_epsilon_and_ignores_sigmas_beside_loglinear():
    imported = import_config("sedd", SEDD)
    process = build_process(imported.spec)
    values = reference("sedd_noise")
    expected = values["loglinear(eps=0.001)"]
    assert close(process.sigma(values["t"]), expected["sigma"])
    assert process.mask_id == 50257
    assert _kinds(imported) == {
        ("noise.sigma_min", "ignored"),
        ("noise.sigma_max", "ignored"),
        ("graph.file", "ignored"),
        ("graph.report_all", "ignored"),
        ("num_timesteps", "assumed"),
        ("ngpus", "no_meaning"),
        ("training", "no_meaning"),
        ("optim", "no_meaning"),
    }


def test_sedd_geometric_and_uniform():
    imported = import_config(
        "sedd",
        {
            "graph": {"type": "uniform"},
            "noise": {"type": "geometric", "sigma_min": "1e-4", "sigma_max": 20},
        },
    )
    assert imported.spec["graph"] == {"type": "uniform"}
    assert imported.spec["schedule"] == {
        "type": "geometric",
        "sigma_min": 1e-4,
        "sigma_max": 20.0,
    }
    assert _kinds(imported) == {("vocab_size", "assumed"), ("num_timesteps", "assumed")}


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({}, "config.noise.type", "missing"),
        ({"noise": {"type": "cosine"}}, "config.noise.type", "cannot_import"),
        ({"noise": "loglinear"}, "config.noise.type", "missing"),
        ({"noise": {"type": "geometric"}}, "config.noise.sigma_min", "missing"),
        (
            {"noise": {"type": "geometric", "sigma_min": 3, "sigma_max": 1}},
            "schedule.sigma_min",
            "out_of_order",
        ),
        (
            {"noise": {"type": "geometric", "sigma_min": -1, "sigma_max": 1}},
            "config.noise.sigma_min",
            "out_of_range",
        ),
        (
            {"noise": {"type": "loglinear"}, "graph": {"type": "absorbing"}},
            "config.graph.type",
            "cannot_import",
        ),
        (
            {"noise": {"type": "loglinear"}, "tokens": 1},
            "config.tokens",
            "out_of_range",
        ),
    ],
)
def test_what_sedd_refuses_is_refused(config, field, code):
    assert _refused("sedd", config) == (field, code)


def test_mdlm_fills_its_groups_in_from_defaults():
    imported = import_config("mdlm", MDLM)
    assert imported.spec["schedule"] == {"type": "loglinear", "epsilon": 1e-3}
    assert imported.spec["graph"] == {"type": "absorbing", "mask_id": None}
    assert imported.spec["vocab_size"] == 50257
    assert imported.spec["num_timesteps"] == 1000
    assert ("training.sampling_eps", "differs") in _kinds(imported)
    assert ("seed", "no_meaning") in _kinds(imported)


@pytest.mark.parametrize(
    ("noise", "schedule"),
    [
        ({"type": "cosine"}, {"type": "mdlm_cosine", "epsilon": 1e-3}),
        (
            {"type": "cosinesqr", "eps": 0.5},
            {"type": "cosine_squared", "epsilon": 1e-3},
        ),
        (
            {"type": "linear"},
            {"type": "linear_sigma", "sigma_min": 1e-3, "sigma_max": 7.0},
        ),
        (
            {"type": "linear", "sigma_min": 0, "sigma_max": 10},
            {"type": "linear_sigma", "sigma_min": 0.0, "sigma_max": 10.0},
        ),
        (
            {"type": "geometric", "sigma_min": 0.1, "sigma_max": 2},
            {"type": "geometric", "sigma_min": 0.1, "sigma_max": 2.0},
        ),
    ],
)
def test_mdlm_noises(noise, schedule):
    assert import_config("mdlm", {"noise": noise}).spec["schedule"] == schedule


def test_mdlm_with_bert_has_its_mask_among_the_ids():
    config = {
        "noise": {"type": "loglinear"},
        "data": {"tokenizer_name_or_path": "bert-base-uncased"},
        "T": 500,
    }
    spec = import_config("mdlm", config).spec
    assert (spec["vocab_size"], spec["graph"]["mask_id"]) == (30522, 103)
    assert spec["num_timesteps"] == 500
    config["data"]["tokenizer_name_or_path"] = ["odd"]
    assert import_config("mdlm", config).spec["vocab_size"] == 50257


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({}, "config.noise.type", "missing"),
        ({"defaults": ["_self_", {"/noise": 3}]}, "config.noise.type", "missing"),
        ({"defaults": "loglinear"}, "config.defaults", "not_a_list"),
        ({"noise": {"type": "polynomial"}}, "config.noise.type", "cannot_import"),
        ({"defaults": [{"/noise": "ar"}]}, "config.noise.type", "cannot_import"),
        (
            {"noise": {"type": "loglinear"}, "parameterization": "ar"},
            "config.parameterization",
            "cannot_import",
        ),
        (
            {"noise": {"type": "loglinear"}, "diffusion": "uniform"},
            "config.diffusion",
            "cannot_import",
        ),
        ({"noise": {"type": "loglinear"}, "T": -1}, "config.T", "out_of_range"),
    ],
)
def test_what_mdlm_refuses_is_refused(config, field, code):
    assert _refused("mdlm", config) == (field, code)


def test_hdlm_gamma_has_its_own_epsilon_and_times():
    imported = import_config("hdlm", HDLM_GAMMA)
    assert imported.spec == {
        "vocab_size": 50257,
        "num_timesteps": 1000,
        "schedule": {"type": "loglinear", "epsilon": 5e-3},
        "graph": {"type": "hdlm_gamma", "gamma": 0.01},
        "hyperschedule": {
            "type": "block",
            "width": 1024,
            "levels": 2048,
            "level_map": "hdlm",
        },
    }
    kinds = _kinds(imported)
    assert ("noise.sigma_max", "ignored") in kinds
    assert ("noise.ar_diffusion", "ignored") in kinds
    assert ("annealing.eval_tau", "no_meaning") in kinds
    assert ("annealing.attention", "no_meaning") in kinds
    assert ("annealing.match_inference", "differs") in kinds


def test_hdlm_rows_are_those_of_its_own_metaschedule():
    config = {
        "graph": {"type": "absorb"},
        "noise": {"type": "loglinear"},
        "annealing": {"type": "simple", "width": 4, "tau": 4},
    }
    process = build_process(import_config("hdlm", config).spec)
    case = reference("hdlm")["hyperschedules_L8"][0]
    step = case["rows"][4]
    assert case["name"] == "simple_annealing(4,4)"
    count = case["max_step"] - 1
    sigma = process.position_sigma((count - step["step"]) / count, 8)
    assert sigma == near(step["sigma"], rel=1e-5)


def test_hdlm_epsilon_masks_with_chance_t():
    imported = import_config("hdlm", HDLM_EPSILON)
    assert imported.spec["schedule"] == {"type": "loglinear", "epsilon": 0.0}
    assert imported.spec["graph"] == {"type": "hdlm_epsilon", "epsilon": 0.01}
    assert imported.spec["hyperschedule"]["levels"] == 1024
    assert ("annealing", "differs") in _kinds(imported)


@pytest.mark.parametrize("kind", [None, "None", "none"])
def test_hdlm_epsilon_without_annealing_has_no_hyperschedule(kind):
    config = {
        "model_type": "epsilon_hybrid",
        "tokens": 99,
        "training": {"loss_type": "standard"},
        "annealing": {"type": kind},
        "noise": {"type": "geometric"},
    }
    imported = import_config("hdlm", config)
    assert imported.spec["hyperschedule"] is None
    assert imported.spec["graph"]["type"] == "absorbing"
    assert imported.spec["vocab_size"] == 99
    assert ("noise", "ignored") in _kinds(imported)


def test_hdlm_other_graphs_and_annealings():
    config = {
        "model_type": "gamma_hybrid",
        "graph": {"type": "uniform"},
        "noise": {"type": "geometric", "sigma_min": 0.1, "sigma_max": 9},
        "annealing": {"type": "hybrid", "width": 8, "tau": 4},
    }
    spec = import_config("hdlm", config).spec
    assert spec["graph"] == {"type": "uniform"}
    assert spec["hyperschedule"]["type"] == "hybrid_annealing"
    config["annealing"] = {"type": "block", "width": 8, "tau": None}
    assert import_config("hdlm", config).spec["hyperschedule"]["levels"] == 8


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"model_type": "delta_hybrid"}, "config.model_type", "cannot_import"),
        ({"graph": {"type": "QGamma"}}, "config.graph.gamma", "missing"),
        (
            {"graph": {"type": "QGamma", "gamma": 2}},
            "config.graph.gamma",
            "out_of_range",
        ),
        ({"annealing": {"type": "None"}}, "config.annealing.type", "cannot_import"),
        (
            {"annealing": {"type": "simple_block"}},
            "config.annealing.type",
            "cannot_import",
        ),
        ({"annealing": {"type": "block"}}, "config.annealing.width", "missing"),
        (
            {"annealing": {"type": "simple", "width": 4}},
            "config.annealing.tau",
            "missing",
        ),
        (
            {"annealing": {"type": "simple", "width": 4, "tau": 1}},
            "hyperschedule.levels",
            "out_of_range",
        ),
    ],
)
def test_what_hdlm_refuses_is_refused(change, field, code):
    config = {
        "graph": {"type": "absorb"},
        "noise": {"type": "loglinear"},
        "annealing": {"type": "block", "width": 4, "tau": 4},
        **change,
    }
    assert _refused("hdlm", config) == (field, code)
    assert _refused("hdlm", {}) == ("config.model_type", "missing")


def test_gidd_becomes_the_pair_of_schedule_and_graph():
    imported = import_config("gidd", GIDD)
    assert imported.spec["schedule"] == {
        "type": "gidd",
        "p_uniform": 0.2,
        "gamma": 1.0,
    }
    assert imported.spec["graph"] == {"type": "gidd"}
    assert ("model.t_eps", "differs") in _kinds(imported)
    assert ("training.low_discrepancy_sampling", "differs") in _kinds(imported)
    assert ("training.lr_schedule", "no_meaning") in _kinds(imported)


def test_gidd_ignores_gamma_and_knows_masked_diffusion():
    config = {
        "model": {"diffusion_process": "mdlm", "p_uniform": 0.1},
        "data": {"tokenizer_name": "gpt2"},
    }
    imported = import_config("gidd", config)
    assert imported.spec["schedule"] == {"type": "loglinear", "epsilon": 1e-4}
    assert imported.spec["vocab_size"] == 50257
    assert ("model.p_uniform", "ignored") in _kinds(imported)
    config = {"model": {"p_uniform": 0, "gamma": 2}}
    imported = import_config("gidd", config)
    assert imported.spec["schedule"]["gamma"] == 1.0
    assert ("model.gamma", "ignored") in _kinds(imported)


@pytest.mark.parametrize(
    ("model", "field", "code"),
    [
        ({"type": "autoregressive"}, "type", "cannot_import"),
        ({"diffusion_process": "sedd"}, "diffusion_process", "cannot_import"),
        ({}, "p_uniform", "missing"),
        ({"p_uniform": 1.0}, "p_uniform", "out_of_range"),
    ],
)
def test_what_gidd_refuses_is_refused(model, field, code):
    assert _refused("gidd", {"model": model}) == (f"config.model.{field}", code)


def test_diffusers_linear_equals_its_product_of_betas():
    imported = import_config("diffusers", DDPM)
    process = build_process(imported.spec)
    end = reference("d3pm_reimplemented")["linear T=1000 (1e-4..0.02)"]
    assert process.alphas[-1] == near(end["alpha_bar_end"], rel=1e-12)
    assert ("_class_name", "differs") in _kinds(imported)
    assert ("prediction_type", "no_meaning") in _kinds(imported)


@pytest.mark.parametrize(
    "kind", ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"]
)
def test_diffusers_betas_are_kept(kind):
    config = {
        "beta_schedule": kind,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "num_train_timesteps": 50,
    }
    process = build_process(import_config("diffusers", config).spec)
    k = np.arange(50)
    low, high = 0.00085, 0.012
    f = np.cos((np.arange(51) / 50 + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = {
        "linear": low + (high - low) * k / 49,
        "scaled_linear": (low**0.5 + (high**0.5 - low**0.5) * k / 49) ** 2,
        "squaredcos_cap_v2": np.minimum(1 - f[1:] / f[:-1], 0.999),
        "sigmoid": low + (high - low) / (1 + np.exp(6 - 12 * k / 49)),
    }[kind]
    assert process.alphas == near(np.cumprod(1 - betas), rel=1e-11)


def test_diffusers_cosine_ignores_a_range_of_betas():
    config = {"beta_schedule": "squaredcos_cap_v2", "beta_start": 0.1, "beta_end": 0.2}
    kinds = _kinds(import_config("diffusers", config))
    assert {("beta_start", "ignored"), ("beta_end", "ignored")} <= kinds


def test_diffusers_trained_betas_become_a_table():
    config = {
        "trained_betas": [0.1, 0.2, 0.5],
        "beta_schedule": "linear",
        "num_train_timesteps": 3,
    }
    imported = import_config("diffusers", config)
    process = build_process(imported.spec)
    assert process.alphas == near([0.9, 0.72, 0.36], rel=1e-14)
    assert ("beta_schedule", "ignored") in _kinds(imported)


def test_diffusers_rescaled_schedules_end_at_nothing():
    config = {"num_train_timesteps": 100, "rescale_betas_zero_snr": True}
    process = build_process(import_config("diffusers", config).spec)
    del config["rescale_betas_zero_snr"]
    plain = build_process(import_config("diffusers", config).spec)
    assert process.alphas[0] == near(plain.alphas[0], rel=1e-12)
    assert process.alphas[-1] == 0.0
    off = import_config("diffusers", {**config, "rescale_betas_zero_snr": False})
    assert off.spec == plain.spec


def test_vq_diffusion_keeps_its_own_table():
    values = reference("diffusers_vq")
    config = {
        "_class_name": "VQDiffusionScheduler",
        "num_vec_classes": 4097,
        "num_train_timesteps": 10,
    }
    imported = import_config("diffusers", config)
    process = build_process(imported.spec)
    assert close(process.alphas, values["alpha_cum"][:-1], rel=1e-11)
    moved = process.move_chance(process.time(np.arange(10)))
    assert moved == pytest.approx(values["gamma_cum"][:-1], abs=1.1e-6)
    assert (process.vocab_size, process.mask_id) == (4096, 4096)
    assert ("gamma_cum_end", "differs") in _kinds(imported)


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        (
            {"_class_name": "FlowMatchEulerDiscreteScheduler"},
            "config._class_name",
            "cannot_import",
        ),
        ({"beta_schedule": "exp"}, "config.beta_schedule", "cannot_import"),
        ({"beta_start": 1.5}, "config.beta_start", "out_of_range"),
        ({"beta_start": 0.5}, "schedule.beta_min", "out_of_order"),
        ({"num_train_timesteps": 0}, "config.num_train_timesteps", "out_of_range"),
        ({"trained_betas": [0.1, 1.0]}, "config.trained_betas[1]", "out_of_range"),
        ({"trained_betas": [0.1]}, "schedule.sigmas", "wrong_length"),
        (
            {"rescale_betas_zero_snr": "yes"},
            "config.rescale_betas_zero_snr",
            "not_a_flag",
        ),
        (
            {"rescale_betas_zero_snr": True, "num_train_timesteps": 1},
            "config.num_train_timesteps",
            "out_of_range",
        ),
        (
            {"_class_name": "VQDiffusionScheduler"},
            "config.num_vec_classes",
            "missing",
        ),
        (
            {
                "_class_name": "VQDiffusionScheduler",
                "num_vec_classes": 9,
                "gamma_cum_end": 0.9,
            },
            "config.gamma_cum_end",
            "cannot_import",
        ),
    ],
)
def test_what_has_no_counterpart_in_diffusers_is_refused(config, field, code):
    assert _refused("diffusers", config) == (field, code)
