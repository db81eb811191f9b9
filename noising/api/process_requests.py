"""Request fields that name a process, a hyperschedule over it and its random words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from noising.api.array_fields import either
from noising.api.core.requests import GREATEST_SEED
from noising.api.fields import (
    HyperscheduleField,
    StrictField,
    TokenTypesField,
    WholeNumberField,
    format_value,
)
from noising.api.openapi.specifications import SPECIFICATION
from noising.api.problems import convert_engine_error
from noising.api.processes import (
    PROCESSES,
    CachedProcess,
    check_seconds,
    get_default_process,
    get_process,
    get_process_by_key,
)
from noising.api.serializers import StrictSerializer
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
            self.fail("not_an_object", received=format_value(data))
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

    def to_internal_value(self, data: Any) -> CachedProcess:
        """Return the process."""
        if isinstance(data, str):
            return self._named(data)
        if not isinstance(data, dict):
            self.fail("wrong_type", received=format_value(data))
        try:
            return get_process(data)
        except EngineError as error:
            raise convert_engine_error(error, "", self.name) from None

    def _named(self, slug: str) -> CachedProcess:
        known = ScheduleConfig.objects
        fingerprint = known.fingerprint_of(slug) if SLUG.fullmatch(slug) else None
        kept = None if fingerprint is None else PROCESSES.find(fingerprint)
        if kept is not None:
            return kept
        found = None if fingerprint is None else known.specification_of(slug)
        if found is None:
            hint = nearest(slug, known.names())
            suffix = f"; {hint.removesuffix('?')}" if hint else ""
            self.fail("unknown_name", received=format_value(slug), hint=suffix)
        return get_process_by_key(*found)


GREATEST_DRAW = 2**32 - 1

OVERLAYS = ("hyperschedule", "token_types")
"""Fields that lay a hyperschedule over the process."""

ORIGINS: Mapping[str, str] = {
    "hyperschedule": "hyperschedule",
    "token_types": "hyperschedule.classes",
    "schedule": "",
}
"""Where the engine finds what a field holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The process that a request means.

    Attributes:
        served: as it is kept, with what it costs.
        process: under the hyperschedule that applies.
        overlay: the field that the hyperschedule came from, or ``schedule``.
    """

    served: CachedProcess
    process: ForwardProcess
    overlay: str


class ProcessSerializer(StrictSerializer):
    """A body that names a process. It keeps no state: one instance serves all calls."""

    schedule = ScheduleField(
        default=None,
        allow_null=True,
        help_text="Name of a stored schedule, or a specification, which the engine's "
        "defaults complete; null for the server's own process.",
    )

    def chosen(self, values: Mapping[str, Any]) -> Chosen:
        """Return the process that the values mean.

        Raises:
            ValidationError: the hyperschedule does not fit the process.
        """
        served = values["schedule"] or get_default_process()
        given = [name for name in OVERLAYS if values.get(name) is not None]
        if not given:
            return Chosen(served=served, process=served.process, overlay="schedule")
        [name] = given
        try:
            process = values[name](served.process)
        except ValidationError as error:
            raise ValidationError({name: error.detail}) from None
        return Chosen(served=served, process=process, overlay=name)


class OverlaidSerializer(ProcessSerializer):
    """A body that names a process, and may lay a hyperschedule over it."""

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


class DrawnSerializer(OverlaidSerializer):
    """A body that also says which random words to use."""

    seed = WholeNumberField(
        most=lambda: GREATEST_SEED,
        default=None,
        allow_null=True,
        help_text="Makes the result repeatable; by default a random seed is drawn.",
    )
    draw = WholeNumberField(
        most=lambda: GREATEST_DRAW,
        default=0,
        help_text="Which of several independent samples.",
    )


def engine_misfit(
    error: EngineError, overlay: str, names: Mapping[str, str]
) -> ValidationError:
    """Word an error of the engine as one about a field of the request.

    Args:
        error: what the engine refused.
        overlay: the field that the hyperschedule came from.
        names: field by the engine's argument.
    """
    root = error.field.partition(".")[0].partition("[")[0]
    if root in names:
        name, origin = names[root], root
    else:
        name, origin = overlay, ORIGINS[overlay]
    return ValidationError({name: convert_engine_error(error, origin, name).detail})
