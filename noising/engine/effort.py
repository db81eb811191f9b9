"""What a specification costs, told before anything of it is built.

Most processes are ready within a millisecond; a few kinds take minutes: an entropy
schedule solved for a prior of many different values, or one whose graph is a matrix.
Seconds are estimates for one core, meant for limits: the constants were measured on a
Zen 5 at 4 GHz and are good to a factor of two.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine.errors import EngineError
from noising.engine.graphs import GRAPH_TYPES, MatrixGraph
from noising.engine.graphs.matrix import MAX_VOCAB
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    Flat,
    Hyperschedule,
    LevelHyperschedule,
    TokenTypes,
    Weights,
)
from noising.engine.information.octaves import MOST_OCTAVES
from noising.engine.lint import THINNED
from noising.engine.parameters import Integer
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE
from noising.engine.sampler.noise_levels import COMPUTED_BLOCK

ENTROPY: Final = "sedd_entropy"
ERASING: Final = frozenset({"absorbing", "hdlm_epsilon"})
"""Graphs under which the entropy schedule has a closed form."""

_PART: Final = 3e-4  # of any process
_NUMBER: Final = 1.5e-6  # a number in a list: checked, kept, hashed
_TIME: Final = 2e-7  # total noise by formula or by table
_ROOT: Final = 5e-6  # total noise as the root of an equation ...
_GROUP: Final = 5e-8  # ... for each group of tokens of equal probability
_COARSE: Final = 50  # roots' worth of information that starts the others
_TOKEN: Final = 1e-6  # a token where groups are looked for; memory counts too
_PRIOR: Final = 1.5e-7  # a token, once for a curve of the information
_LEVEL: Final = 5e-4  # exp(sigma·Q) ...
_CELL: Final = 5e-10  # ... for each of the V^3 products
_OCTAVES: Final = 56  # of noise, from where it begins to count to where little is left
_POINTS: Final = 8  # of an octave at which the information is worked out ...
_BENT_POINTS: Final = 350  # ... and more where the curve bends
_POINT: Final = 6e-5  # one of them ...
_PAIR: Final = 2e-8  # ... for each pair of tokens ...
_PRODUCT: Final = 1e-10  # ... and for each of the V^3 products
_SIGMAS_OF_LINT: Final = 7  # four for a difference, two rates, the total noise

_TABLE_BYTES: Final = 64  # a timestep
_NUMBER_BYTES: Final = 150  # a number: parsed, in canonical text, in tables
_MATRIX_BYTES: Final = 96  # a cell: rates, and the exponentials that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Estimated costs of one process.

    Attributes:
        build_seconds: to build it, with its tables over the timesteps.
        sigma_seconds: of the total noise at one more time.
        level_seconds: of the graph at one more noise level; 0 but for matrix graphs.
        prior_seconds: to look for tokens of equal probability, once for a curve of
            the information.
        information_seconds: of the information at one more noise level.
        memory_bytes: that it holds.
    """

    build_seconds: float
    sigma_seconds: float
    level_seconds: float
    prior_seconds: float
    information_seconds: float
    memory_bytes: int

    def of_noise(
        self,
        hyperschedule: Hyperschedule | None,
        *,
        rows: int,
        length: int,
        times: int,
        tabulated: bool,
        alike: bool,
        weighted: bool = False,
    ) -> float:
        """Return seconds that noising a batch takes beside its tokens.

        Args:
            hyperschedule: what places the noise, or None.
            rows: B.
            length: L.
            times: how many times were given, 1 or B.
            tabulated: whether they were timesteps.
            alike: whether nothing but the tokens differs between rows.
            weighted: whether weights replace the hyperschedule.
        """
        noises = 1 if alike else rows
        blocks = math.ceil(noises / max(1, COMPUTED_BLOCK // length))
        match hyperschedule:
            case _ if weighted:
                sigmas, levels = noises, rows * length
            case None:
                by_table = tabulated and not self.level_seconds
                sigmas, levels = (0 if by_table else times), times
            case Flat():
                sigmas, levels = noises, times
            case TokenTypes():
                sigmas, levels = rows, rows * len(TYPE_WEIGHTS)
            case Weights():
                sigmas, levels = noises, rows * length
            case LevelHyperschedule():
                levels = rows * min(length, hyperschedule.levels + 1)
                sigmas = blocks * (hyperschedule.levels + 1)
            case _:
                sigmas, levels = noises * length, rows * length
        parts = math.ceil(length / COMPUTED_BLOCK)
        return sigmas * self.sigma_seconds + parts * levels * self.level_seconds

    def of_lint(self, num_timesteps: int) -> float:
        """Return seconds that the linter takes: noise and information by timestep."""
        levels = min(num_timesteps, THINNED) if self.level_seconds else num_timesteps
        sigmas = _SIGMAS_OF_LINT * num_timesteps
        return (
            sigmas * self.sigma_seconds
            + levels * self.information_seconds
            + self.prior_seconds
        )


def effort_of(spec: Mapping[str, Any]) -> Effort:
    """Return what a specification costs, in the form that `build_process` takes.

    What is wrong with it is not looked for: that costs little to find out.
    """
    vocab_size = _whole(spec, "vocab_size", VOCAB_SIZE)
    steps = _whole(spec, "num_timesteps", NUM_TIMESTEPS)
    schedule, graph = _part(spec, "schedule"), _part(spec, "graph")
    numbers = numbers_in(spec)
    build = _PART + _NUMBER * numbers
    memory = _TABLE_BYTES * steps + _NUMBER_BYTES * numbers
    level, states = 0.0, min(vocab_size, MAX_VOCAB)
    if _is_matrix(graph):
        level = _LEVEL + _CELL * states**3
        build += level
        memory += _MATRIX_BYTES * states**2
    prior = 0.0 if level else _PRIOR * vocab_size
    information = level or _ROOT + _GROUP * _groups(graph.get("counts"))
    sigma = _TIME
    if schedule.get("type") == ENTROPY:
        build += _TOKEN * vocab_size
        if graph.get("type") not in ERASING:
            prior_given, counts = schedule.get("prior"), graph.get("counts")
            sigma = _ROOT + _GROUP * (1 if level else _groups(prior_given, counts))
            if level:
                octaves = _OCTAVES + 2.0 * math.log2(states)
                octaves += _doublings(prior_given) + _doublings(graph.get("rates"))
                build += _octaves_seconds(states, octaves)
            else:
                build += _COARSE * sigma
    return Effort(
        build_seconds=build + steps * sigma,
        sigma_seconds=sigma,
        level_seconds=level,
        prior_seconds=prior,
        information_seconds=information,
        memory_bytes=memory,
    )


def storing_seconds(spec: Mapping[str, Any]) -> float:
    """Return estimated seconds to build a process and to lint it."""
    effort = effort_of(spec)
    steps = _whole(spec, "num_timesteps", NUM_TIMESTEPS)
    return effort.build_seconds + effort.of_lint(steps)


def numbers_in(value: Any) -> int:
    """Return how many items the lists in a JSON value have together.

    Lists are of one kind: the first item tells whether there are lists inside.
    """
    total, rest = 0, [value]
    while rest:
        item = rest.pop()
        if isinstance(item, Mapping):
            rest.extend(item.values())
        elif isinstance(item, np.ndarray):
            total += item.size
        elif isinstance(item, (list, tuple)):
            total += len(item)
            if item and isinstance(item[0], (list, tuple, Mapping)):
                rest.extend(item)
    return total


def _whole(spec: Mapping[str, Any], name: str, parameter: Integer) -> int:
    try:
        return parameter.parse(spec.get(name, parameter.default), name)
    except EngineError:
        return int(parameter.default)


def _part(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = spec.get(name)
    return part if isinstance(part, Mapping) else {}


def _is_matrix(graph: Mapping[str, Any]) -> bool:
    name = graph.get("type")
    kind = GRAPH_TYPES.get(name) if isinstance(name, str) else None
    return kind is not None and issubclass(kind, MatrixGraph)


def _octaves_seconds(states: int, octaves: float) -> float:
    """Return seconds to know the information of a matrix graph on octaves of noise."""
    points = min(octaves, MOST_OCTAVES) * _POINTS + _BENT_POINTS
    return points * (_POINT + _PAIR * states**2 + _PRODUCT * states**3)


def _doublings(values: Any) -> float:
    """Return how often the least positive number is doubled to reach the largest."""
    try:
        sizes = np.abs(np.asarray(values, np.float64))
    except (TypeError, ValueError, OverflowError):  # items that are no numbers
        return 0.0
    sizes = sizes[(sizes > 0.0) & np.isfinite(sizes)]
    return float(np.ptp(np.log2(sizes))) if sizes.size else 0.0


def _groups(*given: Any) -> int:
    """Return how many tokens differ in their probabilities."""
    lists = [values for values in given if isinstance(values, (list, tuple))]
    try:
        return max(1, len(set(zip(*lists, strict=False))))
    except TypeError:  # items that are no numbers
        return len(lists[0])
