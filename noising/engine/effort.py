"""Estimates of what a specification costs, without building its process.

Most processes are built within a millisecond. A few take minutes: entropy schedules
whose prior has many different values or whose graph is a matrix. The estimates are
seconds on one core and are meant for limits. Their constants were measured on a Zen 5
at 4 GHz and are accurate within a factor of two.
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
    TokenExponents,
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

# Seconds, unless the comment says otherwise.
_PART: Final = 3e-4  # for any process
_NUMBER: Final = 1.5e-6  # per number in a list: to check, store and hash it
_TIME: Final = 2e-7  # total noise by a formula or a table
_ROOT: Final = 5e-6  # total noise as the root of an equation ...
_GROUP: Final = 5e-8  # ... and per group of tokens of equal probability
_COARSE: Final = 50  # cost of the starting values of the roots, in roots
_TOKEN: Final = 1e-6  # per token, to group equal probabilities
_PRIOR: Final = 1.5e-7  # per token, once for an information curve
_LEVEL: Final = 5e-4  # exp(sigma·Q) ...
_CELL: Final = 5e-10  # ... and per each of its V^3 products
_OCTAVES: Final = 56  # octaves of noise at which the information is neither I_0 nor 0
_POINTS: Final = 8  # points per octave at which the information is computed ...
_BENT_POINTS: Final = 350  # ... and further points where the curve bends
_POINT: Final = 6e-5  # per point ...
_PAIR: Final = 2e-8  # ... and per pair of tokens ...
_PRODUCT: Final = 1e-10  # ... and per each of the V^3 products
_DRAW: Final = 1e-7  # per training time
_BISECTIONS: Final = 64  # values of total noise per time that is found by its noise
_SIGMAS_OF_LINT: Final = (
    7  # values per timestep: four for a difference, two rates, sigma
)

_TABLE_BYTES: Final = 64  # per timestep
_NUMBER_BYTES: Final = 150  # per number: parsed, in canonical text and in tables
_MATRIX_BYTES: Final = 96  # per cell: rates and cached exponentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Estimated costs of one process.

    Attributes:
        build_seconds: to build it with its tables over the timesteps.
        sigma_seconds: to compute the total noise at one more time.
        level_seconds: to prepare the graph at one more noise level; 0 except for
            matrix graphs.
        prior_seconds: to group tokens of equal probability, once for an information
            curve.
        information_seconds: to compute the information at one more noise level.
        memory_bytes: memory that the process holds.
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
        """Return the seconds that a batch's noise levels take to compute.

        The time to noise its tokens comes on top.

        Args:
            hyperschedule: distributes noise over positions, or None.
            rows: B.
            length: L.
            times: number of times, 1 or B.
            tabulated: whether the times are timesteps.
            alike: whether rows differ in their tokens only.
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
            case TokenExponents():
                distinct = min(length, hyperschedule.exponents.size)
                sigmas, levels = rows, rows * distinct
            case Weights():
                sigmas, levels = noises, rows * length
            case LevelHyperschedule():
                levels = rows * min(length, hyperschedule.levels + 1)
                sigmas = blocks * (hyperschedule.levels + 1)
            case _:
                sigmas, levels = noises * length, rows * length
        parts = math.ceil(length / COMPUTED_BLOCK)
        return sigmas * self.sigma_seconds + parts * levels * self.level_seconds

    def of_training_times(self, count: int, method: str) -> float:
        """Return the seconds that training times take to draw by a method."""
        bisections = _BISECTIONS if method == "importance" else 0
        return count * (_DRAW + bisections * self.sigma_seconds)

    def of_lint(self, num_timesteps: int) -> float:
        """Return the seconds that the linter takes."""
        levels = min(num_timesteps, THINNED) if self.level_seconds else num_timesteps
        sigmas = _SIGMAS_OF_LINT * num_timesteps
        return (
            sigmas * self.sigma_seconds
            + levels * self.information_seconds
            + self.prior_seconds
        )


def effort_of(spec: Mapping[str, Any]) -> Effort:
    """Return the estimated costs of a specification for `build_process`.

    It does not validate the specification: `build_process` refuses an invalid one
    before it computes anything costly.
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
    information = level or _ROOT + _GROUP * _count_groups(graph.get("counts"))
    sigma = _TIME
    if schedule.get("type") == ENTROPY:
        build += _TOKEN * vocab_size
        if graph.get("type") not in ERASING:
            weights, counts = schedule.get("prior"), graph.get("counts")
            sigma = _ROOT + _GROUP * (1 if level else _count_groups(weights, counts))
            if level:
                octaves = _OCTAVES + 2.0 * math.log2(states)
                octaves += _doublings(weights) + _doublings(graph.get("rates"))
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
    """Return the total number of items of the lists in a JSON value.

    A list is assumed to be nested if its first item is a list or an object.
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
    """Return the seconds to compute a matrix graph's information on octaves."""
    points = min(octaves, MOST_OCTAVES) * _POINTS + _BENT_POINTS
    return points * (_POINT + _PAIR * states**2 + _PRODUCT * states**3)


def _doublings(values: Any) -> float:
    """Return log2 of the ratio of the largest to the smallest positive size."""
    try:
        sizes = np.abs(np.asarray(values, np.float64))
    except (TypeError, ValueError, OverflowError):  # not numbers
        return 0.0
    sizes = sizes[(sizes > 0.0) & np.isfinite(sizes)]
    return float(np.ptp(np.log2(sizes))) if sizes.size else 0.0


def _count_groups(*columns: Any) -> int:
    """Return the number of groups of tokens with equal probabilities."""
    lists = [values for values in columns if isinstance(values, (list, tuple))]
    try:
        return max(1, len(set(zip(*lists, strict=False))))
    except TypeError:  # items that cannot be hashed, so not numbers
        return len(lists[0])
