"""The request of POST trajectory as an order."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.array_fields import GREATEST, TokensField, WholeListField, range_detail
from noising.api.arrays import Rows, are_nested
from noising.api.fields import (
    WHOLE_NUMBERS,
    StrictField,
    WholeNumberField,
    format_value,
)
from noising.api.problems import ContentTooLarge
from noising.api.process_requests import Chosen, DrawnSerializer
from noising.api.processes import check_seconds
from noising.api.serializers import OneOf
from noising.engine.sampler.trajectories import Kind

KINDS: tuple[Kind, ...] = ("coupled", "markov")

FIELDS = {"tokens": "tokens", "timesteps": "timesteps"}
"""Field of the request by the engine's argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryOrder:
    """A sequence and the timesteps to show it at.

    Attributes:
        tokens: (L,) clean ids.
        timesteps: (K,) integer steps.
        kind: coupled states, or those of a Markov path.
        chosen: the process.
        seed: 0..2^64-1, or None for a fresh one.
        sequence_id: 0..2^63-1.
        draw: 0..2^32-1.
    """

    tokens: NDArray[Any]
    timesteps: NDArray[Any]
    kind: Kind
    chosen: Chosen
    seed: int | None
    sequence_id: int
    draw: int

    @property
    def seconds(self) -> float:
        """What it is estimated to take beside its tokens."""
        one = self.chosen.served.effort.of_noise(
            self.chosen.process.hyperschedule,
            rows=1,
            length=self.tokens.size,
            times=1,
            tabulated=self.kind == "coupled",
            alike=True,
        )
        ends = 1 if self.kind == "coupled" else 2
        return ends * one * self.timesteps.size


@extend_schema_field({"type": "string", "enum": list(KINDS)})
class KindField(StrictField):
    """Which path: coupled, or markov."""

    default_error_messages = {
        "unknown": "`{name}` must be coupled or markov, got {received}.",
    }

    def to_internal_value(self, data: Any) -> Kind:
        """Return the kind."""
        if data not in KINDS:
            self.fail("unknown", received=format_value(data))
        kind: Kind = data
        return kind


@extend_schema_field(WHOLE_NUMBERS | {"minItems": 1})
class SequenceField(TokensField):
    """The token ids of one sequence."""

    form = "a list of token ids"

    def to_internal_value(self, data: Any) -> Rows:
        """Return the token ids."""
        if isinstance(data, list) and data and are_nested(data):
            self.fail("not_a_list", form=self.form, received="rows")
        return super().to_internal_value(data)


class TrajectoryRequestSerializer(DrawnSerializer):
    """One sequence and the timesteps at which to noise it."""

    one_of = (OneOf(names=("token_types", "hyperschedule")),)

    tokens = SequenceField(help_text="Token ids of one sequence.")
    timesteps = WholeListField(
        help_text="Timesteps in 0..num_timesteps-1; ascending for a Markov path."
    )
    kind = KindField(
        default="coupled",
        help_text="`coupled`: each state is what POST noise returns for the same seed, "
        "so a token that is resampled at one timestep is resampled at all later ones. "
        "`markov`: each state is drawn from the one before.",
    )
    sequence_id = WholeNumberField(
        most=lambda: GREATEST, default=0, help_text="Id of the sequence."
    )

    def parse(self, document: Any) -> TrajectoryOrder:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
            ContentTooLarge: too many tokens at all timesteps together.
        """
        values = self.run_validation(document)
        order = TrajectoryOrder(
            tokens=values["tokens"].values,
            timesteps=values["timesteps"],
            kind=values["kind"],
            chosen=self.chosen(values),
            seed=values["seed"],
            sequence_id=values["sequence_id"],
            draw=values["draw"],
        )
        details = _misfits(order)
        if details:
            raise ValidationError(details)
        total = order.tokens.size * order.timesteps.size
        if total > settings.MAX_TRAJECTORY_TOKENS:
            raise ContentTooLarge(
                f"All timesteps together must not have more than "
                f"{settings.MAX_TRAJECTORY_TOKENS} tokens, got {order.timesteps.size} "
                f"times {order.tokens.size}."
            )
        check_seconds(order.seconds, "beside its tokens")
        return order


def _misfits(order: TrajectoryOrder) -> dict[str, Any]:
    process = order.chosen.process
    details = {
        "tokens": range_detail("tokens", order.tokens, most=process.vocab_size - 1),
        "timesteps": range_detail(
            "timesteps", order.timesteps, most=process.num_timesteps - 1
        ),
    }
    if process.timeline.falls:
        text = "`schedule` must have a sigma that never decreases for a Markov path."
        details["schedule"] = [ErrorDetail(text, "sigma_decreases")]
    return {name: detail for name, detail in details.items() if detail}
