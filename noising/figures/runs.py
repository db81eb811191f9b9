"""The figures of a run, which its page and the API both show."""

from collections.abc import Mapping
from typing import Any, Final

from noising.figures.charts import RUN_CHARTS, run_chart
from noising.figures.drawing import draw_run
from noising.figures.images import Image
from noising.figures.responses import content_key
from noising.models import BenchmarkRun

RUN_FIGURES: Final[Mapping[str, str]] = {
    "alpha": "Signal left by each schedule",
    "information": "Information left",
    "preservation": "Tokens unchanged, by type",
    "throughput": "Throughput",
}
"""Name of each figure -> what it shows."""


def run_image(name: str, run: BenchmarkRun) -> Image:
    """Return a figure of a run that succeeded, drawn only where it is needed.

    What such a run measured never changes again, so its id stands for the content.

    Args:
        name: One of RUN_FIGURES.
        run: The run; its results are read only to draw.
    """

    def document() -> dict[str, Any]:
        return BenchmarkRun.objects.for_page().get(pk=run.pk).document()

    return Image(
        key=content_key(name, str(run.pk), str(run.finished_at)),
        draw=lambda image_format: draw_run(name, document(), image_format),
        modified=run.finished_at,
        name=f"{run.pk}-{name}",
        chart=(lambda: run_chart(name, document())) if name in RUN_CHARTS else None,
    )
