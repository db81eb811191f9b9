"""The noise process of a request: fields that name it, and the cache that builds it."""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising import budget
from noising.api.array_fields import one_of_schema
from noising.api.fields import (
    WHOLE_NUMBERS,
    StrictField,
    StrictSerializer,
    WholeNumberField,
    format_value,
)
from noising.api.openapi.specifications import HYPERSCHEDULE, SPECIFICATION
from noising.api.problems import convert_engine_error
from noising.budget import API_WORK, WorkSemaphore
from noising.configured import default_process
from noising.engine import (
    TYPE_WEIGHTS,
    EngineError,
    ForwardProcess,
    build_process,
    with_hyperschedule,
)
from noising.engine.effort import Effort, effort_of
from noising.engine.graphs import MatrixGraph
from noising.engine.parameters import nearest
from noising.engine.randomness import MAX_DRAW, MAX_SEED
from noising.models import ScheduleConfig

OVERLAYS: Final = ("hyperschedule", "token_types")
"""Fields that give the process another hyperschedule."""

ENGINE_PATHS: Final[Mapping[str, str]] = {
    "hyperschedule": "hyperschedule",
    "token_types": "hyperschedule.classes",
    "schedule": "",
}
"""The engine's path to the value of each field."""

TOKEN_TYPES: Final = {
    "type": "object",
    "properties": dict.fromkeys(TYPE_WEIGHTS, WHOLE_NUMBERS),
    "additionalProperties": False,
}

SCHEDULE_NAME: Final = re.compile(r"[-a-zA-Z0-9_]{1,100}")
SCHEDULE: Final = one_of_schema(
    {"type": "string", "pattern": f"^{SCHEDULE_NAME.pattern}$"}, SPECIFICATION
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedProcess:
    """A process with its tables, and what computing with it costs."""

    process: ForwardProcess
    effort: Effort


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A process in the cache, or one that is being built."""

    effort: Effort
    future: "Future[CachedProcess]" = field(default_factory=Future)


class ProcessCache:
    """Processes by key; the least recently used is evicted first.

    The first request for a process builds it, outside the lock. Requests for the same
    process wait for it meanwhile; requests for others do not.

    Args:
        semaphore: limits the costly builds.
    """

    def __init__(self, semaphore: WorkSemaphore) -> None:
        self._semaphore = semaphore
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of processes, with those being built."""
        return len(self._entries)

    def clear(self) -> None:
        """Remove all of them."""
        with self._lock:
            self._entries.clear()

    def find(self, key: str) -> CachedProcess | None:
        """Return the process under the key, or None if it is not built."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.future.done():
                return None
            self._entries.move_to_end(key)
        return entry.future.result()

    def get(
        self, key: str, effort: Effort, build: Callable[[], ForwardProcess]
    ) -> CachedProcess:
        """Return the process under the key, and build it if it is missing.

        Args:
            key: the same for the same process.
            effort: what building it costs.
            build: makes it.

        Raises:
            BusyError: other requests do all the costly work that is allowed.
            EngineError: `build` raised it, for this request or one that waited.
        """
        with self._lock:
            entry = self._entries.get(key)
            is_new = entry is None
            if entry is None:
                entry = self._entries[key] = _Entry(effort=effort)
            self._entries.move_to_end(key)
        if is_new:
            self._fill(key, entry, build)
        elif not entry.future.done():
            with self._semaphore.permit(effort.build_seconds):
                return entry.future.result()
        return entry.future.result()

    def _fill(
        self, key: str, entry: _Entry, build: Callable[[], ForwardProcess]
    ) -> None:
        try:
            with self._semaphore.permit(entry.effort.build_seconds):
                process = prepare_process(build())
        except BaseException as error:
            with self._lock:
                self._entries.pop(key, None)
            entry.future.set_exception(error)
            raise
        entry.future.set_result(CachedProcess(process=process, effort=entry.effort))
        with self._lock:
            self._shrink()

    def _shrink(self) -> None:
        total = sum(entry.effort.memory_bytes for entry in self._entries.values())
        for key, entry in list(self._entries.items()):
            if total <= settings.PROCESS_CACHE_BYTES:
                return
            if entry.future.done():
                del self._entries[key]
                total -= entry.effort.memory_bytes


PROCESSES = ProcessCache(API_WORK)


def prepare_process(process: ForwardProcess) -> ForwardProcess:
    """Make the tables of a process now instead of at its first call."""
    process.fingerprint  # noqa: B018 - made on first use
    process.alphas  # noqa: B018
    process.small_batches  # noqa: B018
    if not isinstance(process.graph, MatrixGraph):
        process.levels.outcome  # noqa: B018
        process.levels.table  # noqa: B018
    return process


def get_default_process() -> CachedProcess:
    """Return the server's own process."""
    return _with_effort(default_process())


@lru_cache(maxsize=2)
def _with_effort(process: ForwardProcess) -> CachedProcess:
    return CachedProcess(process=process, effort=effort_of(process.parts))


def get_process(specification: dict[str, Any]) -> CachedProcess:
    """Return the process of a specification, completed by the engine's defaults.

    Raises:
        EngineError: it describes no process.
        ValidationError: it would take too long to build.
        BusyError: other requests do all the costly work that is allowed.
    """
    text = orjson.dumps(specification, option=orjson.OPT_SORT_KEYS)
    # For a specification in canonical form this is the fingerprint.
    return get_process_by_key(hashlib.sha256(text).hexdigest(), specification)


def get_process_by_key(key: str, specification: dict[str, Any]) -> CachedProcess:
    """Return the process of a specification that is known by a key.

    Raises:
        as `get_process`.
    """
    cached = PROCESSES.find(key)
    if cached is not None:
        return cached
    effort = effort_of(specification)
    check_seconds(effort.build_seconds, "to build")
    return PROCESSES.get(key, effort, lambda: build_process(specification))


def check_seconds(seconds: float, doing: str) -> None:
    """Refuse work whose estimate is above MAX_WORK_SECONDS.

    Raises:
        ValidationError: naming the estimate, the limit and what makes work costly.
    """
    with convert_cost_errors():
        budget.check_seconds(seconds, doing)


@contextmanager
def convert_cost_errors() -> Iterator[None]:
    """Convert the budget's errors in the block to errors of the request.

    Raises:
        ValidationError: with the message of the budget.
    """
    try:
        yield
    except budget.TooCostlyError as error:
        raise ValidationError([ErrorDetail(str(error), error.code)]) from None


@extend_schema_field(HYPERSCHEDULE)
class HyperscheduleField(StrictField):
    """A hyperschedule; the value is the server's process with it."""

    engine_path = ENGINE_PATHS["hyperschedule"]

    default_error_messages = {
        "not_an_object": "`{name}` must be an object, got {received}.",
    }

    def to_internal_value(self, data: Any) -> ForwardProcess:
        """Return the server's process with the hyperschedule."""
        return self.apply(default_process(), data)

    def apply(self, process: ForwardProcess, data: Any) -> ForwardProcess:
        """Return a process with the hyperschedule that the data describes."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=format_value(data))
        try:
            return with_hyperschedule(process, self.specification(data))
        except EngineError as error:
            raise convert_engine_error(error, self.engine_path, self.name) from None

    def specification(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the specification of the hyperschedule that the data describes."""
        return data


@extend_schema_field(TOKEN_TYPES)
class TokenTypesField(HyperscheduleField):
    """Token types; the value is the process with weights by type."""

    engine_path = ENGINE_PATHS["token_types"]

    def specification(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a hyperschedule with the server's weight for each type."""
        return weigh_token_types(data)


def weigh_token_types(token_types: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperschedule that gives each type of token the server's weight."""
    return {
        "type": "token_types",
        "classes": token_types,
        "weights": settings.TOKEN_TYPE_WEIGHTS,
    }


Overlay = Callable[[ForwardProcess], ForwardProcess]
"""Gives a process another hyperschedule."""


class OverlayField(HyperscheduleField):
    """A hyperschedule for the process that the request selects."""

    def to_internal_value(self, data: Any) -> Overlay:  # type: ignore[override]  # applied once the process is known
        """Return the function that gives a process this hyperschedule."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=format_value(data))
        specification = self.specification(data)
        effort = effort_of({"hyperschedule": specification})
        check_seconds(effort.build_seconds, "to check")
        return lambda process: self.apply(process, data)


class TypesOverlayField(TokenTypesField, OverlayField):
    """Token types, as a hyperschedule with weights by type."""


@extend_schema_field(SCHEDULE)
class ScheduleField(StrictField):
    """A process: the name of a stored schedule or a specification.

    A specification is completed by the engine's defaults, as in Python, and not by
    the server's settings, so it means the same on every server.
    """

    default_error_messages = {
        "wrong_type": "`{name}` must be the name of a stored schedule, a "
        "specification or null, got {received}.",
        "unknown_name": "`{name}` must be the name of a stored schedule that is not "
        "archived, got {received}{hint}.",
    }

    def to_internal_value(self, data: Any) -> CachedProcess:
        """Return the process."""
        if isinstance(data, str):
            return self._find_stored(data)
        if not isinstance(data, dict):
            self.fail("wrong_type", received=format_value(data))
        try:
            return get_process(data)
        except EngineError as error:
            raise convert_engine_error(error, "", self.name) from None

    def _find_stored(self, name: str) -> CachedProcess:
        known = ScheduleConfig.objects
        fingerprint = (
            known.fingerprint_of(name) if SCHEDULE_NAME.fullmatch(name) else None
        )
        cached = None if fingerprint is None else PROCESSES.find(fingerprint)
        if cached is not None:
            return cached
        stored = None if fingerprint is None else known.specification_of(name)
        if stored is None:
            hint = nearest(name, known.names())
            suffix = f"; {hint.removesuffix('?')}" if hint else ""
            self.fail("unknown_name", received=format_value(name), hint=suffix)
        return get_process_by_key(*stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSelection:
    """The process that a request selects.

    Attributes:
        cached: the process in the cache, with what it costs.
        process: the process with the hyperschedule that applies.
        overlay: the field that the hyperschedule came from, or ``schedule``.
    """

    cached: CachedProcess
    process: ForwardProcess
    overlay: str


class ProcessSerializer(StrictSerializer):
    """A body that names a process."""

    schedule = ScheduleField(
        default=None,
        allow_null=True,
        help_text="Name of a stored schedule, or a specification, which the engine's "
        "defaults complete; null for the server's own process.",
    )

    def select_process(self, values: Mapping[str, Any]) -> ProcessSelection:
        """Return the process that the values select.

        Raises:
            ValidationError: the hyperschedule does not fit the process.
        """
        cached = values["schedule"] or get_default_process()
        given = [name for name in OVERLAYS if values.get(name) is not None]
        if not given:
            return ProcessSelection(
                cached=cached, process=cached.process, overlay="schedule"
            )
        [name] = given
        try:
            process = values[name](cached.process)
        except ValidationError as error:
            raise ValidationError({name: error.detail}) from None
        return ProcessSelection(cached=cached, process=process, overlay=name)


class OverlaySerializer(ProcessSerializer):
    """A body that names a process, and may give it another hyperschedule."""

    hyperschedule = OverlayField(
        default=None,
        allow_null=True,
        help_text="Specification of a hyperschedule, instead of the process's own.",
    )
    token_types = TypesOverlayField(
        default=None,
        allow_null=True,
        help_text="Token ids by type, with the server's weights, instead of a "
        "hyperschedule.",
    )


class SeedSerializer(StrictSerializer):
    """A body that selects random numbers."""

    seed = WholeNumberField(
        most=MAX_SEED,
        default=None,
        allow_null=True,
        help_text="Makes the result repeatable; by default a random seed is drawn.",
    )
    draw = WholeNumberField(
        most=MAX_DRAW,
        default=0,
        help_text="Number of the sample: each draw gives independent noise.",
    )


class SeededSerializer(OverlaySerializer, SeedSerializer):
    """A body that names a process and selects the random numbers of its noise."""


def convert_process_error(
    error: EngineError, overlay: str, names: Mapping[str, str]
) -> ValidationError:
    """Convert an error of the engine to one about a field of the request.

    Args:
        error: the engine's.
        overlay: the field that the hyperschedule came from.
        names: field by the engine's argument.
    """
    root = error.field.partition(".")[0].partition("[")[0]
    if root in names:
        name, engine_path = names[root], root
    else:
        name, engine_path = overlay, ENGINE_PATHS[overlay]
    return ValidationError(
        {name: convert_engine_error(error, engine_path, name).detail}
    )
