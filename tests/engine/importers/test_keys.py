"""The note on every key: used, no meaning here, or not understood."""

import copy

import pytest

from noising.engine.importers import SOURCES, import_config
from noising.engine.importers.document import document
from noising.engine.importers.reader import ASSUMED, NO_MEANING, NOT_UNDERSTOOD
from tests.engine.importers.configs import HDLM_EPSILON, TEXTS, kinds_of


def paths_of(config, section=""):
    """Yield the dotted path of every key and section."""
    for key, value in config.items():
        path = f"{section}.{key}" if section else key
        yield path
        if isinstance(value, dict):
            yield from paths_of(value, path)


def covers(path, inner):
    return inner == path or inner.startswith(f"{path}.")


def leaves_of(config):
    paths = set(paths_of(config))
    return {path for path in paths if not any(p.startswith(f"{path}.") for p in paths)}


@pytest.mark.parametrize("source", SOURCES)
def test_every_key_is_used_or_has_a_note(source):
    config = document(TEXTS[source])
    imported = import_config(source, config)
    said = [note.key for note in imported.notes if note.kind != ASSUMED]
    for leaf in leaves_of(config):
        is_used = any(covers(used, leaf) for used in imported.used)
        is_noted = sum(covers(key, leaf) for key in said)
        assert is_used or is_noted == 1, leaf
    assert len(set(imported.used)) == len(imported.used)


@pytest.mark.parametrize("source", SOURCES)
def test_a_published_configuration_is_understood_to_the_last_key(source):
    notes = import_config(source, TEXTS[source]).notes
    assert [note.key for note in notes if note.kind == NOT_UNDERSTOOD] == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_that_nobody_knows_is_never_said_to_have_no_meaning(source):
    config = document(TEXTS[source])
    known = SOURCES[source].no_meaning
    sections = {
        path: value
        for path in paths_of(config)
        if isinstance(value := config.get(path), dict) and path not in known
    }
    for section in ("", *sections):
        changed = copy.deepcopy(config)
        inside = changed[section] if section else changed
        inside["surprise"] = 1
        path = f"{section}.surprise" if section else "surprise"
        kinds = kinds_of(import_config(source, changed))
        assert (path, NOT_UNDERSTOOD) in kinds
        covering = [kind for key, kind in kinds if covers(key, path)]
        assert NO_MEANING not in covering


@pytest.mark.parametrize(
    ("source", "config", "used"),
    [
        ("sedd", TEXTS["sedd"], {"noise.type", "graph.type", "tokens"}),
        (
            "mdlm",
            TEXTS["mdlm"],
            {"defaults", "diffusion", "parameterization", "T"},
        ),
        ("duo", TEXTS["duo"], {"algo.name", "prior.type", "noise.eps"}),
        ("bd3lm", TEXTS["bd3lm"], {"algo.name", "noise.type", "block_size"}),
        ("gidd", TEXTS["gidd"], {"model.p_uniform", "model.diffusion_process"}),
        ("hdlm", HDLM_EPSILON, {"model_type", "training.epsilon", "annealing.tau"}),
        ("diffusers", TEXTS["diffusers"], {"_class_name", "beta_start"}),
    ],
)
def test_the_keys_that_made_the_specification_are_listed(source, config, used):
    assert used <= set(import_config(source, config).used)


def test_bd3lms_own_keys_are_not_said_to_have_no_meaning_for_mdlm():
    config = {
        "noise": {"type": "loglinear"},
        "data": {"tokenizer_name_or_path": "gpt2"},
        "block_size": 16,
        "training": {"ema": 0.9999, "sampling_eps_min": 0.3, "resample": True},
    }
    kinds = kinds_of(import_config("mdlm", config))
    for key in ("block_size", "training.sampling_eps_min", "training.resample"):
        assert (key, NOT_UNDERSTOOD) in kinds
    assert ("training.ema", NO_MEANING) in kinds
