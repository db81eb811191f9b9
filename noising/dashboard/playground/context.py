"""The data of the playground for a query, for templates and as JSON."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from django.conf import settings
from django.http import QueryDict
from numpy.typing import NDArray

from noising.dashboard.playground.forms import LinkedForm, PlaygroundForm, ProcessForm
from noising.dashboard.playground.panels import (
    DenoisedPanel,
    NoisePanel,
    align_timestep,
    denoise_panel,
)
from noising.dashboard.playground.processes import (
    SelectedProcess,
    UnusableError,
    find_field,
    select_process,
)
from noising.dashboard.playground.snippets import LiveSnippet, write_snippets
from noising.dashboard.playground.tokens import MOST_TOKENS, PlaygroundText
from noising.engine import EngineError
from noising.tokenizers import TOKEN_TYPES, TokenizerError

LABELS: Final = ("a", "b")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormError:
    """An error of one field.

    Attributes:
        field: the name of the field in the query.
        label: its label on the page.
        message: a sentence.
    """

    field: str
    label: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundState:
    """The form, and the panels for it; there are none if the form has errors.

    Attributes:
        form: text, seed, timestep, protection.
        processes: the forms of both processes.
        text: the tokens.
        panels: one for each process in use.
        timestep: the timestep of the first process; without panels, that of the form.
    """

    form: PlaygroundForm
    processes: Sequence[ProcessForm]
    text: PlaygroundText | None
    panels: Sequence[NoisePanel]
    timestep: int

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """Return the state that a query describes.

        Raises:
            BusyError: a process is costly, and no permit became free in time.
        """
        form = PlaygroundForm.of(query)
        processes = [ProcessForm.of(query, prefix=label) for label in LABELS]
        text = _tokenize(form) if form.is_valid() else None
        in_use = processes if form.cleaned_data.get("compare") else processes[:1]
        panels: list[NoisePanel] = []
        if text is not None and all(one.is_valid() for one in in_use):
            panels = _build_panels(form, in_use, text)
        return cls(
            form=form,
            processes=processes,
            text=text,
            panels=panels,
            timestep=(
                panels[0].timestep if panels else form.cleaned_data.get("timestep", 0)
            ),
        )

    @property
    def errors(self) -> list[FormError]:
        """Return the errors of the fields that are in use."""
        return [
            FormError(
                field=form.add_prefix(name),
                label=_label_field(form, name),
                message=str(message),
            )
            for form in (self.form, *self.processes[: 2 if self.compares else 1])
            for name, messages in form.errors.items()
            for message in messages
        ]

    @property
    def compares(self) -> bool:
        """Return whether there is a second process."""
        return bool(self.form.cleaned_data.get("compare"))

    @property
    def last_timestep(self) -> int:
        """Return the last timestep of the first process; without panels, 999."""
        if not self.panels:
            return 999
        return self.panels[0].chosen.process.num_timesteps - 1

    def snippets(self, panel: NoisePanel, origin: str) -> list[LiveSnippet]:
        """Return snippets with which a program gets the noise of a panel."""
        return write_snippets(panel, seed=self.form.cleaned_data["seed"], origin=origin)

    def denoised(self, query: QueryDict) -> dict[str, DenoisedPanel]:
        """Denoise the panels that a query names; return the results by label."""
        wanted = query.getlist("denoise")
        return {
            panel.label: denoise_panel(panel)
            for panel in self.panels
            if panel.label in wanted
        }


def _label_field(form: LinkedForm, name: str) -> str:
    label = str(form[name].label)
    return label if form.prefix is None else f"{label} of process {form.prefix.upper()}"


def _tokenize(form: PlaygroundForm) -> PlaygroundText | None:
    values = form.cleaned_data
    try:
        text = PlaygroundText.of(values["tokenizer"], values["text"])
    except TokenizerError as error:
        form.add_error("text", f"This text {error}.")
        return None
    if not text.size:
        form.add_error("text", "The text must have at least one token, got none.")
        return None
    if text.size > MOST_TOKENS:
        form.add_error(
            "text",
            f"The text must have at most {MOST_TOKENS:,} tokens, got {text.size:,}.",
        )
        return None
    return text


def _build_panels(
    form: PlaygroundForm, processes: Sequence[ProcessForm], text: PlaygroundText
) -> list[NoisePanel]:
    values = form.cleaned_data
    chosen = [_select_process(one, text) for one in processes]
    if chosen[0] is None:
        return []
    first = chosen[0].process.num_timesteps
    timestep = min(values["timestep"], first - 1)
    protected = _find_protected(form, text)
    panels = []
    for label, one, choice in zip(LABELS, processes, chosen, strict=False):
        if choice is None:
            return []
        own = align_timestep(timestep, first, choice.process.num_timesteps)
        try:
            panel = NoisePanel.of(
                label,
                choice,
                text,
                timestep=own,
                seed=values["seed"],
                protected=protected,
                is_alone=len(processes) == 1,
            )
        except EngineError as error:
            one.add_error(find_field(error, one), error.sentence)
            return []
        panels.append(panel)
    return panels


def _select_process(form: ProcessForm, text: PlaygroundText) -> SelectedProcess | None:
    try:
        return select_process(form, text)
    except UnusableError as error:
        form.add_error(error.field, str(error))
        return None


def _find_protected(form: PlaygroundForm, text: PlaygroundText) -> NDArray[np.bool_]:
    """Return which positions are protected; ignore those beyond the text."""
    values = form.cleaned_data
    kinds = [TOKEN_TYPES.index(name) for name in values["protect_types"]]
    mask: NDArray[np.bool_] = np.isin(text.encoding.types, kinds)
    return mask | np.isin(np.arange(text.size), values["protect"])


def serialize_state(
    state: PlaygroundState, query: QueryDict, origin: str
) -> dict[str, Any]:
    """Return errors by field, tokens, and a description of each process.

    Args:
        state: the state that the query describes.
        query: the query, which may also name processes to denoise.
        origin: scheme and host of this service.
    """
    if state.text is None or not state.panels:
        return {"errors": [asdict(error) for error in state.errors]}
    text = state.text
    denoised = state.denoised(query)
    tokens = text.encoding.tokens.tolist()
    return {
        "errors": [],
        "tokenizer": {"name": text.name, "vocab_size": text.tokenizer.vocab_size},
        "tokens": tokens,
        "texts": text.texts(tokens, None),
        "types": text.encoding.type_names,
        "breaks": [one and [one.lines, one.indent] for one in text.breaks],
        "protect": state.form.cleaned_data["protect"],
        "timestep": state.timestep,
        "processes": [
            _serialize_panel(state, panel, origin, denoised) for panel in state.panels
        ],
    }


def _serialize_panel(
    state: PlaygroundState,
    panel: NoisePanel,
    origin: str,
    denoised: Mapping[str, DenoisedPanel],
) -> dict[str, Any]:
    process = panel.chosen.process
    document: dict[str, Any] = {
        "label": panel.label,
        "title": panel.chosen.title,
        "heading": panel.heading,
        "num_timesteps": process.num_timesteps,
        "mask_id": process.mask_id,
        "request": _serialize_request(state, panel),
        "snippets": [
            {"name": snippet.name, "parts": [asdict(part) for part in snippet.parts]}
            for snippet in state.snippets(panel, origin)
        ],
    }
    if panel.label in denoised:
        document["denoised"] = asdict(denoised[panel.label])
    return document


def _serialize_request(state: PlaygroundState, panel: NoisePanel) -> str:
    """Return the request to POST /api/v1/trajectory for the whole history.

    It is text, because a long seed is not exact as a number in JavaScript.
    """
    chosen = panel.chosen
    fields: dict[str, Any] = {
        "tokens": panel.text.encoding.tokens.tolist(),
        "timesteps": list(
            _iterate_timesteps(chosen.process.num_timesteps, panel.text.size)
        ),
        "schedule": chosen.schedule,
        "hyperschedule": chosen.hyperschedule,
        "seed": state.form.cleaned_data["seed"],
    }
    return json.dumps(fields)


def _iterate_timesteps(count: int, length: int) -> Iterator[int]:
    """Yield all timesteps, or as many as a trajectory may have, evenly spaced."""
    step = math.ceil(count * length / settings.MAX_TRAJECTORY_TOKENS)
    yield from range(0, count - 1, step)
    yield count - 1
