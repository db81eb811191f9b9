"""A quantity over positions and timesteps, as a map of colours."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noising.plots.style import blank_figure, dress, style_texts


def positions_figure(
    alphas: NDArray[np.float64], *, title: str, num_timesteps: int
) -> Figure:
    """Draw alpha by position and timestep.

    Args:
        alphas: (L, N), evenly from timestep 0 to the last.
        title: above the map.
        num_timesteps: T.
    """
    figure = blank_figure(6.8, 4.0)
    axes = figure.add_subplot()
    length = alphas.shape[0]
    image = axes.imshow(
        alphas,
        aspect="auto",
        cmap="cividis",  # even in lightness, and the same to every kind of eye
        vmin=0.0,
        vmax=1.0,
        extent=(0.0, max(1.0, num_timesteps - 1.0), length - 0.5, -0.5),
        interpolation="nearest",
    )
    dress(axes, title=title, x_label="timestep", y_label="position")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9.0)
    style_texts([bar.ax.set_ylabel("alpha")], 10.0)
    return figure
