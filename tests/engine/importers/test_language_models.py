"""Flow matching, LLaDA, Dream and dllm against numbers of their own code."""

import numpy as np
import pytest

from noising.engine import build_process
from noising.engine.importers import import_config
from noising.engine.importers.document import document
from tests.engine.importers.configs import LLADA2_SFT, TEXTS, kinds_of, refused
from tests.engine.references import near, reference

TIMES = np.array([0.0, 0.25, 0.5, 1.0])


@pytest.mark.parametrize(("exponent", "name"), [(2.0, "poly2"), (3, "poly3")])
def test_flow_matching_runs_backwards_in_time(exponent, name):
    values = reference("flow_matching_sched")
    config = document(TEXTS["flow_matching"])
    config["flow"] = {**config["flow"], "exponent": exponent}
    process = build_process(import_config("flow_matching", config).spec)
    time = 1.0 - np.array(values["t"])  # there data is at 1
    assert process.alpha(time) == near(values[name]["alpha"], rel=1e-12)
    assert process.alpha(0.5) == near(0.5**exponent, rel=1e-14)
    assert (process.vocab_size, process.mask_id) == (50257, 50257)


def test_flow_matching_knows_uniform_sources_and_refuses_what_its_code_does():
    config = document(TEXTS["flow_matching"])
    flow = {**config["flow"], "source_distribution": "uniform"}
    assert import_config("flow_matching", {"flow": flow}).spec["graph"] == {
        "type": "uniform"
    }
    for key, value in [("source_distribution", "gauss"), ("scheduler_type", "cosine")]:
        config = {"flow": {**flow, key: value}}
        assert refused("flow_matching", config) == (
            f"config.flow.{key}",
            "cannot_import",
        )
    assert refused("flow_matching", {}) == ("config.flow.scheduler_type", "missing")


@pytest.mark.parametrize(("source", "mask_id"), [("llada", 126336), ("dream", 151666)])
def test_llada_and_dream_mask_with_their_epsilon(source, mask_id):
    imported = import_config(source, TEXTS[source])
    process = build_process(imported.spec)
    # (1 - eps)·t + eps with eps = 0.001: GUIDELINES.md of LLaDA @b7e6c35 and
    # eval/eval.py of Dream @fac0a7f.
    assert process.move_chance(TIMES) == near([0.001, 0.25075, 0.5005, 1.0], rel=1e-13)
    assert process.mask_id == mask_id < process.vocab_size
    assert ("schedule", "assumed") in kinds_of(imported)


def test_llada2_masks_with_chance_t_of_a_range():
    config = {**document(TEXTS["llada"]), "model_type": "llada2_moe"}
    del config["mask_token_id"]
    model = import_config("llada", config | {"vocab_size": 157184})
    imported = import_config("llada", LLADA2_SFT)
    assert model.spec == imported.spec
    process = build_process(imported.spec)
    assert process.move_chance(TIMES) == near(TIMES, rel=1e-14)
    assert (process.vocab_size, process.mask_id) == (157184, 156895)
    notes = {note.key: note.text for note in imported.notes}
    assert "`sample_times(low=0.3, high=0.8)`" in notes["data.noise_range_low"]
    assert ("train.block_size", "no_meaning") in kinds_of(imported)
    given = import_config("llada", LLADA2_SFT, vocab_size=200_000)
    assert given.spec["vocab_size"] == 200_000
    assert "vocab_size" not in {note.key for note in given.notes}


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({}, "model_type", "missing"),
        ({"model_type": "llada_moe"}, "model_type", "cannot_import"),
        ({"model_type": "llada"}, "vocab_size", "missing"),
        (
            {"model_type": "llada", "vocab_size": 9, "mask_token_id": 99},
            "mask_token_id",
            "out_of_range",
        ),
        (
            {"data": {"noise_range_low": 0.9, "noise_range_high": 0.8}},
            "data.noise_range_low",
            "out_of_order",
        ),
    ],
)
def test_what_llada_refuses_is_refused(config, field, code):
    assert refused("llada", config) == (f"config.{field}", code)


def test_dllm_masks_by_its_linear_schedule_from_time_epsilon_on():
    imported = import_config("dllm", TEXTS["dllm"])
    process = build_process(imported.spec)
    values = reference("dllm_sched")
    alpha = process.alpha(np.array(values["t"]))
    assert alpha == pytest.approx(values["linear"]["alpha"], abs=1e-7)  # float32 there
    assert (process.vocab_size, process.mask_id) == (126464, 126336)
    notes = {note.key: note.text for note in imported.notes}
    assert "`sample_times(low=0.001)`" in notes["time_epsilon"]
    assert ("schedule", "assumed") in kinds_of(imported)


def test_dllm_reads_what_a_run_logs_of_its_model_and_diffusiongemmas_trainer():
    logged = {"vocab_size": 50368, "mask_token_id": 50284, "time_epsilon": 0.001}
    wrapped = {key: {"desc": None, "value": value} for key, value in logged.items()}
    spec = import_config("dllm", wrapped).spec
    assert spec["graph"] == {"type": "absorbing", "mask_id": 50284}
    gemma = {
        "model_name_or_path": "google/diffusiongemma-26B-A4B-it",
        "time_epsilon": 1e-4,
        "canvas_length": 256,
        "self_conditioning_prob": 0.5,
    }
    spec = import_config("dllm", gemma).spec
    assert spec["graph"] == {"type": "uniform"}
    assert spec["vocab_size"] == 262144


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({}, "time_epsilon", "missing"),
        ({"time_epsilon": 0.001}, "mask_token_id", "missing"),
        (
            {"time_epsilon": 0.001, "scheduler_cls": "CubicKappaScheduler"},
            "scheduler_cls",
            "cannot_import",
        ),
        (
            {"time_epsilon": 0.001, "model_name_or_path": "me/mine"},
            "model_name_or_path",
            "unknown_tokenizer",
        ),
        (
            {"time_epsilon": 0.001, "model_name_or_path": "me/mine", "vocab_size": 9},
            "mask_token_id",
            "missing",
        ),
    ],
)
def test_what_dllm_leaves_open_is_refused(config, field, code):
    assert refused("dllm", config) == (f"config.{field}", code)
