"""Fields that say which process is meant, and under which hyperschedule."""

import re
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_field

from noising.api.errors import engine_refusal
from noising.api.fields import (
    HyperscheduleField,
    StrictField,
    TokenTypesField,
    received,
)
from noising.api.specifications import SPECIFICATION
from noising.api.v1.fields import either
from noising.api.v1.processes import (
    PROCESSES,
    Served,
    check_seconds,
    served_as,
    served_specification,
)
from noising.engine import EngineError, ForwardProcess
from noising.engine.effort import effort_of
from noising.engine.parameters import nearest
from noising.models import ScheduleConfig

Overlay = Callable[[ForwardProcess], ForwardProcess]
"""Lays a hyperschedule over a process."""


class OverlayField(HyperscheduleField):
    """A hyperschedule for whichever process the request means."""

    def to_internal_value(self, data: Any) -> Overlay:  # type: ignore[override]  # applied later, where the process is known
        """Return what lays it over a process."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=received(data))
        specification = self.specification(data)
        effort = effort_of({"hyperschedule": specification})
        check_seconds(effort.build_seconds, "to check")
        return lambda process: self.applied(process, data)


class TypesOverlayField(TokenTypesField, OverlayField):
    """Token types, as the hyperschedule that weighs by them."""


SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")
SCHEDULE = either({"type": "string", "pattern": f"^{SLUG.pattern}$"}, SPECIFICATION)


@extend_schema_field(SCHEDULE)
class ScheduleField(StrictField):
    """The process that is meant: by name, by specification, or the server's.

    A specification is completed by the engine's defaults, as in Python, and not by
    the server's settings: so it means the same everywhere.
    """

    default_error_messages = {
        "wrong_type": "`{name}` must be the name of a stored schedule, a "
        "specification or null, got {received}.",
        "unknown_name": "`{name}` must be the name of a stored schedule that is not "
        "archived, got {received}{hint}.",
    }

    def to_internal_value(self, data: Any) -> Served:
        """Return the process."""
        if isinstance(data, str):
            return self._named(data)
        if not isinstance(data, dict):
            self.fail("wrong_type", received=received(data))
        try:
            return served_specification(data)
        except EngineError as error:
            raise engine_refusal(error, "", self.name) from None

    def _named(self, slug: str) -> Served:
        known = ScheduleConfig.objects
        fingerprint = known.fingerprint_of(slug) if SLUG.fullmatch(slug) else None
        kept = None if fingerprint is None else PROCESSES.find(fingerprint)
        if kept is not None:
            return kept
        found = None if fingerprint is None else known.specification_of(slug)
        if found is None:
            hint = nearest(slug, known.names())
            suffix = f"; {hint.removesuffix('?')}" if hint else ""
            self.fail("unknown_name", received=received(slug), hint=suffix)
        return served_as(*found)
