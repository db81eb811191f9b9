"""The stored schedules that every installation starts with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from noising.engine import PRESETS, Preset

BUILTIN_TAG = "built-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinSchedule:
    """A built-in schedule: its name, its specification and notes."""

    slug: str
    specification: Mapping[str, Any]
    notes: str


def _of_type(
    slug: str, *, notes: str, schedule: str = "", graph: str = "uniform"
) -> BuiltinSchedule:
    """Return a schedule type with its default parameters."""
    return BuiltinSchedule(
        slug=slug,
        specification={
            "vocab_size": 50257,
            "num_timesteps": 1000,
            "schedule": {"type": schedule or slug},
            "graph": {"type": graph},
        },
        notes=notes,
    )


def _of_preset(slug: str, preset: Preset) -> BuiltinSchedule:
    notes = f"{preset.title}. Source: {preset.source}. {preset.differs}".rstrip()
    return BuiltinSchedule(slug=slug, specification=preset.specification, notes=notes)


_TYPES = (
    _of_type(
        "uniform",
        notes="The baseline of every benchmark: a constant rate of corruption, the "
        "same at every timestep and position.",
    ),
    _of_type(
        "linear",
        notes="Betas rise linearly from 0.0001 to 0.02, as in DDPM and D3PM. They are "
        "meant for 1000 timesteps; with fewer, noise remains incomplete.",
    ),
    _of_type(
        "quadratic",
        notes="The square roots of the betas rise linearly: gentler than `linear` "
        "at the start.",
    ),
    _of_type(
        "cosine",
        notes="Nichol and Dhariwal's cosine schedule: little noise at the start, the "
        "steepest loss in the middle. The service's own default.",
    ),
    _of_type(
        "sedd_entropy",
        notes="Loses the same amount of information about the original tokens at "
        "every timestep, so that no timestep is wasted.",
    ),
    _of_type(
        "loglinear",
        notes="The expected number of corrupted tokens rises linearly. SEDD and MDLM "
        "train with it on the absorbing graph.",
    ),
    _of_type(
        "geometric",
        notes="Total noise grows geometrically from 0.0001 to 20. SEDD trains with it "
        "on the uniform graph.",
    ),
    _of_type(
        "sedd-absorbing",
        schedule="sedd_entropy",
        graph="absorbing",
        notes="Tokens become a mask instead of other tokens. Here an even loss of "
        "information is an even loss of tokens: the same curve as `loglinear`.",
    ),
    _of_type(
        "polynomial",
        notes="The expected number of corrupted tokens rises with the square of time: "
        "gentle at the start, as in MD4.",
    ),
    _of_type(
        "power",
        notes="The mirror image of `polynomial`, as in discrete flow matching: alpha "
        "is (1 - t)^2, steep at the start and gentle at the end.",
    ),
    _of_type(
        "mdlm_cosine",
        notes="Alpha falls as a quarter of a cosine wave; one of MDLM's choices.",
    ),
    _of_type(
        "cosine_squared",
        notes="The square of `mdlm_cosine`: flat at both ends.",
    ),
    _of_type(
        "maskgit_cosine",
        notes="MaskGIT's and MD4's cosine: most of the noise comes early.",
    ),
    _of_type(
        "d3pm_cosine",
        notes="As `cosine`, but without the square, as D3PM has it.",
    ),
    _of_type(
        "sigmoid",
        notes="Alpha falls as a sigmoid from -3 to 3: steep in the middle, and no "
        "information is left at the end.",
    ),
    _of_type(
        "linear_sigma",
        notes="Total noise rises linearly from 0.001 to 7: a constant rate, as "
        "`uniform`, that starts with a little noise.",
    ),
)
BUILTIN_SCHEDULES = (
    *_TYPES,
    *(_of_preset(slug, preset) for slug, preset in PRESETS.items()),
)

BUILTIN_NAMES = frozenset(builtin.slug for builtin in BUILTIN_SCHEDULES)
