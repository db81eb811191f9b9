"""The request of POST trajectory."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.array_fields import (
    Rows,
    TokensField,
    WholeListField,
    are_nested,
    find_range_errors,
)
from noising.api.fields import GREATEST_INT64, WHOLE_NUMBERS, OneOf, WholeNumberField
from noising.api.problems import ContentTooLarge
from noising.api.processes import ProcessSelection, SeededSerializer, check_seconds
from noising.api.text_fields import ChoiceField
from noising.engine.sampler.trajectories import Kind

KINDS: tuple[Kind, ...] = ("coupled", "markov")

FIELDS = {"tokens": "tokens", "timesteps": "timesteps"}
"""Field of the request by the engine's argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryRequest:
    """A sequence and the timesteps at which to noise it.

    Attributes:
        tokens: (L,) clean ids.
        timesteps: (K,) integer steps.
        kind: `coupled` or `markov`.
        selection: the process.
        seed: 0..2^64-1, or None for a random one.
        sequence_id: 0..2^63-1.
        draw: 0..2^32-1.
    """

    tokens: NDArray[Any]
    timesteps: NDArray[Any]
    kind: Kind
    selection: ProcessSelection
    seed: int | None
    sequence_id: int
    draw: int

    @property
    def seconds(self) -> float:
        """The estimated time of everything but noising the tokens."""
        one = self.selection.cached.effort.of_noise(
            self.selection.process.hyperschedule,
            rows=1,
            length=self.tokens.size,
            times=1,
            tabulated=self.kind == "coupled",
            alike=True,
        )
        ends = 1 if self.kind == "coupled" else 2
        return ends * one * self.timesteps.size


@extend_schema_field(WHOLE_NUMBERS | {"minItems": 1})
class SequenceField(TokensField):
    """The token ids of one sequence."""

    form = "a list of token ids"

    def to_internal_value(self, data: Any) -> Rows:
        """Return the token ids."""
        if isinstance(data, list) and data and are_nested(data):
            self.fail("not_a_list", form=self.form, received="rows")
        return super().to_internal_value(data)


class TrajectoryRequestSerializer(SeededSerializer):
    """One sequence and the timesteps at which to noise it."""

    one_of = (OneOf(names=("token_types", "hyperschedule")),)

    tokens = SequenceField(help_text="Token ids of one sequence.")
    timesteps = WholeListField(
        help_text="Timesteps in 0..num_timesteps-1; ascending for a Markov path."
    )
    kind = ChoiceField(
        choices=KINDS,
        default="coupled",
        error_messages={
            "unknown": "`{name}` must be coupled or markov, got {received}.",
        },
        help_text="`coupled`: each state is what POST noise returns for the same seed, "
        "so a token that is resampled at one timestep is resampled at all later ones. "
        "`markov`: each state is drawn from the one before.",
    )
    sequence_id = WholeNumberField(
        most=GREATEST_INT64, default=0, help_text="Id of the sequence."
    )

    def parse(self, document: Any) -> TrajectoryRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
            ContentTooLarge: too many tokens at all timesteps together.
        """
        values = self.run_validation(document)
        request = TrajectoryRequest(
            tokens=values["tokens"].values,
            timesteps=values["timesteps"],
            kind=values["kind"],
            selection=self.select_process(values),
            seed=values["seed"],
            sequence_id=values["sequence_id"],
            draw=values["draw"],
        )
        details = _find_errors(request)
        if details:
            raise ValidationError(details)
        length, count = request.tokens.size, request.timesteps.size
        if length * count > settings.MAX_TRAJECTORY_TOKENS:
            raise ContentTooLarge(
                f"All timesteps together must not have more than "
                f"{settings.MAX_TRAJECTORY_TOKENS} tokens, got {count} times "
                f"{length}."
            )
        check_seconds(request.seconds, "in addition to noising its tokens")
        return request


def _find_errors(request: TrajectoryRequest) -> dict[str, Any]:
    process = request.selection.process
    details = {
        "tokens": find_range_errors(
            "tokens", request.tokens, most=process.vocab_size - 1
        ),
        "timesteps": find_range_errors(
            "timesteps", request.timesteps, most=process.num_timesteps - 1
        ),
    }
    if process.timeline.falls:
        text = "`schedule` must have a sigma that never decreases for a Markov path."
        details["schedule"] = [ErrorDetail(text, "sigma_decreases")]
    return {name: detail for name, detail in details.items() if detail}
