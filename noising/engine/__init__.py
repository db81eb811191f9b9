"""The forward noising process of discrete diffusion models, in pure NumPy.

``build_process(spec)`` returns a `ForwardProcess`; everything else follows from it.
Importing this package loads neither Django nor a compiler.
"""

from typing import Final

from noising.engine import converters
from noising.engine.errors import EngineError
from noising.engine.graphs import GRAPH_TYPES
from noising.engine.hyperschedules import HYPERSCHEDULE_TYPES, TYPE_WEIGHTS
from noising.engine.lint import (
    Finding,
    is_wasted,
    lint,
    wasted_ranges,
    wasted_timesteps,
)
from noising.engine.presets import PRESETS, Preset
from noising.engine.process import ForwardProcess
from noising.engine.randomness import fresh_seed
from noising.engine.registry import build_process, with_hyperschedule
from noising.engine.sampler.backends import chosen_kernel, use_kernel
from noising.engine.sampler.driver import Noised
from noising.engine.schedules import SCHEDULE_TYPES
from noising.engine.training_times import TIMES_VERSION, block_times
from noising.engine.verdicts import Remedy, Verdict, judge

ENGINE_VERSION: Final = "1.0.0"

__all__ = [
    "ENGINE_VERSION",
    "GRAPH_TYPES",
    "HYPERSCHEDULE_TYPES",
    "PRESETS",
    "SCHEDULE_TYPES",
    "TIMES_VERSION",
    "TYPE_WEIGHTS",
    "EngineError",
    "Finding",
    "ForwardProcess",
    "Noised",
    "Preset",
    "Remedy",
    "Verdict",
    "block_times",
    "build_process",
    "chosen_kernel",
    "converters",
    "fresh_seed",
    "is_wasted",
    "judge",
    "lint",
    "use_kernel",
    "wasted_ranges",
    "wasted_timesteps",
    "with_hyperschedule",
]
