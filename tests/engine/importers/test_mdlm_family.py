"""UDLM, BD3-LM and Duo against numbers of their own code."""

import numpy as np
import pytest

from noising.engine import build_process
from noising.engine.importers import import_config
from noising.engine.importers.document import document
from tests.engine.importers.configs import TEXTS, kinds_of, refused
from tests.engine.references import near, reference


def changed(source, **sections):
    """Return a source's configuration with some keys of its sections changed."""
    config = document(TEXTS[source])
    for name, section in sections.items():
        config[name] = {**config[name], **section}
    return config


@pytest.mark.parametrize(
    ("noise", "moved"),
    [
        # 1 - alpha at t = 0.25, 0.5, 0.999 from the formulas of Duo @7c9b498,
        # 1 - (1-eps)·t and 1 - cos(pi/2·(1 - (1-eps)·t)), with mpmath to 17 digits.
        ({"type": "log-linear"}, (0.24975, 0.4995, 0.998001)),
        (
            {"type": "cosine"},
            (0.38232059622310005, 0.7065512027868784, 0.99999507013541855),
        ),
        ({"type": "log-linear", "eps": 0.1}, (0.225, 0.45, 0.8991)),
        (
            {"type": "cosine", "eps": 0.1},
            (0.34611705707749298, 0.64944804833018366, 0.98746619965977011),
        ),
    ],
)
def test_duo_uses_its_own_formulas_and_epsilon(noise, moved):
    spec = import_config("duo", changed("duo", noise=noise)).spec
    process = build_process(spec)
    assert process.move_chance(np.array([0.25, 0.5, 0.999])) == near(moved, rel=1e-12)
    assert spec["graph"] == {"type": "uniform"}


@pytest.mark.parametrize(
    ("name", "tokenizer", "size", "mask_id"),
    [
        # UniformState has len(tokenizer) ids, AbsorbingState tokenizer.vocab_size.
        ("duo_base", "gpt2", 50258, None),
        ("distillation", "bert-base-uncased", 30522, None),
        ("mdlm", "gpt2", 50257, 50257),
        ("sedd", "bert-base-uncased", 30522, 103),
    ],
)
def test_duos_algorithm_decides_graph_and_ids(name, tokenizer, size, mask_id):
    config = changed(
        "duo", algo={"name": name}, data={"tokenizer_name_or_path": tokenizer}
    )
    process = build_process(import_config("duo", config).spec)
    assert (process.vocab_size, process.mask_id) == (size, mask_id)


def test_duo_notes_its_curriculum_and_reads_its_steps():
    assert ("algo.curriculum", "differs") in kinds_of(
        import_config("duo", TEXTS["duo"])
    )
    for name, steps in [("d3pm", 64), ("distillation", 1000)]:
        config = changed("duo", algo={"name": name, "T": 64})
        assert import_config("duo", config).spec["num_timesteps"] == steps


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"algo": {"name": "ar"}}, "algo.name"),
        ({"prior": {"type": "gaussian"}}, "prior.type"),
        ({"noise": {"type": "geometric"}}, "noise.type"),
    ],
)
def test_what_duo_refuses_is_refused(section, field):
    config = changed("duo", **section)
    assert refused("duo", config) == (f"config.{field}", "cannot_import")


@pytest.mark.parametrize(
    ("tokenizer", "size"), [("gpt2", 50258), ("bert-base-uncased", 30522)]
)
def test_udlms_uniform_noise_draws_the_mask_too(tokenizer, size):
    config = changed("udlm", data={"tokenizer_name_or_path": tokenizer})
    spec = import_config("udlm", config).spec
    assert spec["graph"] == {"type": "uniform"}
    assert spec["vocab_size"] == size
    # 1 - alpha = (1-eps)·t of LogLinearNoise @edb0f8c.
    assert build_process(spec).move_chance(0.5) == near(0.4995, rel=1e-14)


def test_udlm_knows_masks_and_refuses_noises_without_code():
    config = {**document(TEXTS["udlm"]), "diffusion": "absorbing_state"}
    spec = import_config("udlm", config).spec
    assert spec["graph"] == {"type": "absorbing", "mask_id": 103}
    config = changed("udlm", noise={"type": "polynomial"})
    assert refused("udlm", config) == ("config.noise.type", "cannot_import")


@pytest.mark.parametrize(
    ("noise", "tolerance"),
    [
        ("loglinear", 1e-12),
        ("square", 1.01e-3),  # the original moves at least 0.001
        ("square_root", 1.01e-3),
        ("cosine", 1e-12),
        ("log", 1e-12),
    ],
)
def test_bd3lms_move_chances_are_those_of_its_code(noise, tolerance):
    values = reference("bd3lms_noise")
    steps = 100  # the reference's times are timesteps, except 0
    config = changed("bd3lm", noise={"type": noise})
    process = build_process(import_config("bd3lm", config, num_timesteps=steps).spec)
    times = np.array(values["t"][1:])
    moved = process.move_chance(times)
    expected = values[noise]["move_chance"][1:]
    assert moved == pytest.approx(expected, abs=tolerance, rel=0)


def test_bd3lms_blocks_and_range_are_options_of_the_sampler():
    imported = import_config("bd3lm", TEXTS["bd3lm"])
    notes = {note.key: note.text for note in imported.notes}
    assert "`block_times` with width 1024" in notes["block_size"]
    for key in ("training.sampling_eps_min", "training.sampling_eps_max"):
        assert "`sample_times(low=0.3, high=0.8)`" in notes[key]
    assert ("training.resample", "differs") in kinds_of(imported)
    assert ("algo.fix_clipping", "differs") in kinds_of(imported)
    plain = import_config("bd3lm", changed("bd3lm", algo={"var_min": False}))
    assert ("training.sampling_eps_min", "ignored") in kinds_of(plain)
    assert plain.spec == imported.spec
    config = document(TEXTS["bd3lm"])
    del config["model"]
    whole = import_config("bd3lm", config)
    assert ("block_size", "differs") in kinds_of(whole)


def test_bd3lm_with_mdlms_loss_scale_has_mdlms_epsilon():
    on = {"name": "mdlm", "mdlm_loss_scale": True}
    spec = import_config("bd3lm", changed("bd3lm", algo=on)).spec
    assert spec["schedule"]["epsilon"] == 1e-3
    config = changed("bd3lm", algo=on, noise={"type": "cosine"})
    assert refused("bd3lm", config) == ("config.algo.mdlm_loss_scale", "cannot_import")


def test_duo_and_bd3lm_need_neither_prior_nor_blocks_and_note_the_first_token():
    duo = changed("duo", algo={"ignore_bos": True})
    del duo["prior"]
    imported = import_config("duo", duo)
    assert imported.spec["graph"] == {"type": "uniform"}
    notes = {note.key: note.text for note in imported.notes}
    assert "never noises the first token" in notes["algo.ignore_bos"]

    bd3lm = changed("bd3lm", algo={"ignore_bos": True})
    imported = import_config("bd3lm", bd3lm)
    notes = {note.key: note.text for note in imported.notes}
    assert "the loss of the first token" in notes["algo.ignore_bos"]
    for key in ("diffusion", "block_size"):
        bd3lm.pop(key, None)
    bd3lm["algo"] = {**bd3lm["algo"], "ignore_bos": False}
    short = import_config("bd3lm", bd3lm)
    assert short.spec == imported.spec
    assert "block_size" not in {note.key for note in short.notes}


def test_zero_timesteps_and_methods_that_are_off_are_told_as_what_they_are():
    config = {
        "T": 0,
        "diffusion": "absorbing_state",
        "noise": {"type": "loglinear"},
        "training": {"importance_sampling": False, "antithetic_sampling": True},
    }
    notes = {each.key: each for each in import_config("mdlm", config).notes}
    assert (
        notes["T"].text == "0 stands for continuous time: 1000 timesteps are assumed."
    )
    assert "num_timesteps" not in notes
    assert notes["training.importance_sampling"].kind == "no_meaning"
    assert notes["training.antithetic_sampling"].kind == "differs"
