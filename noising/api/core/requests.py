"""The request body of POST /noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import (
    EXTRAS,
    FlagField,
    StrictSerializer,
    WeightsField,
    WholeNumberField,
    WholeNumbersField,
    build_error_detail,
    find_whole_number_errors,
)
from noising.api.processes import HyperscheduleField, TokenTypesField
from noising.configured import default_hyperschedule_process, default_process
from noising.engine import ForwardProcess
from noising.engine.randomness import MAX_SEED


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRequest:
    """A sequence and how to noise it.

    Attributes:
        tokens: (L,) int64 ids below the vocabulary's size.
        timestep: integer step in 0..T-1.
        process: the server's process with the hyperschedule that applies.
        weights: (L,) float64 weights by position, or None.
        protect: (L,) True where the position never changes, or None.
        seed: 0..2^64-1, or None for a random one.
        extras: further keys of the response.
    """

    tokens: NDArray[np.int64]
    timestep: int
    process: ForwardProcess
    weights: NDArray[np.float64] | None
    protect: NDArray[np.bool_] | None
    seed: int | None
    extras: frozenset[str]


def _greatest_token() -> int:
    return default_process().vocab_size - 1


def _greatest_timestep() -> int:
    return default_process().num_timesteps - 1


class NoiseRequestSerializer(StrictSerializer):
    """The body of POST /noise."""

    extras = EXTRAS

    tokens = WholeNumbersField(most=_greatest_token, help_text="Token ids.")
    timestep = WholeNumberField(
        most=_greatest_timestep, help_text="Timestep in 0..num_timesteps-1."
    )
    use_hyperschedule = FlagField(
        default=False,
        help_text="Noise depends on the position: by token_weights, or else by "
        "token_types, by hyperschedule, or by the server's own hyperschedule.",
    )
    token_weights = WeightsField(
        default=None,
        allow_null=True,
        help_text="One weight above 0 for each token; higher means less noise.",
    )
    token_types = TokenTypesField(
        default=None, allow_null=True, help_text="Token ids by type."
    )
    hyperschedule = HyperscheduleField(
        default=None, allow_null=True, help_text="Specification of a hyperschedule."
    )
    seed = WholeNumberField(
        most=MAX_SEED,
        default=None,
        allow_null=True,
        help_text="Makes the result repeatable; by default a random seed is drawn.",
    )
    protect = WholeNumbersField(
        most=lambda: settings.MAX_TOKENS - 1,
        default=None,
        allow_null=True,
        allow_empty=True,
        help_text="Positions that never change.",
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse weights and positions that do not fit the tokens."""
        length = len(values["tokens"])
        weights, protect = values["token_weights"], values["protect"]
        errors: dict[str, Any] = {}
        if weights is not None and len(weights) != length:
            text = f"`token_weights` must have one weight for each of the {length} "
            text += f"tokens, got {len(weights)}."
            errors["token_weights"] = [ErrorDetail(text, "wrong_length")]
        if protect is not None and protect.size and protect.max() >= length:
            items = find_whole_number_errors(protect.tolist(), most=length - 1)
            errors["protect"] = build_error_detail("protect", items)
        if errors:
            raise ValidationError(errors)
        return values

    def parse(self, document: Any) -> NoiseRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        process, weights = _select_process(values)
        return NoiseRequest(
            tokens=values["tokens"],
            timestep=values["timestep"],
            process=process,
            weights=weights,
            protect=_make_mask(values["protect"], len(values["tokens"])),
            seed=values["seed"],
            extras=values["return"],
        )


def _select_process(
    values: dict[str, Any],
) -> tuple[ForwardProcess, NDArray[np.float64] | None]:
    """Return the process and the weights by position that apply."""
    if not values["use_hyperschedule"]:
        return default_process(), None
    if values["token_weights"] is not None:
        return default_process(), values["token_weights"]
    selected = values["token_types"] or values["hyperschedule"]
    return selected or default_hyperschedule_process(), None


def _make_mask(
    positions: NDArray[np.int64] | None, length: int
) -> NDArray[np.bool_] | None:
    if positions is None:
        return None
    mask = np.zeros(length, dtype=np.bool_)
    mask[positions] = True
    return mask
