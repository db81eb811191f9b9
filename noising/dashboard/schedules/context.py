"""The data of pages of one schedule: its specification to copy, and references."""

import json
import pprint
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from noising.engine import EngineError, build_process
from noising.engine.verdicts import RECOMMENDED
from noising.models import ScheduleConfig
from noising.runs import list_plain_types

LONGEST_TEXT = 2_000
"""Characters of JSON; in longer JSON, a page shows only the beginning of lists."""

LONGEST_LIST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A text to copy.

    Attributes:
        name: what it is.
        text: the text; empty if this form cannot express the specification.
        remark: a remark on its use.
    """

    name: str
    text: str
    remark: str = ""


def write_snippets(
    slug: str, specification: Mapping[str, Any], origin: str
) -> list[Snippet]:
    """Return the specification in every form.

    Args:
        slug: the name under which it is stored.
        specification: the canonical specification.
        origin: scheme and host of the service, such as ``http://localhost:8000``.
    """
    as_json = json.dumps(specification, indent=2)
    if len(as_json) > LONGEST_TEXT:
        text = json.dumps(_shorten_lists(specification), indent=2)
        remark = "Long lists are shortened here; the file has them in full."
        return [
            Snippet(name="JSON", text=text, remark=remark),
            _write_curl(slug, origin),
        ]
    return [
        Snippet(name="JSON", text=as_json),
        _write_python(specification),
        _write_curl(slug, origin),
        _write_environment(specification),
    ]


def address_new_version(config: ScheduleConfig, query: dict[str, str]) -> str:
    """Return the URL of the form for a new version with the values of a query."""
    return (
        f"{reverse('pages:schedule-new')}?{urlencode({'from': config.slug, **query})}"
    )


def _shorten_lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shorten_lists(part) for name, part in value.items()}
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        return [*value[:LONGEST_LIST], f"... {len(value) - LONGEST_LIST:,} more"]
    return value


def _write_python(specification: Mapping[str, Any]) -> Snippet:
    literal = pprint.pformat(dict(specification), sort_dicts=False, width=70)
    text = (
        "from noising.engine import build_process\n\n"
        f"process = build_process(\n{_indent(literal)}\n)\n"
        "noised = process.noise([101, 2054, 2003, 102], 500, seed=7)"
    )
    return Snippet(
        name="Python", text=text, remark="The same seed gives the same tokens."
    )


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _write_curl(slug: str, origin: str) -> Snippet:
    body = json.dumps(
        {"tokens": [[101, 2054, 2003, 102]], "timesteps": 500, "schedule": slug}
    )
    text = (
        f"curl {shlex.quote(f'{origin}/api/v1/noise')} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(body)}"
    )
    return Snippet(name="curl", text=text)


def _write_environment(specification: Mapping[str, Any]) -> Snippet:
    """Write it as the server's environment variables, if they can set all of it."""
    name = "Environment"
    schedule, graph = specification["schedule"], specification["graph"]
    variables: dict[str, Any] = {
        "VOCAB_SIZE": specification["vocab_size"],
        "NUM_TIMESTEPS": specification["num_timesteps"],
        "SCHEDULE_TYPE": schedule["type"],
        "GRAPH": graph["type"],
        "MASK_ID": graph.get("mask_id"),
        "BETA_MIN": schedule.get("beta_min"),
        "BETA_MAX": schedule.get("beta_max"),
    }
    known_variables = {
        key: value for key, value in variables.items() if value is not None
    }
    if _specify(known_variables) != {**specification, "hyperschedule": None}:
        remark = "Environment variables cannot set all of these parameters."
        return Snippet(name=name, text="", remark=remark)
    if specification["hyperschedule"] is not None:
        known_variables["HYPERSCHEDULE"] = shlex.quote(
            json.dumps(specification["hyperschedule"])
        )
    text = "\n".join(f"{key}={value}" for key, value in known_variables.items())
    remark = "HYPERSCHEDULE applies to requests with use_hyperschedule."
    return Snippet(name=name, text=text, remark=remark if "HYPER" in text else "")


def _specify(known_variables: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the canonical specification for these variables, if they are valid."""
    schedule = {"type": known_variables["SCHEDULE_TYPE"]}
    for key in ("beta_min", "beta_max"):
        if key.upper() in known_variables:
            schedule[key] = known_variables[key.upper()]
    graph = {"type": known_variables["GRAPH"]}
    if "MASK_ID" in known_variables:
        graph["mask_id"] = known_variables["MASK_ID"]
    try:
        return build_process(
            {
                "vocab_size": known_variables["VOCAB_SIZE"],
                "num_timesteps": known_variables["NUM_TIMESTEPS"],
                "schedule": schedule,
                "graph": graph,
            }
        ).spec
    except EngineError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The schedules that a preview can be compared with.

    Attributes:
        recommended: the type to begin with.
        types: the types that need no parameters; they take the graph and the timesteps
            of the previewed schedule.
        stored: names of stored schedules, which keep their own.
    """

    recommended: str
    types: Sequence[str]
    stored: Sequence[str]


def list_references() -> References:
    """Return the references of a preview."""
    return References(
        recommended=RECOMMENDED,
        types=list_plain_types(),
        stored=ScheduleConfig.objects.names(),
    )
