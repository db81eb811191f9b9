"""Keys of MDLM that UDLM, BD3-LM and Duo kept, written for Hydra."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.noises import NoiseReader, between_sigmas, down_to
from noising.engine.importers.reader import ASSUMED, DIFFERS, NO_MEANING, Reader
from noising.engine.importers.tokenizers import read_tokenizer
from noising.engine.parameters import Integer
from noising.engine.registry import NUM_TIMESTEPS

NOISES: Final[Mapping[str, NoiseReader]] = {
    "loglinear": down_to("loglinear", 1e-3),
    "cosine": down_to("mdlm_cosine", 1e-3),
    "cosinesqr": down_to("cosine_squared", 1e-3),
    "linear": between_sigmas("linear_sigma", {"sigma_min": 1e-3, "sigma_max": 7.0}),
    "geometric": between_sigmas("geometric", {}),
}
"""Source: noise_schedule.py of MDLM @c112c52 and of UDLM @edb0f8c."""
DATA_TOKENIZERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("ag_news", "lambada", "lm1b-gpt2", "ptb", "wikitext103", "wikitext2"),
            *("openwebtext", "openwebtext-split", "openwebtext-streaming"),
            *("scientific_papers_arxiv", "scientific_papers_pubmed"),
        ),
        "gpt2",
    ),
    **dict.fromkeys(
        ("lm1b", "lm1b-streaming", "lm1b-wrap", "lm1b_wrap", "amazon_polarity"),
        "bert-base-uncased",
    ),
}
"""The tokenizer of each of the projects' data files, where it is a known one."""
DATA: Final = (
    *("train", "valid", "cache_dir", "wrap", "streaming", "modality", "size"),
    *("length", "insert_train_eos", "insert_valid_eos", "insert_train_special"),
    *("insert_valid_special", "insert_train_spacial", "override_cache"),
    *("label_col", "label_col_pctile", "num_classes", "rc_aug"),
    *("add_special_tokens", "add_mask_token"),
)
WITHOUT_MEANING: Final = (
    *("mode", "backbone", "time_conditioning", "subs_masking", "seed", "loader"),
    *("sampling", "eval", "optim", "trainer", "wandb", "hydra", "checkpointing"),
    *("callbacks", "model", "strategy", "lr_scheduler", "training.ema"),
    *(f"data.{key}" for key in DATA),
)
METHODS: Final[Mapping[str, str]] = {
    "training.antithetic_sampling": (
        "The original's method is called `stratified` in `sample_times`."
    ),
    **dict.fromkeys(
        ("training.importance_sampling", "training.change_of_variables"),
        "It is the method `importance` of `sample_times`.",
    ),
}
"""Keys that turn on a way to draw training times, and what it is called here."""
STEPS: Final = Integer(low=0, high=NUM_TIMESTEPS.high, help="0 for continuous time")


def read_diffusion(
    reader: Reader,
    graphs: Mapping[str, str],
    parameterizations: Mapping[str, None],
    *,
    hints: Mapping[str, Mapping[str, str]],
    adds_mask: bool,
) -> dict[str, Any]:
    """Return the specification of a configuration with a key `diffusion`.

    Args:
        reader: the configuration.
        graphs: the graph here for each diffusion of the project.
        parameterizations: the names of the project's parameterizations.
        hints: what to do about other diffusions and noises, by key and name.
        adds_mask: whether uniform noise draws a mask that the project has added.

    Raises:
        EngineError: a noise or diffusion without a counterpart, or a missing value.
    """
    groups = read_groups(reader)
    if reader.has("parameterization"):
        reader.choice("parameterization", parameterizations)
    graph = reader.choice(
        "diffusion",
        graphs,
        default="absorbing_state",
        hints=hints.get("diffusion"),
    )
    noise = reader.choice(
        "noise.type", NOISES, default=groups.get("noise"), hints=hints.get("noise.type")
    )
    spec = {"schedule": noise(reader), "graph": {"type": graph}}
    tokens = read_tokens(
        reader, groups.get("data"), adds_mask=adds_mask and graph == "uniform"
    )
    set_tokens(spec, tokens)
    read_steps(reader, "T", spec)
    remark_on_times(reader)
    return spec


def read_tokens(
    reader: Reader,
    data: str | None,
    *,
    adds_pad: bool = False,
    adds_mask: bool = False,
) -> dict[str, Any]:
    """Return size and mask of the tokenizer, which may be that of a data group.

    Raises:
        EngineError: the tokenizer is unknown and the caller gives no size.
    """
    path = "data.tokenizer_name_or_path"
    name = reader.value(path)
    if name is None and data is not None:
        path, name = "defaults", DATA_TOKENIZERS.get(data, f"that of {data}")
    return read_tokenizer(reader, path, name, adds_pad=adds_pad, adds_mask=adds_mask)


def set_tokens(spec: dict[str, Any], tokens: Mapping[str, Any]) -> None:
    """Set the size, and the mask of a graph that has one."""
    if spec["graph"]["type"] != "uniform":
        spec["graph"]["mask_id"] = tokens.get("mask_id")
    if "vocab_size" in tokens:
        spec["vocab_size"] = tokens["vocab_size"]


def read_steps(reader: Reader, path: str, spec: dict[str, Any]) -> None:
    """Set the number of timesteps if the original has discrete time.

    Raises:
        EngineError: it is not an integer, or out of range.
    """
    if not reader.has(path):
        return
    steps = reader.integer(path, STEPS)
    if steps == 0 and reader.num_timesteps is None:
        steps = NUM_TIMESTEPS.default
        text = f"0 stands for continuous time: {steps} timesteps are assumed."
        reader.note(ASSUMED, path, text)
    if steps:
        spec["num_timesteps"] = steps


def read_groups(reader: Reader) -> dict[str, str]:
    """Return the choices in Hydra's `defaults`, such as {"noise": "loglinear"}.

    Raises:
        EngineError: `defaults` is not a list.
    """
    listed = reader.value("defaults") or []
    if not isinstance(listed, list):
        raise EngineError("config.defaults", "not_a_list", "must be a list", listed)
    groups: dict[str, str] = {}
    for entry in listed:
        if isinstance(entry, Mapping):
            for name, choice in entry.items():
                if isinstance(name, str) and isinstance(choice, str):
                    groups[name.removeprefix("override ").strip("/ ")] = choice
    return groups


def remark_on_times(reader: Reader) -> None:
    """Note the keys about training times."""
    reader.remark(
        DIFFERS,
        "training.sampling_eps",
        "The original draws times from [sampling_eps, 1]: `sample_times` with `low`.",
    )
    for key, text in METHODS.items():
        if reader.peek(key) in (False, None):
            reader.remark(NO_MEANING, key, "It is off.")
        else:
            reader.remark(DIFFERS, key, text)
