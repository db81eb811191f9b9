"""The project of a configuration is found by its keys."""

import pytest

from noising.engine import EngineError
from noising.engine.importers import import_config
from noising.engine.importers.detection import AUTO, detect_source, import_from
from tests.engine.importers.configs import TEXTS


@pytest.mark.parametrize("source", TEXTS)
def test_every_project_is_found(source):
    found, imported = detect_source(TEXTS[source])
    assert (found, imported) == (source, import_config(source, TEXTS[source]))


def test_sizes_are_passed_on_and_a_named_source_is_not_guessed():
    sizes = {"vocab_size": 27, "num_timesteps": 10}
    for source in (AUTO, "sedd"):
        found, imported = import_from(source, TEXTS["sedd"], **sizes)
        assert found == "sedd"
        assert (imported.spec["vocab_size"], imported.spec["num_timesteps"]) == (27, 10)


@pytest.mark.parametrize(
    ("config", "field", "code"),
    [
        ({"hidden_size": 3}, "config", "unknown_source"),
        ("{", "config", "not_readable"),
        # Only diffusers has this key, so its complaint is the one that helps.
        (
            {"_class_name": "DDPMScheduler", "trained_betas": [0.1]},
            "config.trained_betas",
            "wrong_length",
        ),
        # Each importer stops at its first key.
        ({"noise": {"type": "strange"}}, "config", "unknown_source"),
        # Several projects have these keys; MDLM's importer comes furthest.
        (
            {
                "diffusion": "absorbing_state",
                "noise": {"type": "loglinear"},
                "data": {"tokenizer_name_or_path": "my/tokenizer"},
            },
            "config.data.tokenizer_name_or_path",
            "unknown_tokenizer",
        ),
    ],
)
def test_what_no_project_reads_is_refused(config, field, code):
    with pytest.raises(EngineError) as refused:
        detect_source(config)
    assert (refused.value.field, refused.value.code) == (field, code)
