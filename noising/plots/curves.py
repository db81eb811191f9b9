"""Figures of labelled curves in one or several panels, and of maps by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from noising.curves.labels import SIGNAL
from noising.plots.data import Curve, FigureData, Label, MapPanel, Numbers, Panel


def plot_curves(
    curves: Sequence[Curve],
    *,
    title: str,
    x_label: Label,
    y_label: Label,
    x_name: str = "x",
    y_log: bool = False,
    is_share: bool = False,
) -> FigureData:
    """Return a figure of curves in one panel.

    Curves of more than 2,000 points are thinned evenly and keep their ends. With
    `y_log`, values of 0 and below also leave gaps. With `is_share`, the vertical axis
    shows 0 to 1.
    """
    panel = Panel(
        x_name=x_name,
        x_label=x_label,
        y_label=y_label,
        y_log=y_log,
        is_share=is_share,
        curves=curves,
    )
    return FigureData(title=title, panels=[panel])


def plot_panels(
    panels: Sequence[Panel],
    *,
    title: str = "",
    x_name: str = "x",
    x_label: Label,
    shares_axes: bool = False,
) -> FigureData:
    """Return a figure of panels, two in a row.

    Args:
        panels: the panels, whose abscissae mean the same.
        title: title of the figure.
        x_name: name of the abscissae in tables.
        x_label: label of the horizontal axes.
        shares_axes: whether the vertical axes are the same, too.
    """
    return FigureData(
        title=title,
        panels=[replace(panel, x_name=x_name, x_label=x_label) for panel in panels],
        columns=2,
        shares_axes=shares_axes,
    )


def plot_positions(alphas: Numbers, *, title: str, num_timesteps: int) -> FigureData:
    """Return a figure of alpha by position and timestep.

    Args:
        alphas: (L, N) alpha at N evenly spaced timesteps from 0 to the last.
        title: title of the figure.
        num_timesteps: T.
    """
    return plot_map(
        alphas, title=title, num_timesteps=num_timesteps, largest=1.0, label=SIGNAL
    )


def plot_map(
    values: Numbers, *, title: str, num_timesteps: int, largest: float, label: Label
) -> FigureData:
    """Return a figure of a quantity by position and timestep.

    Args:
        values: (L, N) values at N evenly spaced timesteps from 0 to the last.
        title: title of the figure.
        num_timesteps: T.
        largest: the end of the scale, which starts at 0.
        label: label of the scale.
    """
    panel = MapPanel(
        label=label, values=values, num_timesteps=num_timesteps, largest=largest
    )
    return FigureData(title=title, panels=[panel])
