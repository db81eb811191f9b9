"""The playground's state for the scripts of its page."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import QueryDict

from noising.dashboard.playground.context import State
from noising.dashboard.playground.denoising import Denoised
from noising.dashboard.playground.panels import Panel


def state_document(state: State, query: QueryDict, origin: str) -> dict[str, Any]:
    """Return errors by field, tokens, and what each process is.

    Args:
        state: what the query describes.
        query: which may also name processes to denoise.
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
        "protect": state.form.cleaned_data["protect"],
        "timestep": state.timestep,
        "processes": [
            _process(state, panel, origin, denoised) for panel in state.panels
        ],
    }


def _process(
    state: State, panel: Panel, origin: str, denoised: Mapping[str, Denoised]
) -> dict[str, Any]:
    process = panel.chosen.process
    document: dict[str, Any] = {
        "label": panel.label,
        "title": panel.chosen.title,
        "num_timesteps": process.num_timesteps,
        "mask_id": process.mask_id,
        "request": _request(state, panel),
        "snippets": [
            {"name": snippet.name, "parts": [asdict(part) for part in snippet.parts]}
            for snippet in state.snippets(panel, origin)
        ],
    }
    if panel.label in denoised:
        document["denoised"] = asdict(denoised[panel.label])
    return document


def _request(state: State, panel: Panel) -> str:
    """Return the request to POST /api/v1/trajectory for the whole history.

    It is text: a script's numbers lose the digits of a long seed.
    """
    chosen = panel.chosen
    fields: dict[str, Any] = {
        "tokens": panel.text.encoding.tokens.tolist(),
        "timesteps": list(_timesteps(chosen.process.num_timesteps, panel.text.size)),
        "schedule": chosen.schedule,
        "hyperschedule": chosen.hyperschedule,
        "seed": state.form.cleaned_data["seed"],
    }
    return json.dumps(fields)


def _timesteps(count: int, length: int) -> Iterator[int]:
    """Yield all timesteps, or as many, evenly, as a trajectory may have."""
    step = math.ceil(count * length / settings.MAX_TRAJECTORY_TOKENS)
    yield from range(0, count - 1, step)
    yield count - 1
