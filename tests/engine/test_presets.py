"""Presets have the numbers of the projects they are named after."""

from pathlib import Path

import numpy as np
import pytest

from noising.engine import PRESETS, build_process, lint
from noising.engine.importers import import_config
from noising.engine.importers.document import document
from tests.engine.importers.configs import HDLM_EPSILON, LLADA2_SFT, TEXTS
from tests.engine.references import near

GPT2 = {"tokenizer_name_or_path": "gpt2"}
PUBLISHED = {
    "sedd": ("sedd", TEXTS["sedd"], {}),
    "sedd-uniform": (
        "sedd",
        TEXTS["sedd"],
        {
            "graph": {"type": "uniform"},
            "noise": {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20},
        },
    ),
    "mdlm": ("mdlm", TEXTS["mdlm"], {"data": GPT2}),
    "udlm": ("udlm", TEXTS["udlm"], {}),
    "duo": ("duo", TEXTS["duo"], {}),
    "bd3lm": ("bd3lm", TEXTS["bd3lm"], {}),
    "gidd": (
        "gidd",
        TEXTS["gidd"],
        {"model": {"p_uniform": 0.1}, "data": {"tokenizer_name": "gpt2"}},
    ),
    "hdlm": ("hdlm", TEXTS["hdlm"], {}),
    "hdlm-epsilon": ("hdlm", HDLM_EPSILON, {}),
    "llada": ("llada", TEXTS["llada"], {}),
    "llada2": ("llada", LLADA2_SFT, {}),
    "dream": ("dream", TEXTS["dream"], {}),
    "diffusiongemma": (
        "dllm",
        TEXTS["dllm"],
        {
            "model_name_or_path": "google/diffusiongemma-26B-A4B-it",
            "time_epsilon": 1e-4,
            "canvas_length": 256,
        },
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_preset_is_the_import_of_the_published_configuration(name):
    source, text, changes = PUBLISHED[name]
    imported = import_config(source, {**document(text), **changes})
    assert build_process(PRESETS[name].specification).spec == imported.spec


def test_d3pms_presets_have_the_chances_of_its_schedules():
    """Products of 1 - beta over the steps of d3pm/text/diffusion.py @1d4d2f1.

    beta_t = 1/(T - t) for `standard`, 1 - f(t+1)/f(t) for `cosine`, at most 0.999.
    """
    assert set(PRESETS) == {*PUBLISHED, "d3pm-absorbing", "d3pm-uniform"}
    step = np.arange(1000)
    f = np.cos((np.arange(1001) / 1000 + 0.008) / 1.008 * np.pi / 2)
    betas = {
        "absorbing": 1.0 / (1000 - step),
        "uniform": np.minimum(1.0 - f[1:] / f[:-1], 0.999),
    }
    for kind, beta in betas.items():
        process = build_process(PRESETS[f"d3pm-{kind}"].specification)
        expected = np.cumprod(1.0 - beta)
        assert process.alphas[:-1] == near(expected[:-1], rel=1e-9)
        assert process.alphas[-1] <= 2e-6
        assert (process.vocab_size, process.num_timesteps) == (27, 1000)


DOCUMENT = Path(__file__).parents[2] / "docs" / "schedules.md"


@pytest.mark.parametrize(("name", "preset"), PRESETS.items())
def test_a_preset_is_usable_and_says_where_it_is_from(name, preset):
    row = f"| `{name}` | {preset.title} | {preset.source} | {preset.differs} |"
    assert row in DOCUMENT.read_text().splitlines()
    findings = lint(build_process(preset.specification))
    assert "error" not in {finding.severity for finding in findings}
    assert " @" in preset.source
    assert preset.differs == "" or preset.differs.endswith(".")
