"""The data of the page that compares schedules, without their curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from noising.curves import Summary, differences, summary
from noising.dashboard.selection import MOST_SECONDS, Option
from noising.engine import build_process, wasted_ranges
from noising.engine.effort import storing_seconds
from noising.engine.verdicts import format_ranges
from noising.models import ScheduleConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """Key figures of a schedule.

    Attributes:
        config: the schedule.
        figures: None if computing them would take too long.
        wasted: the ranges of timesteps that lose almost no information, as text.
        wasted_share: of all timesteps.
    """

    config: ScheduleConfig
    figures: Summary | None
    wasted: str = ""
    wasted_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationDifference:
    """A parameter in which specifications differ, with the value of each schedule."""

    path: str
    values: Sequence[str]


def summarize_schedules(configs: Sequence[ScheduleConfig]) -> list[ScheduleRow]:
    """Return the key figures of each schedule."""
    return [_summarize_schedule(config) for config in configs]


def _summarize_schedule(config: ScheduleConfig) -> ScheduleRow:
    if storing_seconds(config.specification) > MOST_SECONDS:
        return ScheduleRow(config=config, figures=None)
    process = build_process(config.specification)
    figures = summary(process)
    if figures.wasted_timesteps is None:
        return ScheduleRow(config=config, figures=figures)
    ranges = wasted_ranges(process)
    return ScheduleRow(
        config=config,
        figures=figures,
        wasted=format_ranges(ranges),
        wasted_share=figures.wasted_timesteps / process.num_timesteps,
    )


def list_differences(
    configs: Sequence[ScheduleConfig],
) -> list[SpecificationDifference]:
    """Return the parameters in which the specifications differ."""
    rows = differences({config.slug: config.specification for config in configs})
    return [
        SpecificationDifference(
            path=each["path"],
            values=[_format_value(each["values"], config.slug) for config in configs],
        )
        for each in rows
    ]


def _format_value(values: dict[str, Any], slug: str) -> str:
    if slug not in values:
        return "\N{EN DASH}"
    value = values[slug]
    return "none" if value is None else str(value)


def list_options(names: Sequence[str]) -> list[Option]:
    """Return the chosen schedules in their order, and then all others."""
    options = {
        config.slug: Option(
            value=config.slug,
            label=config.label,
            note=(f"{config.slug}, " if config.title else "")
            + f"{config.schedule_type}, {config.graph_type}, T = "
            f"{config.num_timesteps}",
            is_chosen=config.slug in names,
        )
        for config in ScheduleConfig.objects.for_choice()
    }
    chosen = [
        options.pop(name, Option(value=name, label=name, is_chosen=True))
        for name in names
    ]
    return [*chosen, *options.values()]
