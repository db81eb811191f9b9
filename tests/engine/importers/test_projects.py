"""Each project's configuration, by its own keys, against its own numbers."""

import pytest

from noising.engine import build_process
from noising.engine.importers import SOURCES, import_config
from tests.engine.importers.configs import (
    HDLM_EPSILON,
    TEXTS,
    kinds_of,
    refused,
)
from tests.engine.references import close, near, reference


def test_every_source_is_tried():
    assert set(TEXTS) == set(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_imported_builds(source):
    imported = import_config(source, TEXTS[source])
    assert build_process(imported.spec).spec == imported.spec
    assert all(note.text.endswith(".") for note in imported.notes)
    assert len(kinds_of(imported)) == len(imported.notes)


@pytest.mark.parametrize("source", SOURCES)
def test_sizes_that_the_caller_gives_come_first(source):
    imported = import_config(source, TEXTS[source], vocab_size=777, num_timesteps=33)
    assert imported.spec["vocab_size"] == 777
    assert imported.spec["num_timesteps"] == 33
    assert not {"vocab_size", "num_timesteps"} & {n.key for n in imported.notes}
    assert refused(source, TEXTS[source], vocab_size=1) == (
        "vocab_size",
        "out_of_range",
    )


def test_sedd_uses_its_own_epsilon_and_ignores_sigmas_beside_loglinear():
    imported = import_config("sedd", TEXTS["sedd"])
    process = build_process(imported.spec)
    values = reference("sedd_noise")
    expected = values["loglinear(eps=0.001)"]
    assert close(process.sigma(values["t"]), expected["sigma"])
    assert process.mask_id == 50257
    assert kinds_of(imported) == {
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
    assert kinds_of(imported) == {
        ("vocab_size", "assumed"),
        ("num_timesteps", "assumed"),
    }


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({}, "config.noise.type", "missing"),
        ({"noise": {"type": "cosine"}}, "config.noise.type", "cannot_import"),
        ({"noise": "loglinear"}, "config.noise.type", "missing"),
        ({"noise": {"type": "geometric"}}, "config.noise.sigma_min", "missing"),
        (
            {"noise": {"type": "geometric", "sigma_min": 3, "sigma_max": 1}},
            "config.noise.sigma_min",
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
def test_what_sedd_refuses_isrefused(config, field, code):
    assert refused("sedd", config) == (field, code)


def test_mdlm_fills_its_groups_in_from_defaults():
    imported = import_config("mdlm", TEXTS["mdlm"])
    assert imported.spec["schedule"] == {"type": "loglinear", "epsilon": 1e-3}
    assert imported.spec["graph"] == {"type": "absorbing", "mask_id": None}
    assert imported.spec["vocab_size"] == 50257
    assert imported.spec["num_timesteps"] == 1000
    assert ("training.sampling_eps", "differs") in kinds_of(imported)
    assert ("seed", "no_meaning") in kinds_of(imported)


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


def test_berts_mask_stays_only_where_the_given_size_holds_it():
    config = {
        "noise": {"type": "loglinear"},
        "data": {"tokenizer_name_or_path": "bert-base-uncased"},
    }
    spec = import_config("mdlm", config, vocab_size=104).spec
    assert (spec["vocab_size"], spec["graph"]["mask_id"]) == (104, 103)
    imported = import_config("mdlm", config, vocab_size=103)
    assert imported.spec["graph"]["mask_id"] is None
    assert ("data.tokenizer_name_or_path", "assumed") in kinds_of(imported)


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
def test_what_mdlm_refuses_isrefused(config, field, code):
    assert refused("mdlm", config) == (field, code)


def test_hdlm_gamma_has_its_own_epsilon_and_times():
    imported = import_config("hdlm", TEXTS["hdlm"])
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
    kinds = kinds_of(imported)
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
    assert ("annealing", "differs") in kinds_of(imported)


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
    assert ("noise", "ignored") in kinds_of(imported)


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
            "config.annealing.tau",
            "out_of_range",
        ),
    ],
)
def test_what_hdlm_refuses_isrefused(change, field, code):
    config = {
        "graph": {"type": "absorb"},
        "noise": {"type": "loglinear"},
        "annealing": {"type": "block", "width": 4, "tau": 4},
        **change,
    }
    assert refused("hdlm", config) == (field, code)
    assert refused("hdlm", {}) == ("config.model_type", "missing")


def test_gidd_becomes_the_pair_of_schedule_and_graph():
    imported = import_config("gidd", TEXTS["gidd"])
    assert imported.spec["schedule"] == {
        "type": "gidd",
        "p_uniform": 0.2,
        "gamma": 1.0,
    }
    assert imported.spec["graph"] == {"type": "gidd"}
    assert ("model.t_eps", "differs") in kinds_of(imported)
    assert ("training.low_discrepancy_sampling", "differs") in kinds_of(imported)
    assert ("training.lr_schedule", "no_meaning") in kinds_of(imported)


def test_gidd_ignores_gamma_and_knows_masked_diffusion():
    config = {
        "model": {"diffusion_process": "mdlm", "p_uniform": 0.1},
        "data": {"tokenizer_name": "gpt2"},
    }
    imported = import_config("gidd", config)
    assert imported.spec["schedule"] == {"type": "loglinear", "epsilon": 1e-4}
    assert imported.spec["vocab_size"] == 50258  # GIDD adds [PAD] to GPT-2
    assert ("model.p_uniform", "ignored") in kinds_of(imported)
    config = {"model": {"p_uniform": 0, "gamma": 2}}
    imported = import_config("gidd", config)
    assert imported.spec["schedule"]["gamma"] == 1.0
    assert ("model.gamma", "ignored") in kinds_of(imported)


@pytest.mark.parametrize(
    ("model", "field", "code"),
    [
        ({"type": "autoregressive"}, "type", "cannot_import"),
        ({"diffusion_process": "sedd"}, "diffusion_process", "cannot_import"),
        ({}, "p_uniform", "missing"),
        ({"p_uniform": 1.0}, "p_uniform", "out_of_range"),
    ],
)
def test_what_gidd_refuses_isrefused(model, field, code):
    assert refused("gidd", {"model": model}) == (f"config.model.{field}", code)
