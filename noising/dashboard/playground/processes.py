"""The processes that the form selects, for requests and as the engine's objects."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from noising.budget import PAGE_WORK, TooCostlyError, check_seconds
from noising.dashboard.playground.forms import TIMESTEPS, ProcessForm
from noising.dashboard.playground.tokens import PlaygroundText
from noising.engine import (
    EngineError,
    ForwardProcess,
    build_process,
    with_hyperschedule,
)
from noising.engine.effort import effort_of
from noising.engine.parameters import nearest
from noising.models import ScheduleConfig


class UnusableError(Exception):
    """The form selects no process that can be used.

    Attributes:
        field: the field of the form that the message is about.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SelectedProcess:
    """A process.

    Attributes:
        title: a short description.
        schedule: the value of `schedule` in requests: a name or a specification.
        specification: its specification.
        hyperschedule: a hyperschedule instead of its own, or None.
        process: the process with this hyperschedule.
        costly_seconds: the time that one more noise level takes.
    """

    title: str
    schedule: str | Mapping[str, Any]
    specification: Mapping[str, Any]
    hyperschedule: Mapping[str, Any] | None
    process: ForwardProcess
    costly_seconds: float


def list_stored_names() -> dict[int, list[str]]:
    """Return the names of stored schedules by size of vocabulary, the largest first.

    There are none if the database cannot be used.
    """
    try:
        return ScheduleConfig.objects.names_by_vocab_size()
    except DatabaseError:
        return {}


def select_process(form: ProcessForm, text: PlaygroundText) -> SelectedProcess:
    """Return the process that a valid form selects for a text.

    Raises:
        UnusableError: it is not valid, does not fit the text, or costs too much.
        BusyError: it is costly, and no permit became free in time.
    """
    base = build_base_process(form, text.tokenizer.vocab_size)
    _check_ids(form, base.process, text)
    laid = _specify_hyperschedule(form, text)
    process = base.process
    if laid is not None:
        with _report_on_form(form):
            process = with_hyperschedule(process, laid)
    return SelectedProcess(
        title=f"{base.title}, {laid['type']} hyperschedule" if laid else base.title,
        schedule=base.schedule,
        specification=base.specification,
        hyperschedule=laid,
        process=process,
        costly_seconds=base.costly_seconds,
    )


def build_base_process(form: ProcessForm, vocab_size: int) -> SelectedProcess:
    """Return the process that a valid form selects, with its own hyperschedule.

    Args:
        form: the form.
        vocab_size: the vocabulary of a process that is not a stored schedule.

    Raises:
        as `select_process`.
    """
    values = form.cleaned_data
    name: str = values["stored"]
    specification = _read_stored(name) if name else _specify_by_types(form, vocab_size)
    title = name or f"{values['schedule']} schedule, {values['graph']} graph"
    effort = effort_of(specification)
    try:
        check_seconds(effort.build_seconds, "to build")
    except TooCostlyError as error:
        field = "stored" if name else "schedule"
        raise UnusableError(field, str(error)) from None
    with PAGE_WORK.permit(effort.build_seconds), _report_on_form(form):
        process = build_process(specification)
    return SelectedProcess(
        title=title,
        schedule=name or specification,
        specification=specification,
        hyperschedule=None,
        process=process,
        costly_seconds=effort.level_seconds,
    )


def find_field(error: EngineError, form: ProcessForm) -> str:
    """Return the field of the form that an error of the engine is about."""
    part = error.field.partition(".")[0]
    if form.cleaned_data["stored"] and part != "hyperschedule":
        return "stored"
    if part == "vocab_size":
        return "graph"
    path = error.field.partition("[")[0]
    of_type = path.removeprefix("hyperschedule.weights.")
    names = [path, path.rpartition(".")[0], of_type, part]
    return next((name for name in names if name in form.fields), "schedule")


@contextmanager
def _report_on_form(form: ProcessForm) -> Iterator[None]:
    """Convert errors of the engine in the block to errors of the form."""
    try:
        yield
    except EngineError as error:
        raise UnusableError(find_field(error, form), _format_error(error)) from None


def _format_error(error: EngineError) -> str:
    if error.field == "vocab_size":
        return f"{error}: the tokenizer sets it, so choose another graph."
    return error.sentence


def _read_stored(name: str) -> dict[str, Any]:
    try:
        row = ScheduleConfig.objects.specification_of(name)
    except DatabaseError:
        raise UnusableError("stored", "The database cannot be used.") from None
    if row is None:
        names = itertools.chain.from_iterable(list_stored_names().values())
        hint = nearest(name, list(names))
        raise UnusableError(
            "stored",
            f"No schedule with this name exists, or it is archived{'; ' * bool(hint)}"
            f"{hint or '.'}",
        )
    return row[1]


def _specify_by_types(form: ProcessForm, vocab_size: int) -> dict[str, Any]:
    specification: dict[str, Any] = {"vocab_size": vocab_size}
    if TIMESTEPS in (timesteps := form.read_parameters("")):
        specification[TIMESTEPS] = timesteps[TIMESTEPS]
    for part in ("schedule", "graph"):
        parameters = form.read_parameters(f"{part}.")
        specification[part] = {"type": form.cleaned_data[part]} | parameters
    return specification


def _specify_hyperschedule(
    form: ProcessForm, text: PlaygroundText
) -> dict[str, Any] | None:
    kind: str = form.cleaned_data["hyperschedule"]
    if not kind:
        return None
    given = form.read_parameters("hyperschedule.")
    if kind == "token_types":
        own = {"classes": text.classes, "weights": form.weights}
        return {"type": kind} | own | given
    return {"type": kind} | given


def _check_ids(
    form: ProcessForm, process: ForwardProcess, text: PlaygroundText
) -> None:
    """Check that the vocabulary has all tokens of the text.

    Raises:
        UnusableError: naming both sizes, and the way out.
    """
    greatest = int(text.encoding.tokens.max())
    if greatest < process.vocab_size:
        return
    raise UnusableError(
        "stored" if form.cleaned_data["stored"] else "graph",
        f"It has the ids 0 to {process.vocab_size - 1:,}, but the text has the id "
        f"{greatest:,} of the tokenizer {text.name}: choose another tokenizer, a "
        f"schedule of {text.tokenizer.vocab_size:,} ids, or one by its type.",
    )
