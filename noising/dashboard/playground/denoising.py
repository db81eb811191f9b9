"""What the denoiser service makes of the noised tokens of a panel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noising.configured import denoiser_service
from noising.dashboard.playground.panels import Count, Panel
from noising.dashboard.playground.tokens import Chip, denoised_chip
from noising.integrations import ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoised:
    """What came back.

    Attributes:
        chips: the positions; none where it failed.
        summary: how much of it is right.
        error: why there is nothing.
    """

    chips: Sequence[Chip] = ()
    summary: str = ""
    error: str = ""


def denoised(panel: Panel) -> Denoised:
    """Ask the denoiser service what the noised tokens were."""
    service = denoiser_service()
    if service is None:
        return Denoised(error="No denoiser is configured: set DENOISER_URL.")
    process = panel.chosen.process
    try:
        tokens = service.denoise(
            panel.noised, panel.alpha, num_states=process.num_states
        )
    except ServiceError as error:
        return Denoised(error=str(error))
    text = panel.text
    clean = text.encoding.tokens
    right = Count(
        name="right",
        unchanged=int(np.count_nonzero(tokens == clean)),
        total=text.size,
    )
    before = panel.counts[0]
    chips = [
        denoised_chip(*parts)
        for parts in zip(
            range(text.size),
            clean.tolist(),
            text.texts(clean.tolist(), None),
            text.encoding.type_names,
            panel.noised.tolist(),
            tokens.tolist(),
            text.texts(tokens.tolist(), process.mask_id),
            strict=True,
        )
    ]
    summary = (
        f"At timestep {panel.timestep}: {right.percent} of the tokens are the clean "
        f"ones; {before.percent} were before."
    )
    return Denoised(chips=chips, summary=summary)
