"""Plots that commands write into files; they need the extra `plots`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noising.command.usage import CommandLineError, check_target, write_target
from noising.curves import Axis, Curves

if TYPE_CHECKING:
    from noising.plots import ImageFormat

FORMATS: Final[Mapping[str, ImageFormat]] = {
    ".png": "png",
    ".svg": "svg",
    ".pdf": "pdf",
}
"""What a file's name says about it."""


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names a file for a plot."""
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help=f"draw the curves into a file, {', '.join(FORMATS)}; needs the extra "
        "`plots`",
    )


def check_plot(path: Path | None) -> None:
    """Refuse a plot that cannot be drawn, before any work.

    Raises:
        MissingExtraError: Matplotlib is not installed.
        CommandLineError: the file's name says no format, or it cannot be made.
    """
    if path is None:
        return
    import noising.plots  # noqa: F401 - to see that it can be imported

    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise CommandLineError(f"{path}: a plot's name must end with one of {known}")
    check_target(path)


def write_plot(
    path: Path,
    found: Sequence[tuple[str, Curves]],
    quantities: Sequence[str],
    axis: Axis,
) -> None:
    """Draw a panel for each quantity with a line for each process.

    Args:
        path: the file, which passed `check_plot`.
        found: label and curves of each process.
        quantities: keys of QUANTITIES.
        axis: what the curves run over.

    Raises:
        CommandLineError: the file cannot be written.
    """
    from noising.plots import plot_quantities, render

    figure = plot_quantities(found, quantities, axis=axis)
    write_target(path, render(figure, FORMATS[path.suffix.lower()]))
