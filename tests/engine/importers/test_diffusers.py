"""Scheduler configurations of diffusers, against their own numbers."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.importers import import_config
from noising.engine.importers.diffusers_classes import GAUSSIAN, UNDETERMINED
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


def test_vq_diffusion_keeps_replaces_and_masks_with_its_own_chances():
    values = reference("diffusers_vq")
    config = {
        "_class_name": "VQDiffusionScheduler",
        "num_vec_classes": 4097,
        "num_train_timesteps": 10,
    }
    imported = import_config("diffusers", config)
    process = build_process(imported.spec)
    assert close(process.alphas, values["alpha_cum"][:-1], rel=1e-11)
    assert (process.vocab_size, process.mask_id) == (4096, 4096)
    assert ("gamma_cum_end", "differs") in kinds_of(imported)
    rows = [process.marginal(7, process.time(k))[[7, 8, 4096]] for k in range(10)]
    kept, masked = (np.array(values[f"{key}_cum"][:-1]) for key in ("alpha", "gamma"))
    drawn = (1.0 - kept - masked) / 4096
    assert np.array(rows) == near(
        np.stack([kept + drawn, drawn, masked], axis=1), rel=1e-6
    )


def test_vq_diffusion_may_replace_many_tokens_and_none():
    config = {
        "_class_name": "VQDiffusionScheduler",
        "num_vec_classes": 9,
        "num_train_timesteps": 10,
        "gamma_cum_end": 0.9,
    }
    process = build_process(import_config("diffusers", config).spec)
    end = process.marginal(3, 1.0)
    drawn = (1.0 - 0.000009 - 0.9) / 8
    assert end[[3, 4, 8]] == near([0.000009 + drawn, drawn, 0.9], rel=1e-9)
    ends = {"alpha_cum_start": 1.0, "alpha_cum_end": 0.0, "gamma_cum_start": 0.0}
    config |= ends | {"gamma_cum_end": 1.0}
    assert import_config("diffusers", config).spec["graph"]["type"] == "absorbing"


@pytest.mark.parametrize(
    ("masking", "moved"),
    [
        # mask_ratio of AmusedScheduler.add_noise @58eb52c at ratio = 0.9, 0.5, 0.1:
        # cos(ratio·pi/2) and 1 - ratio, with mpmath.
        (
            "cosine",
            (0.15643446504023087, 0.70710678118654752, 0.98768834059513773),
        ),
        ("linear", (0.1, 0.5, 0.9)),
        (None, (0.15643446504023087, 0.70710678118654752, 0.98768834059513773)),
    ],
)
def test_amused_masks_with_its_own_ratio(masking, moved):
    config = {
        "_class_name": "AmusedScheduler",
        "mask_token_id": 8255,
        "masking_schedule": masking,
    }
    process = build_process(import_config("diffusers", config).spec)
    assert process.move_chance(np.array([0.1, 0.5, 0.9])) == near(moved, rel=1e-12)
    assert (process.vocab_size, process.mask_id) == (8256, 8255)
    assert (
        import_config("diffusers", config, vocab_size=9000).spec["vocab_size"] == 9000
    )


def test_discrete_ddim_noises_uniformly_with_alpha_one_minus_t():
    config = {"_class_name": "DiscreteDDIMScheduler", "num_inference_steps": 32}
    imported = import_config("diffusers", config, vocab_size=40)
    process = build_process(imported.spec)
    assert process.alpha(np.array([0.0, 0.25, 1.0])) == near(
        [1.0, 0.75, 0.0], rel=1e-14
    )
    assert imported.spec["graph"] == {"type": "uniform"}
    assert ("num_inference_steps", "no_meaning") in kinds_of(imported)


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
        ({"_class_name": "AmusedScheduler"}, "config.mask_token_id", "missing"),
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
                "alpha_cum_end": 0.5,
            },
            "config.gamma_cum_end",
            "out_of_range",
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


@pytest.mark.parametrize("name", UNDETERMINED)
def test_a_file_that_leaves_the_noise_open_is_refused_and_says_what_is_missing(name):
    with pytest.raises(EngineError, match="the schedule of the training") as caught:
        import_config("diffusers", {"_class_name": name, "block_length": 32})
    assert caught.value.code == "cannot_import"
    for gaussian in GAUSSIAN:
        assert gaussian not in caught.value.rule + caught.value.way_out


def test_another_class_gets_no_hint_at_one_that_sounds_alike():
    for name in ("EDMDPMSolverMultistepScheduler", "IPNDMScheduler"):
        with pytest.raises(EngineError) as caught:
            import_config("diffusers", {"_class_name": name})
        assert caught.value.way_out == ""
