"""What the service runs with, for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from noising.configured import default_hyperscheduled, default_process
from noising.engine import ForwardProcess, chosen_kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled value; `code` is a part of it that machines read."""

    label: str
    value: str
    code: str = ""


def service_facts() -> list[Fact]:
    """Return the process in force and the limits of a request."""
    process = default_process()
    specification = process.spec
    return [
        Fact(label="Kernel", value=chosen_kernel()),
        Fact(label="Schedule", value=_described(specification["schedule"])),
        Fact(label="Graph", value=_graph(process)),
        Fact(label="Vocabulary", value=f"{process.vocab_size:,} tokens"),
        Fact(label="Timesteps", value=f"{process.num_timesteps:,}"),
        Fact(
            label="Hyperschedule on request",
            value=_described(default_hyperscheduled().spec["hyperschedule"]),
        ),
        Fact(
            label="Limits of a request",
            value=f"{settings.MAX_TOKENS:,} tokens, {_size(settings.MAX_BODY_BYTES)}",
        ),
        Fact(label="Fingerprint", value="", code=process.fingerprint),
    ]


def _graph(process: ForwardProcess) -> str:
    described = _described(process.spec["graph"])
    if process.mask_id is None:
        return f"{described}, no mask id"
    return f"{described}, mask id {process.mask_id:,}"


def _described(part: dict[str, Any]) -> str:
    """Return the type and its short parameters: "linear: beta_max 0.02"."""
    shown = ", ".join(_parameters(part))
    return f"{part['type']}: {shown}" if shown else str(part["type"])


def _parameters(part: dict[str, Any]) -> Iterator[str]:
    for name, value in part.items():
        if name == "type" or value is None:
            continue
        if isinstance(value, list | dict):
            yield f"{name} ({len(value):,} entries)"
        else:
            yield f"{name} {value}"


def _size(size_bytes: int) -> str:
    for unit, unit_bytes in (("MiB", 2**20), ("KiB", 2**10)):
        if size_bytes % unit_bytes == 0:
            return f"{size_bytes // unit_bytes:,} {unit}"
    return f"{size_bytes:,} bytes"
