"""Writes results to files and formats them as a table for the terminal."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from benchmarks.decision import read_decision
from benchmarks.summary import COLUMNS, Cell, Summary, summarize
from noising.plots import (
    FigureData,
    plot_alpha,
    plot_difficulty,
    plot_information,
    plot_preservation,
    plot_throughput,
    plot_tradeoffs,
    render,
)

Document = Mapping[str, Any]

RESULTS_NAME: Final = "results.json"
FIGURES: Final = {
    "alpha.png": plot_alpha,
    "information.png": plot_information,
    "preservation.png": plot_preservation,
    "throughput.png": plot_throughput,
}


def _draw_decision(
    plot: Callable[[Document], FigureData],
) -> Callable[[Document], FigureData]:
    return lambda document: plot(read_decision(document) or {})


DECISION_FIGURES: Final = {
    "difficulty.png": _draw_decision(plot_difficulty),
    "tradeoffs.png": _draw_decision(plot_tradeoffs),
}
"""The figures of a run with a decision, besides the others."""


class OutputError(RuntimeError):
    """The results cannot be written; the message is one line."""


def check_directory(directory: Path) -> None:
    """Check before the measurement that results can be written to a folder.

    It creates nothing.

    Raises:
        OutputError: the path, or its nearest existing parent, is not a writable folder,
            or a name of a result file is taken by something that is not a file.
    """
    try:
        existing = _nearest_existing(directory)
        if not existing.is_dir():
            raise OutputError(f"output {str(existing)!r} is not a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise OutputError(f"output {str(existing)!r} cannot be written to")
        for name in (*FIGURES, *DECISION_FIGURES, RESULTS_NAME):
            path = directory / name
            if path.exists() and not path.is_file():
                raise OutputError(f"output {str(path)!r} exists and is not a file")
    except (OSError, ValueError) as error:  # too long a name; a NUL in it
        raise _unwritable(directory, error) from error


def write(
    document: Document,
    directory: Path,
    *,
    plots: bool = True,
    figures: Mapping[str, Callable[[Document], FigureData]] | None = None,
    results_name: str = RESULTS_NAME,
) -> list[Path]:
    """Write the plots and then results.json, and replace older files.

    All files are written to a temporary folder before the first one is moved, so an
    interrupted run leaves the earlier results in place.

    Args:
        document: the results document.
        directory: the folder, which is created if it does not exist.
        plots: whether to draw the plots, which takes some seconds.
        figures: functions that draw the plots, by file name; by default those of the
            suite `schedules`.
        results_name: name of the JSON file.

    Returns:
        The paths of the files.

    Raises:
        OutputError: a file cannot be written.
    """
    if not plots:
        figures = {}
    elif figures is None:
        figures = FIGURES | (DECISION_FIGURES if read_decision(document) else {})
    contents = {name: render(draw(document), "png") for name, draw in figures.items()}
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    contents[results_name] = f"{text}\n".encode()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=directory) as folder:
            for name, content in contents.items():
                (Path(folder) / name).write_bytes(content)
            return [
                (Path(folder) / name).replace(directory / name) for name in contents
            ]
    except OSError as error:
        raise _unwritable(directory, error) from error


def table(document: Document) -> Group:
    """Return a summary of the results at the middle timestep, and of the timings."""
    summary = summarize(document)
    decision = read_decision(document)
    verdicts = [] if decision is None else [decision["verdict"]["text"]]
    return Group(
        Text(summary.name, style="bold"),
        _schedules_table(document, summary),
        *(Text(f"{verdict}\n") for verdict in (*verdicts, summary.verdict)),
        _throughput_table(document),
    )


def _nearest_existing(path: Path) -> Path:
    try:
        path.stat()
    except FileNotFoundError:
        return _nearest_existing(path.parent)
    return path


def _unwritable(directory: Path, error: Exception) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"output {str(directory)!r} cannot be written: {reason}")


def _schedules_table(document: Document, summary: Summary) -> Table:
    corpus = document["corpus"]
    meanings = "; ".join(f"{column.label}: {column.meaning}" for column in COLUMNS)
    result = Table(
        title=Text(
            f"{corpus['name']}: {corpus['sequences']:,} sequences,"
            f" {corpus['tokens']:,} tokens of {corpus['vocab_size']:,} kinds,"
            f" {corpus['entropy_nats']:.3f} nats each; timestep {summary.timestep}"
        ),
        title_justify="left",
        caption=f"{meanings}. Bold: most kept, nats and gain, fewest edits and wasted.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    result.add_column("schedule", overflow="fold", min_width=12)
    for heading in ("kept", "exact", "nats", "exact", "gain", "edits", "wasted"):
        result.add_column(heading, justify="right", no_wrap=True)
    result.add_column("linter")
    for row in summary.rows:
        kept, nats, *others = row.cells
        result.add_row(
            # Text, not str: a name is never markup.
            Text(row.name),
            *(text for cell in (kept, nats) for text in (_value(cell), cell.exact)),
            *(_value(cell) for cell in others),
            row.findings,
        )
    return result


def _value(cell: Cell) -> Text:
    return Text(cell.measured, style="bold" if cell.mark else "")


def _throughput_table(document: Document) -> Table:
    result = Table(title="Nanoseconds per token", title_justify="left", box=SIMPLE_HEAD)
    result.add_column("tokens")
    for heading in ("alpha", "engine", "naive NumPy", "copy", "speedup", "95 %"):
        result.add_column(heading, justify="right")
    for case in document["throughput"]:
        result.add_row(
            f"{case['rows']} x {case['length']}",
            f"{case['alpha']:g}",
            f"{case['engine_ns_per_token']:.2f}",
            f"{case['naive_ns_per_token']:.2f}",
            f"{case['memcpy_ns_per_token']:.2f}",
            f"{case['speedup']:.2f}",
            f"{case['speedup_low']:.2f} to {case['speedup_high']:.2f}",
        )
    return result
