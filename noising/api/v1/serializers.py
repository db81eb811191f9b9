"""What requests of version 1 have in common: which process, and which random words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ValidationError

from noising.api.errors import engine_refusal
from noising.api.fields import WholeNumberField
from noising.api.serializers import GREATEST_SEED, StrictSerializer
from noising.api.v1.process_fields import (
    OverlayField,
    ScheduleField,
    TypesOverlayField,
)
from noising.api.v1.processes import Served, served_default
from noising.engine import EngineError, ForwardProcess

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

    served: Served
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
        served = values["schedule"] or served_default()
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
    return ValidationError({name: engine_refusal(error, origin, name).detail})
