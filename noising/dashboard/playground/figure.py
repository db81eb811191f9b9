"""The playground's plot as an image: alpha of one process or of two."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from django.http import QueryDict
from django.urls import reverse

from noising.configured import find_tokenizer
from noising.curves import DEFAULT_POINTS
from noising.dashboard.playground.context import LABELS, PlaygroundState
from noising.dashboard.playground.forms import PlaygroundForm, ProcessForm
from noising.dashboard.playground.panels import write_heading
from noising.dashboard.playground.processes import UnusableError, build_base_process
from noising.figures import Image, build_curves_figure, hash_content
from noising.plots import ImageFormat

FIGURE_FORMATS: Final[Mapping[str, ImageFormat]] = {"png": "png", "svg": "svg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaFigure:
    """The URL and the subject of the image.

    Attributes:
        query: the part of the page's query that it depends on, without the long text.
        subject: the processes whose alpha it shows.
    """

    query: str
    subject: str

    @classmethod
    def of(cls, state: PlaygroundState, query: QueryDict) -> Self | None:
        """Return the figure of a page, or None if it has no panels."""
        if not state.panels:
            return None
        kept = QueryDict(mutable=True)
        prefixes = tuple(f"{panel.label}-" for panel in state.panels)
        for name in query:
            if name in ("tokenizer", "compare") or name.startswith(prefixes):
                kept.setlist(name, query.getlist(name)[-1:])
        titles = [panel.chosen.title for panel in state.panels]
        return cls(query=kept.urlencode(), subject=" and ".join(titles))

    @property
    def svg(self) -> str:
        """Return the URL of the vector image."""
        return self._address("svg")

    @property
    def png(self) -> str:
        """Return the URL of the pixel image."""
        return self._address("png")

    def _address(self, image_format: ImageFormat) -> str:
        path = reverse("pages:playground-picture", kwargs={"plot_format": image_format})
        return f"{path}?{self.query}"


def make_alpha_image(query: QueryDict) -> Image | None:
    """Return the image that a query describes, or None if it describes no process.

    Raises:
        BusyError: a process is costly, and no permit became free in time.
    """
    form = PlaygroundForm.of(query)
    form.full_clean()
    tokenizer = form.cleaned_data.get("tokenizer")
    labels = LABELS if form.cleaned_data.get("compare") else LABELS[:1]
    forms = [ProcessForm.of(query, prefix=label) for label in labels]
    if tokenizer is None or not all(one.is_valid() for one in forms):
        return None
    vocab_size = find_tokenizer(tokenizer).vocab_size
    try:
        chosen = [build_base_process(one, vocab_size) for one in forms]
    except UnusableError:
        return None
    entries = [
        (
            write_heading(label, one.title, is_alone=len(labels) == 1),
            one.process,
        )
        for label, one in zip(labels, chosen, strict=True)
    ]
    prints = [(title, process.fingerprint) for title, process in entries]
    return Image(
        key=hash_content("playground", prints),
        data=lambda: build_curves_figure(
            ["alpha"], entries, axis="timestep", points=DEFAULT_POINTS
        ),
        name="playground-alpha",
    )
