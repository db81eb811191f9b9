"""Builds noise processes from specifications."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from noising.engine.arrays import quiet
from noising.engine.errors import EngineError
from noising.engine.graphs import GRAPH_TYPES, Graph
from noising.engine.hyperschedules import HYPERSCHEDULE_TYPES, Hyperschedule
from noising.engine.parameters import (
    Integer,
    check_keys,
    mapping,
    parse_typed,
)
from noising.engine.process import ForwardProcess
from noising.engine.schedules import SCHEDULE_TYPES, TIME_RANGE, Context
from noising.engine.timeline import Timeline

VOCAB_SIZE: Final = Integer(
    default=50257, low=2, high=1 << 24, help="V, the number of ids that data may use"
)
NUM_TIMESTEPS: Final = Integer(
    default=1000, low=1, high=100_000, help="T, the number of timesteps"
)
_DEFAULT_SCHEDULE: Final = {"type": "cosine"}
_DEFAULT_GRAPH: Final = {"type": "uniform"}
_KEYS: Final = ("vocab_size", "num_timesteps", "schedule", "graph", "hyperschedule")


@quiet
def build_process(spec: Mapping[str, Any]) -> ForwardProcess:
    """Return the process that a specification describes.

    Args:
        spec: ``vocab_size``, ``num_timesteps``, ``schedule``, ``graph`` and
            ``hyperschedule``, each optional; the last three are objects with a
            ``type`` and its parameters, the hyperschedule may be null.

    Raises:
        EngineError: something in it is invalid; names its dotted path.
    """
    given = mapping(spec, "spec")
    check_keys(given, _KEYS, "")
    vocab_size = _integer(VOCAB_SIZE, given, "vocab_size")
    num_timesteps = _integer(NUM_TIMESTEPS, given, "num_timesteps")
    graph, graph_spec = _graph(given.get("graph", _DEFAULT_GRAPH), vocab_size)
    schedule_class, parameters, schedule_spec = parse_typed(
        SCHEDULE_TYPES, given.get("schedule", _DEFAULT_SCHEDULE), "schedule"
    )
    _check_pair(graph, graph_spec["type"], schedule_spec["type"])
    context = Context(num_timesteps=num_timesteps, information=graph.information)
    time_range = parameters.pop("time_range")
    schedule = schedule_class.create(parameters, context)
    if time_range != TIME_RANGE.default:
        schedule = schedule.within(*time_range)
    hyperschedule, hyper_spec = _hyperschedule(given.get("hyperschedule"), vocab_size)
    timeline = Timeline(schedule=schedule, num_timesteps=num_timesteps)
    return ForwardProcess(
        timeline=timeline,
        graph=graph.bind(timeline),
        hyperschedule=hyperschedule,
        parts={
            "vocab_size": vocab_size,
            "num_timesteps": num_timesteps,
            "schedule": schedule_spec,
            "graph": graph_spec,
            "hyperschedule": hyper_spec,
        },
    )


def with_hyperschedule(
    process: ForwardProcess, hyperschedule: Mapping[str, Any] | None
) -> ForwardProcess:
    """Return `process` with another hyperschedule; both share schedule and graph.

    Args:
        process: the noise process.
        hyperschedule: an object with a ``type``, or None for no hyperschedule.

    Raises:
        EngineError: the hyperschedule is invalid; names its dotted path.
    """
    built, hyper_spec = _hyperschedule(hyperschedule, process.vocab_size)
    parts = {**process.parts, "hyperschedule": hyper_spec}
    return dataclasses.replace(process, hyperschedule=built, parts=parts)


def _check_pair(graph: Graph, graph_type: str, schedule_type: str) -> None:
    needed = graph.NEEDS_SCHEDULE
    if needed is not None and needed != schedule_type:
        raise EngineError(
            "graph.type",
            "needs_schedule",
            f"can be `{graph_type}` only with the schedule `{needed}`",
            schedule_type,
            f'set the schedule to {{"type": "{needed}"}}',
        )


def _integer(parameter: Integer, given: Mapping[str, Any], name: str) -> int:
    return parameter.parse(given.get(name, parameter.default), name)


def _graph(spec: Any, vocab_size: int) -> tuple[Graph, dict[str, Any]]:
    graph_class, parameters, canonical = parse_typed(GRAPH_TYPES, spec, "graph")
    return graph_class.create(parameters, vocab_size), canonical


def _hyperschedule(
    spec: Any, vocab_size: int
) -> tuple[Hyperschedule | None, dict[str, Any] | None]:
    if spec is None:
        return None, None
    kind, parameters, canonical = parse_typed(
        HYPERSCHEDULE_TYPES, spec, "hyperschedule"
    )
    return kind.create(parameters, vocab_size), canonical
