"""The verdict on a draft, its curves, and where to go from here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode

from noising.dashboard import plots
from noising.dashboard.verdicts import (
    ShownVerdict,
    judge_for_page,
    write_specification,
)
from noising.engine import build_process
from noising.engine.importers import Imported
from noising.engine.importers.reader import (
    ASSUMED,
    DIFFERS,
    IGNORED,
    NO_MEANING,
    NOT_UNDERSTOOD,
)

KINDS: Final[Mapping[str, str]] = {
    NOT_UNDERSTOOD: "not understood",
    ASSUMED: "assumed",
    DIFFERS: "differs here",
    IGNORED: "ignored",
    NO_MEANING: "no meaning",
}
"""The kinds of notes in words, those to mind first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A specification that is not stored, with what a page shows of it.

    Attributes:
        title: schedule, graph and sizes in words.
        text: the canonical specification as JSON.
        verdict: None if there is no time for it.
        plots: curves; none if the specification does not fit into a URL.
        store: the URL of the form that stores it; "" if it does not fit.
    """

    title: str
    text: str
    verdict: ShownVerdict | None
    plots: list[plots.Plot]
    store: str


def build_draft(specification: Mapping[str, Any]) -> Draft:
    """Return the draft of a valid specification."""
    process = build_process(specification)
    spec = process.spec
    verdict = judge_for_page(spec, address_check)
    short = write_specification(spec)
    better = ""
    if verdict is not None and verdict.remedies:
        better = verdict.remedies[-1].specification
    query = {"specification": short} | ({"better": better} if better else {})
    return Draft(
        title=f"{spec['schedule']['type']} over the graph {spec['graph']['type']}, "
        f"{process.num_timesteps:,} timesteps, {process.vocab_size:,} ids",
        text=json.dumps(spec, indent=2),
        verdict=verdict,
        plots=[plots.make_draft_plot(name, query) for name in plots.OVERLAY_NAMES]
        if short
        else [],
        store=f"{reverse('pages:schedule-new')}?{urlencode({'specification': short})}"
        if short
        else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyItem:
    """What became of a key of another project's configuration."""

    key: str
    kind: str
    text: str


def list_keys(imported: Imported) -> list[KeyItem]:
    """Return notes on keys, used keys without a note, and sizes that have neither.

    Those to mind come first.
    """
    notes = [
        KeyItem(key=note.key, kind=KINDS[note.kind], text=note.text)
        for kind in KINDS
        for note in imported.notes
        if note.kind == kind
    ]
    noted = {item.key for item in notes}
    used = [
        KeyItem(key=key, kind="used", text="")
        for key in imported.used
        if key not in noted
    ]
    listed = noted | {item.key for item in used}
    used += [
        KeyItem(key=size, kind="result", text=f"It is {imported.spec[size]:,} here.")
        for size in ("vocab_size", "num_timesteps")
        if size not in listed
    ]
    # The sort is stable: notes to mind, used keys, keys without a meaning.
    return sorted(
        [*notes, *used],
        key=lambda item: {"used": 1, "result": 1, "no meaning": 2, "ignored": 2}.get(
            item.kind, 0
        ),
    )


def address_check(query: Mapping[str, str]) -> str:
    """Return the URL of the page for a query with a specification."""
    return f"{reverse('pages:check')}?{urlencode(query)}"
