"""The tokens under one process at one timestep: noised, and denoised again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from noising.budget import PAGE_WORK
from noising.configured import denoiser_service
from noising.dashboard.playground.processes import SelectedProcess
from noising.dashboard.playground.tokens import (
    Chip,
    PlaygroundText,
    make_denoised_chip,
    make_noised_chip,
)
from noising.integrations import ServiceError
from noising.tokenizers import TOKEN_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedCount:
    """The number of unchanged tokens, of all tokens or of one type."""

    name: str
    unchanged: int
    total: int

    @property
    def percent(self) -> str:
        """Return the share in percent, with two decimals as in the API."""
        return f"{100 * self.unchanged / self.total:.2f} %" if self.total else "none"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoisePanel:
    """One process at one timestep.

    Attributes:
        label: `a` or `b`.
        heading: the title of the process, with the label if there are two.
        chosen: the process.
        text: the clean tokens.
        timestep: the timestep of this process.
        noised: (L,) ids.
        protected: (L,) bool.
    """

    label: str
    heading: str
    chosen: SelectedProcess
    text: PlaygroundText
    timestep: int
    noised: NDArray[Any]
    protected: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        label: str,
        chosen: SelectedProcess,
        text: PlaygroundText,
        *,
        timestep: int,
        seed: int,
        protected: NDArray[np.bool_],
        is_alone: bool,
    ) -> Self:
        """Noise the tokens.

        Raises:
            EngineError: the hyperschedule does not fit the text's length.
            BusyError: the process is costly, and no permit became free in time.
        """
        with PAGE_WORK.permit(chosen.costly_seconds * text.size):
            noised = chosen.process.noise(
                text.encoding.tokens, timestep, seed=seed, protect=protected
            )
        return cls(
            label=label,
            heading=write_heading(label, chosen.title, is_alone=is_alone),
            chosen=chosen,
            text=text,
            timestep=timestep,
            noised=noised.tokens,
            protected=protected,
        )

    @property
    def alpha(self) -> float:
        """Return alpha at the timestep."""
        return float(self.chosen.process.alphas[self.timestep])

    @property
    def counts(self) -> list[UnchangedCount]:
        """Return the counts of unchanged tokens: of all, and of each type."""
        same = self.noised == self.text.encoding.tokens
        kinds = self.text.encoding.types
        each = [
            UnchangedCount(
                name=name,
                unchanged=int(np.count_nonzero(same & (kinds == index))),
                total=int(np.count_nonzero(kinds == index)),
            )
            for index, name in enumerate(TOKEN_TYPES)
        ]
        whole = UnchangedCount(
            name="all", unchanged=int(np.count_nonzero(same)), total=self.text.size
        )
        return [whole, *each]

    @property
    def chips(self) -> list[Chip]:
        """Return the positions for the page without scripts."""
        mask_id = self.chosen.process.mask_id
        clean = self.text.encoding.tokens.tolist()
        noised = self.noised.tolist()
        return [
            make_noised_chip(*parts, mask_id=mask_id)
            for parts in zip(
                range(self.text.size),
                clean,
                self.text.texts(clean, None),
                self.text.encoding.type_names,
                noised,
                self.text.texts(noised, mask_id),
                self.protected.tolist(),
                self.text.breaks,
                strict=True,
            )
        ]


def write_heading(label: str, title: str, *, is_alone: bool) -> str:
    """Return the name of a process on the page, with its label unless it is alone."""
    return title if is_alone else f"{label.upper()}: {title}"


def align_timestep(timestep: int, num_timesteps: int, other: int) -> int:
    """Return the timestep of another process that is nearest in time.

    Args:
        timestep: the timestep of a process.
        num_timesteps: the number of timesteps of that process.
        other: the number of timesteps of the other process.
    """
    nearest = ((timestep + 1) * other * 2 + num_timesteps) // (2 * num_timesteps) - 1
    return max(0, nearest)


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoisedPanel:
    """The response of the denoiser service for a panel.

    Attributes:
        chips: the positions; empty after a failure.
        summary: how many of the tokens are right.
        error: the reason of a failure.
    """

    chips: Sequence[Chip] = ()
    summary: str = ""
    error: str = ""


def denoise_panel(panel: NoisePanel) -> DenoisedPanel:
    """Send the noised tokens to the denoiser service."""
    service = denoiser_service()
    if service is None:
        return DenoisedPanel(error="No denoiser is configured: set DENOISER_URL.")
    process = panel.chosen.process
    try:
        tokens = service.denoise(
            panel.noised, panel.alpha, num_states=process.num_states
        )
    except ServiceError as error:
        return DenoisedPanel(error=str(error))
    text = panel.text
    clean = text.encoding.tokens
    right = UnchangedCount(
        name="right",
        unchanged=int(np.count_nonzero(tokens == clean)),
        total=text.size,
    )
    before = panel.counts[0]
    chips = [
        make_denoised_chip(*parts)
        for parts in zip(
            range(text.size),
            clean.tolist(),
            text.texts(clean.tolist(), None),
            text.encoding.type_names,
            panel.noised.tolist(),
            tokens.tolist(),
            text.texts(tokens.tolist(), process.mask_id),
            text.breaks,
            strict=True,
        )
    ]
    summary = (
        f"At timestep {panel.timestep}: {right.percent} of the tokens are the clean "
        f"ones; {before.percent} were before."
    )
    return DenoisedPanel(chips=chips, summary=summary)
