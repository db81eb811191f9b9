"""Scheduler configurations of diffusers, against their own numbers."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.importers import import_config
from noising.engine.importers.diffusers_classes import GAUSSIAN, TOKEN_CLASSES
from tests.engine.importers.configs import TEXTS, kinds_of, refused
from tests.engine.references import close, near, reference


def test_diffusers_linear_equals_its_product_of_betas():
    imported = import_config("diffusers", TEXTS["diffusers"])
    process = build_process(imported.spec)
    end = reference("d3pm_reimplemented")["linear T=1000 (1e-4..0.02)"]
    assert process.alphas[-1] == near(end["alpha_bar_end"], rel=1e-12)
    assert ("_class_name", "differs") in kinds_of(imported)
    assert ("prediction_type", "no_meaning") in kinds_of(imported)


@pytest.mark.parametrize(
    "kind", ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"]
)
def test_diffusers_betas_are_kept(kind):
    config = {
        "_class_name": "DDPMScheduler",
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
    config = {
        "_class_name": "DDIMScheduler",
        "beta_schedule": "squaredcos_cap_v2",
        "beta_start": 0.1,
        "beta_end": 0.2,
    }
    kinds = kinds_of(import_config("diffusers", config))
    assert {("beta_start", "ignored"), ("beta_end", "ignored")} <= kinds


def test_diffusers_trained_betas_become_a_table():
    config = {
        "_class_name": "DDPMScheduler",
        "trained_betas": [0.1, 0.2, 0.5],
        "beta_schedule": "linear",
        "num_train_timesteps": 3,
    }
    imported = import_config("diffusers", config)
    process = build_process(imported.spec)
    assert process.alphas == near([0.9, 0.72, 0.36], rel=1e-14)
    assert ("beta_schedule", "ignored") in kinds_of(imported)


def test_diffusers_rescaled_schedules_end_at_nothing():
    config = {
        "_class_name": "DDPMScheduler",
        "num_train_timesteps": 100,
        "rescale_betas_zero_snr": True,
    }
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
    assert ("gamma_cum_end", "differs") in kinds_of(imported)


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        (
            {"_class_name": "FlowMatchEulerDiscreteScheduler"},
            "config._class_name",
            "cannot_import",
        ),
        ({"beta_schedule": "exp"}, "config.beta_schedule", "cannot_import"),
        (
            {"_class_name": "DDIMScheduler", "beta_schedule": "sigmoid"},
            "config.beta_schedule",
            "cannot_import",
        ),
        ({"beta_start": 1.5}, "config.beta_start", "out_of_range"),
        ({"beta_start": 0.5}, "config.beta_start", "out_of_order"),
        (
            {"beta_start": 0.5, "rescale_betas_zero_snr": True},
            "config.beta_start",
            "out_of_order",
        ),
        ({"num_train_timesteps": 0}, "config.num_train_timesteps", "out_of_range"),
        ({"trained_betas": [0.1, 1.0]}, "config.trained_betas[1]", "out_of_range"),
        ({"trained_betas": [0.1]}, "config.trained_betas", "wrong_length"),
        ({"use_flow_sigmas": True}, "config.use_flow_sigmas", "cannot_import"),
        (
            {"prediction_type": "flow_prediction"},
            "config.prediction_type",
            "cannot_import",
        ),
        ({"_class_name": None}, "config._class_name", "missing"),
        ({"_class_name": "AmusedScheduler"}, "config._class_name", "cannot_import"),
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
def test_what_has_no_counterpart_in_diffusers_isrefused(config, field, code):
    config = {"_class_name": "DDPMScheduler", **config}
    assert refused("diffusers", config) == (field, code)


@pytest.mark.parametrize(
    "config", [{}, {"mask_token_id": 8255, "masking_schedule": "cosine"}]
)
def test_without_a_class_nothing_says_which_process_it_is(config):
    assert refused("diffusers", config) == ("config._class_name", "missing")


FOR_IMAGES = (0.00085, 0.012)


@pytest.mark.parametrize(
    ("name", "ends", "kind"),
    [
        ("DDPMScheduler", (0.0001, 0.02), "linear"),
        ("EulerDiscreteScheduler", (0.0001, 0.02), "linear"),
        ("HeunDiscreteScheduler", FOR_IMAGES, "linear"),
        ("KDPM2DiscreteScheduler", FOR_IMAGES, "linear"),
        ("KDPM2AncestralDiscreteScheduler", FOR_IMAGES, "linear"),
        ("DPMSolverSDEScheduler", FOR_IMAGES, "linear"),
        ("LCMScheduler", FOR_IMAGES, "scaled_linear"),
        ("TCDScheduler", FOR_IMAGES, "scaled_linear"),
    ],
)
def test_where_a_file_is_silent_the_defaults_are_those_of_its_class(name, ends, kind):
    """Source: the constructors of diffusers @58eb52c."""
    process = build_process(import_config("diffusers", {"_class_name": name}).spec)
    roots = np.linspace(*np.sqrt(ends), 1000)
    betas = np.linspace(*ends, 1000) if kind == "linear" else roots**2
    assert process.alphas == near(np.cumprod(1 - betas), rel=1e-11)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("DDIMScheduler", 0.0),
        ("LCMScheduler", 0.0),
        ("EulerDiscreteScheduler", 2.0**-24),
        ("UniPCMultistepScheduler", 2.0**-24),
        ("PNDMScheduler", None),
    ],
)
def test_a_class_ends_its_rescaled_schedule_as_its_own_code_does(name, end):
    config = {"_class_name": name, "num_train_timesteps": 50}
    plain = build_process(import_config("diffusers", config).spec)
    imported = import_config("diffusers", {**config, "rescale_betas_zero_snr": True})
    process = build_process(imported.spec)
    if end is None:  # the class has no such key, and diffusers drops it
        assert imported.spec == plain.spec
        assert ("rescale_betas_zero_snr", "ignored") in kinds_of(imported)
    else:
        assert process.alphas[-1] == near(end, rel=1e-12)
        assert process.alphas[0] == near(plain.alphas[0], rel=1e-12)


def test_betas_of_another_number_than_steps_are_refused_under_their_own_key():
    config = {"_class_name": "DDPMScheduler", "trained_betas": [0.1, 0.2, 0.3]}
    with pytest.raises(EngineError, match="add `num_train_timesteps`") as said:
        import_config("diffusers", config)
    assert (said.value.field, said.value.value) == ("config.trained_betas", 3)
    spec = import_config("diffusers", config, num_timesteps=3).spec
    assert build_process(spec).alphas == near([0.9, 0.72, 0.504], rel=1e-14)


@pytest.mark.parametrize("kind", ["linear", "scaled_linear", "sigmoid"])
def test_steps_that_the_caller_gives_hold_for_every_table(kind):
    config = {"_class_name": "DDPMScheduler", "beta_schedule": kind}
    given = import_config("diffusers", config, num_timesteps=40)
    written = import_config("diffusers", {**config, "num_train_timesteps": 40})
    assert given.spec == written.spec
    vq = {"_class_name": "VQDiffusionScheduler", "num_vec_classes": 9}
    assert import_config("diffusers", vq, num_timesteps=7).spec["num_timesteps"] == 7
    assert refused("diffusers", vq, num_timesteps=1) == (
        "num_timesteps",
        "out_of_range",
    )


@pytest.mark.parametrize("name", TOKEN_CLASSES)
def test_a_scheduler_of_tokens_gets_no_hint_at_gaussian_noise(name):
    with pytest.raises(EngineError) as caught:
        import_config("diffusers", {"_class_name": name, "mask_token_id": 8255})
    assert "it noises tokens" in caught.value.way_out
    for gaussian in GAUSSIAN:
        assert gaussian not in caught.value.rule + caught.value.way_out


@pytest.mark.parametrize(
    ("spec", "alpha"),
    [
        ({"schedule": {"type": "maskgit_cosine", "epsilon": 0}}, "cosine"),
        ({"schedule": {"type": "loglinear", "epsilon": 0}}, "linear"),
    ],
)
def test_what_amused_is_told_to_write_is_what_its_scheduler_does(spec, alpha):
    """mask_ratio of AmusedScheduler.add_noise @58eb52c; its time runs from the mask."""
    graph = {"type": "absorbing", "mask_id": 8255}
    process = build_process({**spec, "vocab_size": 8256, "graph": graph})
    ratio = 1 - np.array([0.1, 0.5, 0.9])
    mask_ratio = np.cos(ratio * math.pi / 2) if alpha == "cosine" else 1 - ratio
    assert process.move_chance(1 - ratio) == near(mask_ratio, rel=1e-12)


def test_another_class_gets_no_hint_at_one_that_sounds_alike():
    for name in ("EDMDPMSolverMultistepScheduler", "IPNDMScheduler"):
        with pytest.raises(EngineError) as caught:
            import_config("diffusers", {"_class_name": name})
        assert caught.value.way_out == ""
