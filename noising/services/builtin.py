"""The stored schedules that every installation starts with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BUILTIN_TAG = "built-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinSchedule:
    """A built-in schedule: its name, its definition and notes."""

    slug: str
    schedule: str
    graph: str = "uniform"
    notes: str

    @property
    def specification(self) -> Mapping[str, Any]:
        """Return the specification, without parameters that have default values."""
        return {
            "vocab_size": 50257,
            "num_timesteps": 1000,
            "schedule": {"type": self.schedule},
            "graph": {"type": self.graph},
        }


BUILTIN_SCHEDULES = (
    BuiltinSchedule(
        slug="uniform",
        schedule="uniform",
        notes="The baseline of every benchmark: a constant rate of corruption, the "
        "same at every timestep and position.",
    ),
    BuiltinSchedule(
        slug="linear",
        schedule="linear",
        notes="Betas rise linearly from 0.0001 to 0.02, as in DDPM and D3PM. They are "
        "meant for 1000 timesteps; with fewer, noise remains incomplete.",
    ),
    BuiltinSchedule(
        slug="quadratic",
        schedule="quadratic",
        notes="The square roots of the betas rise linearly: gentler than `linear` "
        "at the start.",
    ),
    BuiltinSchedule(
        slug="cosine",
        schedule="cosine",
        notes="Nichol and Dhariwal's cosine schedule: little noise at the start, the "
        "steepest loss in the middle. The service's own default.",
    ),
    BuiltinSchedule(
        slug="sedd_entropy",
        schedule="sedd_entropy",
        notes="Loses the same amount of information about the original tokens at "
        "every timestep, so that no timestep is wasted.",
    ),
    BuiltinSchedule(
        slug="loglinear",
        schedule="loglinear",
        notes="The expected number of corrupted tokens rises linearly. SEDD and MDLM "
        "train with it on the absorbing graph.",
    ),
    BuiltinSchedule(
        slug="geometric",
        schedule="geometric",
        notes="Total noise grows geometrically from 0.0001 to 20. SEDD trains with it "
        "on the uniform graph.",
    ),
    BuiltinSchedule(
        slug="sedd-absorbing",
        schedule="sedd_entropy",
        graph="absorbing",
        notes="Tokens become a mask instead of other tokens. Here an even loss of "
        "information is an even loss of tokens: the same curve as `loglinear`.",
    ),
    BuiltinSchedule(
        slug="polynomial",
        schedule="polynomial",
        notes="The expected number of corrupted tokens rises with the square of time: "
        "gentle at the start, as in MD4.",
    ),
    BuiltinSchedule(
        slug="power",
        schedule="power",
        notes="The mirror image of `polynomial`, as in discrete flow matching: alpha "
        "is (1 - t)^2, steep at the start and gentle at the end.",
    ),
    BuiltinSchedule(
        slug="mdlm_cosine",
        schedule="mdlm_cosine",
        notes="Alpha falls as a quarter of a cosine wave; one of MDLM's choices.",
    ),
    BuiltinSchedule(
        slug="cosine_squared",
        schedule="cosine_squared",
        notes="The square of `mdlm_cosine`: flat at both ends.",
    ),
    BuiltinSchedule(
        slug="maskgit_cosine",
        schedule="maskgit_cosine",
        notes="MaskGIT's and MD4's cosine: most of the noise comes early.",
    ),
    BuiltinSchedule(
        slug="d3pm_cosine",
        schedule="d3pm_cosine",
        notes="As `cosine`, but without the square, as D3PM has it.",
    ),
    BuiltinSchedule(
        slug="sigmoid",
        schedule="sigmoid",
        notes="Alpha falls as a sigmoid from -3 to 3: steep in the middle, and no "
        "information is left at the end.",
    ),
    BuiltinSchedule(
        slug="linear_sigma",
        schedule="linear_sigma",
        notes="Total noise rises linearly from 0.001 to 7: a constant rate, as "
        "`uniform`, that starts with a little noise.",
    ),
    BuiltinSchedule(
        slug="gidd",
        schedule="gidd",
        graph="gidd",
        notes="GIDD's mixture of masks and random tokens: up to a tenth of the tokens "
        "are random ones at half time.",
    ),
)
