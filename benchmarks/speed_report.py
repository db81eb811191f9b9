"""Writes the results of the throughput suite to files and formats them as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from benchmarks import report
from noising.plots import plot_speed

FIGURES: Final = {"throughput-suite.png": plot_speed}
RESULTS_NAME: Final = "throughput-suite.json"

PROGRAMS: Final = ("numpy", "numba", "memcpy", "naive", "torch")
KERNELS: Final = ("numpy", "numba")
PEERS: Final = ("naive", "torch")

Document = Mapping[str, Any]


def write(document: Document, directory: Path) -> list[Path]:
    """Write the plot and the JSON file.

    Raises:
        OutputError: they cannot be written.
    """
    return report.write(document, directory, figures=FIGURES, results_name=RESULTS_NAME)


def table(document: Document) -> Group:
    """Return tables of the times and of the ratios within rounds."""
    return Group(_times(document), _ratios(document))


def _times(document: Document) -> Table:
    threads = document["config"]["threads"]
    what = "processor time" if threads == 1 else f"{threads} threads of numba"
    result = _table(f"Nanoseconds per token ({what})", "case", *PROGRAMS)
    for entry in document["throughput"]:
        times = (entry.get(f"{name}_ns_per_token") for name in PROGRAMS)
        result.add_row(entry["case"], *(_number(value, 2) for value in times))
    return result


def _ratios(document: Document) -> Table:
    result = _table(
        "Time of each kernel over that of a copy, and speedup over other programs",
        "case",
        *(f"{kernel}/copy" for kernel in KERNELS),
        *(f"{other}/{kernel}" for other in PEERS for kernel in KERNELS),
    )
    for entry in document["throughput"]:
        copies = (entry.get(f"{kernel}_over_memcpy") for kernel in KERNELS)
        faster = (
            entry.get(f"{other}_over_{kernel}") for other in PEERS for kernel in KERNELS
        )
        cells = (_number(value, 1) for value in (*copies, *faster))
        result.add_row(entry["case"], *cells)
    return result


def _table(title: str, first: str, *others: str) -> Table:
    result = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    result.add_column(first, no_wrap=True)
    for heading in others:
        result.add_column(heading, justify="right", min_width=5)
    return result


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
