"""Code for the same noise: a curl command, the request's JSON, Python.

The snippets have slots for the timestep and the protected positions, which a script on
the page fills while the slider moves.
"""

import json
import pprint
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from noising.dashboard.playground.panels import NoisePanel

LONGEST_SPECIFICATION: Final = 2_000
"""Characters of a specification to write out; the code fetches a longer one."""

SLOT: Final = re.compile(r"«(\w+)»")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetPart:
    """A piece of a snippet; one with a slot changes with the page."""

    text: str
    slot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSnippet:
    """Code to copy."""

    name: str
    parts: Sequence[SnippetPart]

    @property
    def text(self) -> str:
        """Return the whole text."""
        return "".join(part.text for part in self.parts)


def write_snippets(panel: NoisePanel, *, seed: int, origin: str) -> list[LiveSnippet]:
    """Return snippets with which a program gets the noise of a panel.

    Args:
        panel: the panel.
        seed: the seed of its noise.
        origin: scheme and host of this service.
    """
    values = {
        "timestep": str(panel.timestep),
        "protect": json.dumps(panel.protected.nonzero()[0].tolist()),
    }
    body = _write_body(panel, seed)
    texts = {
        "curl": f"curl {origin}/api/v1/noise \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{body}'",
        "Python": _write_python(panel, seed, origin),
        "JSON": body,
    }
    return [
        LiveSnippet(name=name, parts=list(_split_parts(text, values)))
        for name, text in texts.items()
    ]


def _split_parts(text: str, values: dict[str, str]) -> Iterator[SnippetPart]:
    for index, piece in enumerate(SLOT.split(text)):
        if index % 2:
            yield SnippetPart(text=values[piece], slot=piece)
        else:
            yield SnippetPart(text=piece)


def _write_body(panel: NoisePanel, seed: int) -> str:
    """Return the request to POST /api/v1/noise, without single quotes."""
    chosen = panel.chosen
    fields: dict[str, Any] = {
        "tokens": panel.text.encoding.tokens.tolist(),
        "timesteps": "«timestep»",
        "schedule": chosen.schedule,
    }
    if chosen.hyperschedule is not None:
        fields["hyperschedule"] = chosen.hyperschedule
    fields |= {"seed": seed, "protect": {"positions": "«protect»"}}
    text = json.dumps(fields, ensure_ascii=False).replace("'", "\\u0027")
    return re.sub(r'"(«\w+»)"', r"\1", text)


def _write_python(panel: NoisePanel, seed: int, origin: str) -> str:
    chosen = panel.chosen
    specification = dict(chosen.specification)
    imports = "import numpy as np\n\nfrom noising.engine import build_process\n"
    fetched = ""
    if len(json.dumps(specification)) <= LONGEST_SPECIFICATION:
        written = pprint.pformat(specification, width=80, sort_dicts=False)
    else:
        imports = imports.replace(
            "from noising.engine",
            "from noising.client import NoisingClient\nfrom noising.engine",
        )
        fetched = f'with NoisingClient("{origin}") as client:\n'
        written = f'client.schedules.get("{chosen.schedule}")["specification"]'
    assignment = f"specification = {written}\n"
    if fetched:
        assignment = f"{fetched}    {assignment}"
    if chosen.hyperschedule is not None:
        laid = pprint.pformat(
            chosen.hyperschedule, width=80, compact=True, sort_dicts=False
        )
        assignment += f'specification["hyperschedule"] = {laid}\n'
    tokens = pprint.pformat(panel.text.encoding.tokens.tolist(), width=80, compact=True)
    return (
        f"{imports}\n"
        f"tokens = np.array({tokens})\n"
        f"{assignment}"
        "process = build_process(specification)\n"
        "protect = np.isin(np.arange(tokens.size), «protect»)\n"
        f"noised = process.noise(tokens, «timestep», seed={seed}, protect=protect)\n"
        "print(noised.tokens.tolist())\n"
    )
