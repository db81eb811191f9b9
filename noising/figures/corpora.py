"""Figures of comparisons of schedules on a corpus."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from noising.curves import choose_styles
from noising.figures.charts import Chart, make_panel, to_float32
from noising.figures.drawing import encode_figure
from noising.figures.images import Image, ImageFormat
from noising.figures.responses import hash_content
from noising.models import Corpus

CORPUS_FIGURES: Final[Mapping[str, str]] = {
    "bigram": "Information left about a token, by the bigram reader",
    "unigram": "Information left about a token, by the unigram reader",
}
"""Title of each figure by the reader whose information it shows."""

_Y_LABEL: Final = "share left"

Document = Mapping[str, Any]


def list_corpus_figures(comparison: Document) -> dict[str, str]:
    """Return the title of each figure of a comparison, by reader."""
    return {
        reader: title
        for reader, title in CORPUS_FIGURES.items()
        if any("nats" in entry["readers"][reader] for entry in comparison["schedules"])
    }


def make_corpus_image(reader: str, corpus: Corpus) -> Image:
    """Return a figure of the comparison on a corpus, which is drawn on demand."""
    entries = corpus.comparison["schedules"]
    compared = [(entry["name"], entry["fingerprint"]) for entry in entries]
    return Image(
        key=hash_content("corpus", reader, str(corpus.pk), compared),
        draw=lambda image_format: draw_corpus(reader, corpus.comparison, image_format),
        name=f"{corpus.pk}-{reader}",
        chart=lambda: chart_corpus(reader, corpus.comparison),
    )


def draw_corpus(reader: str, comparison: Document, image_format: ImageFormat) -> bytes:
    """Draw the information that each schedule leaves over time."""
    from noising.plots import AXIS_LABELS, Curve, plot_curves

    lines = [
        Curve(label=name, x=times, y=shares, style=style)
        for name, style, times, shares in _trace_shares(reader, comparison)
    ]
    figure = plot_curves(
        lines,
        title=CORPUS_FIGURES[reader],
        x_label=AXIS_LABELS["time"],
        y_label=_Y_LABEL,
        is_share=True,
    )
    return encode_figure(figure, image_format)


def chart_corpus(reader: str, comparison: Document) -> Chart:
    """Return the same as a chart."""
    steps = {entry["name"]: entry["num_timesteps"] for entry in comparison["schedules"]}
    lines = [
        {
            "name": name,
            "style": style,
            "x": {
                "time": to_float32(times),
                "timestep": to_float32(times * steps[name] - 1),
            },
            "y": to_float32(shares),
        }
        for name, style, times, shares in _trace_shares(reader, comparison)
    ]
    panel = make_panel(CORPUS_FIGURES[reader], _Y_LABEL, lines, is_share=True)
    return {"panels": [panel]}


def _trace_shares(
    reader: str, comparison: Document
) -> "list[tuple[str, int, np.ndarray[Any, Any], np.ndarray[Any, Any]]]":
    """Return name, style, times and shares of the entropy of each schedule."""
    entropy = comparison["corpus"]["unigram_nats"]
    entries = comparison["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    return [
        (
            entry["name"],
            style,
            np.asarray(entry["readers"][reader]["time"]),
            1.0 - np.asarray(entry["readers"][reader]["nats"]) / entropy,
        )
        for entry, style in zip(entries, styles, strict=True)
        if "nats" in entry["readers"][reader]
    ]
