"""Formats the results of the suite as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

RESULTS_NAME: Final = "requests.json"

Document = Mapping[str, Any]

TITLES: Final = {
    "bare": "POST /noise",
    "logged": "POST /noise, with access logs",
    "batch": "POST /api/v1/noise; the peer uses JSON",
}


def table(document: Document) -> Group:
    """Return one table for each row that was measured."""
    rows = dict.fromkeys(entry["row"] for entry in document["requests"])
    load = document["load_average"]
    note = Text(
        "ratio: median of the ratios of requests per second within rounds, with its "
        "95 % interval; latencies in microseconds; client: share of the time in which "
        f"the client used the processor; load average {load['before']:.1f} before, "
        f"{load['after']:.1f} after"
    )
    return Group(*(_table(document, row) for row in rows), note)


def _table(document: Document, row: str) -> Table:
    result = Table(
        title=TITLES[row], title_justify="left", box=SIMPLE_HEAD, pad_edge=False
    )
    result.add_column("case", no_wrap=True)
    for heading in ("ratio", "95 %", "target", "service/s", "peer/s"):
        result.add_column(heading, justify="right", no_wrap=True)
    for heading in ("p50, p99", "peer's", "p99/p50", "client", "two modes"):
        result.add_column(heading, justify="right", no_wrap=True)
    for entry in document["requests"]:
        if entry["row"] == row:
            result.add_row(*_cells(entry))
    return result


def _cells(entry: Document) -> list[str]:
    service, peer = entry["service"], entry["peer"]
    modes = [name for name in ("service", "peer") if entry[name]["has_two_modes"]]
    return [
        entry["case"],
        f"{entry['ratio']:.2f}",
        f"{entry['ratio_low']:.2f} to {entry['ratio_high']:.2f}",
        f"{entry['target']:g}",
        f"{service['requests_per_second']:,.0f}",
        f"{peer['requests_per_second']:,.0f}",
        *(f"{each['p50_us']:,.0f}, {each['p99_us']:,.0f}" for each in (service, peer)),
        f"{service['p99_over_p50']:.1f}",
        f"{service['client_share']:.0%}",
        ", ".join(modes),
    ]
