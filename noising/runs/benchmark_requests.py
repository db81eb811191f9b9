"""Resolves the schedule names of a requested benchmark to specifications."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings

from benchmarks.cases import (
    DEFAULT_GRAPH,
    BenchmarkConfig,
    UsageError,
    default_timesteps,
)
from noising.engine import SCHEDULE_TYPES, EngineError, build_process
from noising.engine.parameters import nearest
from noising.models import Corpus, ScheduleConfig


@cache
def list_plain_types() -> tuple[str, ...]:
    """Return the schedule types that need no parameters, so that a name is enough."""
    return tuple(name for name in SCHEDULE_TYPES if _is_plain(name))


def _is_plain(name: str) -> bool:
    # Build it to find out: `custom` needs one of several parameters, none by itself.
    try:
        build_process({"vocab_size": 2, "num_timesteps": 2, "schedule": {"type": name}})
    except EngineError:
        return False
    return True


class ScheduleNames:
    """Finds schedules by name: a type with its defaults, or a stored schedule."""

    def __init__(self) -> None:
        self.stored: dict[str, ScheduleConfig] = {}

    def resolve(self, name: str) -> Mapping[str, Any]:
        """Return the specification of the schedule of this name.

        Raises:
            UsageError: The name is unknown.
        """
        if name in SCHEDULE_TYPES:
            return {"type": name}
        found = ScheduleConfig.objects.filter(slug=name).first()
        if found is None:
            hint = nearest(name, [*SCHEDULE_TYPES, *ScheduleConfig.objects.names()])
            raise UsageError(
                f"schedules: {name!r} is neither a schedule type nor a stored "
                f"schedule; the types are {', '.join(SCHEDULE_TYPES)}"
                + (f"; {hint}" if hint else "")
            )
        self.stored[name] = found
        schedule: Mapping[str, Any] = found.specification["schedule"]
        return schedule

    def shared(self, part: str, default: Any) -> Any:
        """Return the graph or number of timesteps that all stored schedules share.

        Args:
            part: `graph` or `num_timesteps`.
            default: The value if no stored schedule was named.

        Raises:
            UsageError: Two of them differ in it.
        """
        found = [(name, s.specification[part]) for name, s in self.stored.items()]
        for name, value in found[1:]:
            first, expected = found[0]
            if value != expected:
                raise UsageError(
                    f"schedules: {name!r} is stored for the {part} {value!r}, "
                    f"{first!r} for {expected!r}; measure them in separate runs"
                )
        return found[0][1] if found else default

    def check(self, config: BenchmarkConfig) -> None:
        """Check that the stored schedules fit the benchmark's graph and timesteps.

        Raises:
            UsageError: One is stored for another graph or number of timesteps.
        """
        for schedule in self.stored.values():
            _check_fits(schedule, config)


def resolve_config(
    *,
    schedules: Sequence[str],
    baseline: str,
    corpus: str,
    timesteps: Sequence[int] | None,
    samples: int,
    seed: int,
    decision: bool = False,
    name: str = "",
    graph: Mapping[str, Any] | None = None,
    num_timesteps: int | None = None,
) -> BenchmarkConfig:
    """Return what to measure; stored schedules determine graph and timesteps.

    Args:
        schedules: names of types or stored schedules.
        baseline: the name of the schedule that the others are compared with.
        corpus: a corpus that every worker has, or the reference of a stored one.
        timesteps: where to measure; None for eleven, evenly spaced.
        samples: sequences at each timestep.
        seed: the same seed gives the same results.
        decision: whether to compute which schedule to take.
        name: of the run; empty for a default.
        graph: the graph, which stored schedules must have; None for theirs.
        num_timesteps: the same of the number of timesteps.

    Raises:
        UsageError: A name is unknown, or the schedules cannot be measured together.
    """
    names = ScheduleNames()
    resolved = tuple(
        (each, names.resolve(each)) for each in dict.fromkeys((*schedules, baseline))
    )
    configured = settings.NOISE_SPECIFICATION
    if graph is None:
        graph = names.shared("graph", {"type": DEFAULT_GRAPH})
    if num_timesteps is None:
        num_timesteps = names.shared("num_timesteps", configured["num_timesteps"])
    stored = Corpus.objects.referenced(corpus)
    own_size = stored.values_list("vocab_size", flat=True).first()
    config = BenchmarkConfig(
        schedules=resolved,
        baseline=baseline,
        graph=graph,
        corpus=corpus,
        vocab_size=own_size or configured["vocab_size"],
        num_timesteps=num_timesteps,
        timesteps=tuple(timesteps or default_timesteps(num_timesteps)),
        samples=samples,
        seed=seed,
        decision=decision,
        name=name,
    )
    names.check(config)
    check_builds(config)
    return config


def check_builds(config: BenchmarkConfig) -> None:
    """Check that a worker can measure every schedule, with the default vocabulary.

    Raises:
        UsageError: A schedule needs parameters or does not fit the graph, or the graph
            needs a matrix for every noise level.
    """
    for name, schedule in config.schedules:
        try:
            process = build_process(
                {
                    "vocab_size": config.vocab_size,
                    "num_timesteps": config.num_timesteps,
                    "schedule": schedule,
                    "graph": config.graph,
                }
            )
        except EngineError as error:
            raise UsageError(f"schedules: {name!r}: {error}") from error
        if process.graph.INFORMATION_IS_COSTLY:
            raise UsageError(
                f"schedules: {name!r}: workers do not measure graphs given by a matrix "
                f"such as {config.graph['type']!r}; `manage.py run_benchmarks` without "
                "--queue does"
            )


def _check_fits(schedule: ScheduleConfig, config: BenchmarkConfig) -> None:
    """Check that a stored schedule fits the benchmark's graph and timesteps."""
    graph = schedule.specification["graph"]
    if graph["type"] != config.graph["type"]:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for the graph {graph['type']!r}; "
            f"measure it with --graph {graph['type']}"
        )
    measured = build_process({**schedule.specification, "graph": dict(config.graph)})
    if graph != measured.spec["graph"]:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for a graph with parameters, but "
            "--graph takes only a type"
        )
    if schedule.num_timesteps != config.num_timesteps:
        raise UsageError(
            f"schedules: {schedule.slug!r} is stored for {schedule.num_timesteps} "
            f"timesteps; measure it with --num-timesteps {schedule.num_timesteps}"
        )
