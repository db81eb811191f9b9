"""Figures of comparisons of schedules on a corpus."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from noising.curves import choose_styles
from noising.curves.labels import TIME
from noising.figures.images import Image
from noising.figures.responses import hash_content
from noising.models import Corpus
from noising.plots import Curve, FigureData, plot_curves

CORPUS_FIGURES: Final[Mapping[str, str]] = {
    "bigram": "Information left about a token, by the bigram reader",
    "unigram": "Information left about a token, by the unigram reader",
}
"""Title of each figure by the reader whose information it shows."""

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
        data=lambda: build_corpus_figure(reader, corpus.comparison),
        name=f"{corpus.pk}-{reader}",
        has_chart=True,
    )


def build_corpus_figure(reader: str, comparison: Document) -> FigureData:
    """Return a figure of the information that each schedule leaves over time.

    Args:
        reader: a key of CORPUS_FIGURES.
        comparison: the comparison of schedules on a corpus, as a document.
    """
    entropy = comparison["corpus"]["unigram_nats"]
    entries = comparison["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    curves = []
    for entry, style in zip(entries, styles, strict=True):
        read = entry["readers"][reader]
        if "nats" not in read:
            continue
        times = np.asarray(read["time"])
        curves.append(
            Curve(
                label=entry["name"],
                x=times,
                y=1.0 - np.asarray(read["nats"]) / entropy,
                style=style,
                other_x={"timestep": times * entry["num_timesteps"] - 1},
            )
        )
    return plot_curves(
        curves,
        title=CORPUS_FIGURES[reader],
        x_name="time",
        x_label=TIME,
        y_label="share left",
        is_share=True,
    )
