"""Plots that commands write to files; they need the extra `plots`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from noising.command.usage import CommandLineError, check_target, write_target
from noising.curves import Axis, Curves
from noising.plots import FigureFormat, plot_quantities, render, require_matplotlib

FORMATS: Final[Mapping[str, FigureFormat]] = {
    ".png": "png",
    ".svg": "svg",
    ".pdf": "pdf",
    ".pgf": "pgf",
    ".py": "py",
}
"""Formats of plots by the extension of the file name."""


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names a file for a plot."""
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help=f"plot the curves to a file ({', '.join(FORMATS)}); needs the extra "
        "`plots`",
    )


def check_plot(path: Path | None) -> None:
    """Check before the work starts that a plot can be written.

    Raises:
        MissingExtraError: Matplotlib is not installed.
        CommandLineError: the file has an unknown extension or cannot be created.
    """
    if path is None:
        return
    require_matplotlib()
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise CommandLineError(
            f"{path}: the name of a plot must end with one of {known}"
        )
    check_target(path)


def write_plot(
    path: Path,
    labelled: Sequence[tuple[str, Curves]],
    quantities: Sequence[str],
    axis: Axis,
) -> None:
    """Draw a panel for each quantity with a line for each process.

    Args:
        path: the file, which passed `check_plot`.
        labelled: label and curves of each process.
        quantities: keys of QUANTITIES.
        axis: the horizontal axis.

    Raises:
        CommandLineError: the file cannot be written.
    """
    figure = plot_quantities(labelled, quantities, axis=axis)
    write_target(path, render(figure, FORMATS[path.suffix.lower()]))
