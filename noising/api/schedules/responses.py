"""What is answered about schedules, as JSON-ready documents and tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import orjson
from django.urls import reverse

from noising.curves import Curves, Summary, differences
from noising.engine import Finding, ForwardProcess
from noising.engine.importers import Imported
from noising.models import ScheduleConfig

Address = Callable[[str], str]
"""From a path to an absolute address."""

LINT_GUIDE = "docs/lint.md"
"""Where each code of the linter has its section."""

EXPORTED = (
    "name",
    "schedule_type",
    "graph_type",
    "num_timesteps",
    "vocab_size",
    "fingerprint",
    "tags",
    "notes",
    "owner",
    "created_at",
    "updated_at",
    "archived_at",
)
"""Columns of the list as a table."""


def summary_document(config: ScheduleConfig, address: Address) -> dict[str, Any]:
    """Return a schedule as lists show it; made by ``for_list()``."""
    return {
        **_head(config),
        "schedule_type": config.schedule_type,
        "graph_type": config.graph_type,
        "lint": config.lint_counts,
        "certificate": _certificate(config, config.verdict),
        "runs": config.run_count,
        "links": {
            "self": address(_path("schedule", config)),
            "page": address(config.get_absolute_url()),
        },
    }


def schedule_document(config: ScheduleConfig, address: Address) -> dict[str, Any]:
    """Return everything about a schedule."""
    return {
        **_head(config),
        "schedule_type": config.specification["schedule"]["type"],
        "graph_type": config.specification["graph"]["type"],
        "specification": config.specification,
        "lint": [finding_document(finding) for finding in config.lint_findings],
        "certificate": _certificate(config, config.certificate_verdict),
        "links": {
            "self": address(_path("schedule", config)),
            "page": address(config.get_absolute_url()),
            **{
                name: address(_path(f"schedule-{name}", config))
                for name in ("specification", "curves", "lint")
            },
        },
    }


def exported_document(config: ScheduleConfig) -> dict[str, Any]:
    """Return a schedule as a line of an export; made by ``for_export()``."""
    return {
        **_head(config),
        "schedule_type": config.specification["schedule"]["type"],
        "graph_type": config.specification["graph"]["type"],
        "specification": config.specification,
    }


def exported_lines(configs: Iterable[ScheduleConfig]) -> Iterator[bytes]:
    """Yield an export line by line."""
    for config in configs:
        yield orjson.dumps(exported_document(config)) + b"\n"


def exported_rows(configs: Iterable[ScheduleConfig]) -> Iterator[Sequence[Any]]:
    """Yield an export as the rows of a table, its header first."""
    yield EXPORTED
    for config in configs:
        document = exported_document(config) | {"tags": "; ".join(config.tags)}
        yield [_cell(document[name]) for name in EXPORTED]


def lint_document(config: ScheduleConfig) -> dict[str, Any]:
    """Return what the linter said when the schedule was stored."""
    return {
        "name": config.slug,
        "fingerprint": config.fingerprint,
        "findings": [finding_document(finding) for finding in config.lint_findings],
    }


def finding_document(finding: Mapping[str, Any] | Finding) -> dict[str, Any]:
    """Return a finding with the place where it is explained."""
    parts = asdict(finding) if isinstance(finding, Finding) else dict(finding)
    return parts | {"documentation": f"{LINT_GUIDE}#{parts['code']}"}


def curves_document(
    process: ForwardProcess, axis: str, curves: Curves
) -> dict[str, Any]:
    """Return the curves of a process; what is not finite is null in JSON."""
    return {
        "fingerprint": process.fingerprint,
        "num_timesteps": process.num_timesteps,
        "vocab_size": process.vocab_size,
        "axis": axis,
        "points": curves.times.size,
        "curves": _columns(curves),
    }


def curves_rows(curves: Curves) -> Iterator[Sequence[Any]]:
    """Yield curves as the rows of a table; what is not finite is empty."""
    columns = _columns(curves)
    yield list(columns)
    values = [
        np.where(np.isfinite(column), column.astype(object), "").tolist()
        for column in columns.values()
    ]
    yield from zip(*values, strict=True)


def comparison_document(
    configs: Sequence[ScheduleConfig],
    processes: Sequence[ForwardProcess],
    summaries: Sequence[Summary],
    curves: Sequence[Curves],
) -> dict[str, Any]:
    """Return what tells schedules apart; all sequences go by schedule."""
    found = zip(configs, processes, summaries, strict=True)
    return {
        "schedules": [_compared(*each) for each in found],
        "differences": differences(
            {config.slug: config.specification for config in configs}
        ),
        "axis": "time",
        "points": curves[0].times.size,
        "time": curves[0].times,
        "curves": {
            config.slug: dict(one.columns)
            for config, one in zip(configs, curves, strict=True)
        },
    }


def import_document(imported: Imported, process: ForwardProcess) -> dict[str, Any]:
    """Return the specification of another project's configuration."""
    return {
        "specification": imported.spec,
        "fingerprint": process.fingerprint,
        "used": list(imported.used),
        "notes": [asdict(note) for note in imported.notes],
    }


def _head(config: ScheduleConfig) -> dict[str, Any]:
    return {
        "name": config.slug,
        "fingerprint": config.fingerprint,
        "num_timesteps": config.num_timesteps,
        "vocab_size": config.vocab_size,
        "notes": config.notes,
        "tags": config.tags,
        "owner": config.owner.get_username() if config.owner else None,
        "created_at": config.created_at,
        "updated_at": config.updated_at,
        "archived_at": config.archived_at,
    }


def _certificate(config: ScheduleConfig, verdict: str | None) -> dict[str, Any] | None:
    if config.certified_at is None:
        return None
    return {"verdict": verdict, "certified_at": config.certified_at}


def _compared(
    config: ScheduleConfig, process: ForwardProcess, summary: Summary
) -> dict[str, Any]:
    wasted = summary.wasted_timesteps
    return {
        "name": config.slug,
        "fingerprint": process.fingerprint,
        "num_timesteps": process.num_timesteps,
        "vocab_size": process.vocab_size,
        "schedule_type": config.specification["schedule"]["type"],
        "graph_type": config.specification["graph"]["type"],
        **asdict(summary),
        "wasted_share": None if wasted is None else wasted / process.num_timesteps,
        "lint": config.lint_counts,
    }


def _columns(curves: Curves) -> dict[str, Any]:
    axis = {} if curves.timesteps is None else {"timestep": curves.timesteps}
    return {**axis, "time": curves.times, **curves.columns}


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _path(route: str, config: ScheduleConfig) -> str:
    return reverse(f"v1:{route}", kwargs={"name": config.slug})
