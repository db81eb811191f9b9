"""Noise processes of published models, by name.

Each has the numbers of the project's own code, so that an audit, a page or a command
can name it. `differs` says what the project does besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The noise process of a published model.

    Attributes:
        title: the model, with its paper.
        specification: for `build_process`.
        source: the code with its commit, or the paper, that the numbers are from.
        differs: what the project does otherwise: sentences, or "".
    """

    title: str
    specification: Mapping[str, Any]
    source: str
    differs: str = ""


def _specify(
    schedule: Mapping[str, Any],
    graph: Mapping[str, Any],
    *,
    vocab_size: int = 50257,
    hyperschedule: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    return {
        "vocab_size": vocab_size,
        "num_timesteps": 1000,
        "schedule": schedule,
        "graph": graph,
        "hyperschedule": hyperschedule,
    }


_LINEAR: Final = {"type": "loglinear", "epsilon": 0.0}
_LOGLINEAR: Final = {"type": "loglinear", "epsilon": 1e-3}
_LLADA: Final = {"type": "loglinear", "epsilon": 0.0, "time_range": [1e-3, 1.0]}
_UNIFORM: Final = {"type": "uniform"}
_ABSORBING: Final = {"type": "absorbing"}
_FROM_ONE_THOUSANDTH: Final = "Draws t from [0.001, 1]: `sample_times(low=0.001)`."

PRESETS: Final[Mapping[str, Preset]] = {
    "sedd": Preset(
        title="SEDD, absorbing (Lou et al. 2024)",
        specification=_specify(_LOGLINEAR, _ABSORBING),
        source="Score-Entropy-Discrete-Diffusion @0605786, noise_lib.py, graph_lib.py",
        differs=_FROM_ONE_THOUSANDTH,
    ),
    "sedd-uniform": Preset(
        title="SEDD, uniform (Lou et al. 2024)",
        specification=_specify(
            {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20.0}, _UNIFORM
        ),
        source="Score-Entropy-Discrete-Diffusion @0605786, noise_lib.py, configs/noise",
        differs=_FROM_ONE_THOUSANDTH,
    ),
    "mdlm": Preset(
        title="MDLM on OpenWebText (Sahoo et al. 2024)",
        specification=_specify(_LOGLINEAR, _ABSORBING),
        source="mdlm @c112c52, noise_schedule.py, diffusion.py",
        differs=_FROM_ONE_THOUSANDTH,
    ),
    "udlm": Preset(
        title="UDLM on LM1B (Schiff et al. 2025)",
        specification=_specify(_LOGLINEAR, _UNIFORM, vocab_size=30522),
        source="discrete-diffusion-guidance @edb0f8c, diffusion.py",
        differs=f"{_FROM_ONE_THOUSANDTH} Uniform noise also draws BERT's mask.",
    ),
    "duo": Preset(
        title="Duo on OpenWebText (Sahoo et al. 2025)",
        specification=_specify(_LOGLINEAR, _UNIFORM, vocab_size=50258),
        source="duo @7c9b498, trainer_base.py, configs/noise/log-linear.yaml",
        differs=f"{_FROM_ONE_THOUSANDTH} Its ids are GPT-2's and a [PAD]. During the "
        "curriculum the network sees Gaussian relaxations of x_t.",
    ),
    "bd3lm": Preset(
        title="BD3-LM on OpenWebText (Arriola et al. 2025)",
        specification=_specify(_LINEAR, _ABSORBING),
        source="bd3lms @1c3e8f4, noise_schedule.py, diffusion.py",
        differs="Draws a time for each block, from a range that it chooses by the "
        "variance of the loss: `sample_times(low=, high=)`, then `block_times`. With "
        "`resample`, the share of masks in each block also lies in that range.",
    ),
    "gidd": Preset(
        title="GIDD on OpenWebText with p_uniform 0.1 (von Ruette et al. 2025)",
        specification=_specify(
            {"type": "gidd", "p_uniform": 0.1, "gamma": 1.0},
            {"type": "gidd"},
            vocab_size=50258,
        ),
        source="gidd @f67acc9, gidd/diffusion_process.py, gidd/modeling.py",
        differs="Draws t from [0.0001, 0.9999]: `sample_times(low=, high=)`. Its data "
        "ids are GPT-2's and a [PAD].",
    ),
    "hdlm": Preset(
        title="HDLM, gamma-hybrid with gamma 0.01 (Fathi et al. 2025)",
        specification=_specify(
            {"type": "loglinear", "epsilon": 5e-3},
            {"type": "hdlm_gamma", "gamma": 0.01},
            hyperschedule={
                "type": "block",
                "width": 1024,
                "levels": 2048,
                "level_map": "hdlm",
            },
        ),
        source="hdlm @3bd7829, hdlm/gamma_hybrid, its configs",
        differs="Without `match_inference` it shifts each level by a random part of a "
        "step.",
    ),
    "hdlm-epsilon": Preset(
        title="HDLM, epsilon-hybrid with epsilon 0.01 (Fathi et al. 2025)",
        specification=_specify(
            _LINEAR,
            {"type": "hdlm_epsilon", "epsilon": 0.01},
            hyperschedule={
                "type": "block",
                "width": 1024,
                "levels": 1024,
                "level_map": "hdlm",
            },
        ),
        source="hdlm @3bd7829, hdlm/epsilon_hybrid, its configs",
        differs="Noises active positions only; here settled positions have the noise "
        "of their time, 0.0001.",
    ),
    "llada": Preset(
        title="LLaDA 8B (Nie et al. 2025)",
        specification=_specify(
            _LLADA, {"type": "absorbing", "mask_id": 126336}, vocab_size=126464
        ),
        source="LLaDA @b7e6c35, GUIDELINES.md; config.json of LLaDA-8B-Base",
        differs="In finetuning the prompt is never noised: `protect` it.",
    ),
    "llada2": Preset(
        title="LLaDA2.0, finetuning (inclusionAI 2025)",
        specification=_specify(
            _LINEAR, {"type": "absorbing", "mask_id": 156895}, vocab_size=157184
        ),
        source="dFactory @92b6890, tasks/dataset/data_transform.py, configs/sft",
        differs="Draws t from [0.3, 0.8], one for all blocks: `sample_times(low=0.3, "
        "high=0.8)`. The prompt is never noised: `protect` it.",
    ),
    "dream": Preset(
        title="Dream 7B (Ye et al. 2025)",
        specification=_specify(
            _LLADA, {"type": "absorbing", "mask_id": 151666}, vocab_size=152064
        ),
        source="Dream @fac0a7f, eval/eval.py; config.json of Dream-v0-Base-7B",
        differs="Its training code is not public; the paper's training weighs the loss "
        "by the context of a token.",
    ),
    "diffusiongemma": Preset(
        title="DiffusionGemma, finetuning with dllm",
        specification=_specify(_LINEAR, _UNIFORM, vocab_size=262144),
        source="dllm @37f3e11, dllm/pipelines/diffusiongemma/trainer.py; transformers "
        "5.24, configuration_diffusion_gemma.py",
        differs="Draws t from [0.0001, 1]: `sample_times(low=0.0001)`. Only one block "
        "of 256 tokens is noised, and at least one of its tokens is. Google's own "
        "training code is not public.",
    ),
    "d3pm-absorbing": Preset(
        title="D3PM, absorbing, on text8 (Austin et al. 2021)",
        specification=_specify(_LINEAR, _ABSORBING, vocab_size=27),
        source="google-research @1d4d2f1, d3pm/text: `standard` in diffusion.py",
    ),
    "d3pm-uniform": Preset(
        title="D3PM, uniform, on text8 (Austin et al. 2021)",
        specification=_specify({"type": "d3pm_cosine"}, _UNIFORM, vocab_size=27),
        source="google-research @1d4d2f1, d3pm/text: `cosine` and `beta-diagonal` in "
        "diffusion.py",
        differs="The function uniform_diffusion of configs.py has a banded matrix and "
        "the schedule `standard` instead.",
    ),
}
"""Maps a name, as in ``noising lint llada``, to the noise process of a model."""
