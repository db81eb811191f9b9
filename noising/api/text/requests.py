"""Requests about text as typed values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.core.requests import GREATEST_SEED
from noising.api.fields import (
    ExtrasField,
    FlagField,
    HyperscheduleField,
    WholeNumberField,
    WholeNumbersField,
    bad_whole_numbers,
    item_errors,
)
from noising.api.serializers import StrictSerializer
from noising.api.text.fields import TextField, TokenizerField
from noising.configured import default_process, default_tokenizer, tokenizer_named
from noising.engine import ForwardProcess
from noising.tokenizers import Encoding, TextTokenizer, TokenizerError

TOKENIZE_EXTRAS = ("texts", "offsets", "types")
DETOKENIZE_EXTRAS = ("texts",)

GREATEST_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizeRequest:
    """What one call of POST tokenize asks for.

    Attributes:
        encoding: the text, tokenised.
        tokenizer: by which tokenizer.
        extras: what to answer beside tokens and types.
    """

    encoding: Encoding
    tokenizer: TextTokenizer
    extras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetokenizeRequest:
    """What one call of POST detokenize asks for.

    Attributes:
        tokens: ids of the tokenizer's vocabulary, or the mask's.
        mask_id: the mask of the server's process, if it has one.
        tokenizer: whose ids they are.
        extras: what to answer beside the text.
    """

    tokens: list[int]
    mask_id: int | None
    tokenizer: TextTokenizer
    extras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRequest:
    """What one call of POST pipeline asks for.

    Attributes:
        text: what goes in.
        tokenizer: a built-in tokenizer's name; None for the service, or without one
            for the default.
        timestep: integer step in 0..T-1.
        by_position: whether noise depends on the position.
        hyperschedule: the process under the one that was asked for, or None for the
            token types.
        seed: 0..2^64-1, or None for a fresh one.
        extras: what to answer beside the keys of the noise.
    """

    text: str
    tokenizer: str | None
    timestep: int
    by_position: bool
    hyperschedule: ForwardProcess | None
    seed: int | None
    extras: frozenset[str]


class ReturningSerializer(StrictSerializer):
    """A body that may ask for keys beside those that are always answered."""

    known_extras: tuple[str, ...]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a keyword of Python."""
        extras = ExtrasField(
            known=self.known_extras,
            default=frozenset,
            help_text="Further keys of the response.",
        )
        return {**super().get_fields(), "return": extras}


class TokenizeRequestSerializer(ReturningSerializer):
    """The body of POST tokenize."""

    known_extras = TOKENIZE_EXTRAS

    text = TextField(help_text="The text to tokenise.")
    tokenizer = TokenizerField(
        default=None, allow_null=True, help_text="By default the server's TOKENIZER."
    )

    def parse(self, document: Any) -> TokenizeRequest:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        tokenizer = tokenizer_named(values["tokenizer"] or default_tokenizer())
        return TokenizeRequest(
            encoding=encoded(tokenizer, values["text"]),
            tokenizer=tokenizer,
            extras=values["return"],
        )


class DetokenizeRequestSerializer(ReturningSerializer):
    """The body of POST detokenize."""

    known_extras = DETOKENIZE_EXTRAS

    tokens = WholeNumbersField(
        most=lambda: GREATEST_INT64,
        allow_empty=True,
        help_text="Ids of the tokenizer's vocabulary, or the server's mask id.",
    )
    tokenizer = TokenizerField(
        default=None, allow_null=True, help_text="By default the server's TOKENIZER."
    )

    def parse(self, document: Any) -> DetokenizeRequest:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        tokenizer = tokenizer_named(values["tokenizer"] or default_tokenizer())
        mask_id = default_process().mask_id
        _check_ids(values["tokens"], tokenizer.vocab_size, mask_id)
        return DetokenizeRequest(
            tokens=values["tokens"].tolist(),
            mask_id=mask_id,
            tokenizer=tokenizer,
            extras=values["return"],
        )


class PipelineRequestSerializer(StrictSerializer):
    """The body of POST pipeline."""

    text = TextField(help_text="The text to tokenise, noise and denoise.")
    tokenizer = TokenizerField(
        default=None,
        allow_null=True,
        help_text="A tokenizer of this server, instead of the tokenizer service.",
    )
    timestep = WholeNumberField(
        most=lambda: default_process().num_timesteps - 1,
        help_text="Timestep in 0..num_timesteps-1.",
    )
    use_hyperschedule = FlagField(
        default=False,
        help_text="Noise by position: by hyperschedule, else by token type, else by "
        "the server's own hyperschedule.",
    )
    hyperschedule = HyperscheduleField(
        default=None, allow_null=True, help_text="Specification of a hyperschedule."
    )
    seed = WholeNumberField(
        most=lambda: GREATEST_SEED,
        default=None,
        allow_null=True,
        help_text="Makes the noise repeatable; by default a random seed is drawn.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a keyword of Python."""
        extras = ExtrasField(
            default=frozenset, help_text="Further keys of the `noise` stage."
        )
        return {**super().get_fields(), "return": extras}

    def parse(self, document: Any) -> PipelineRequest:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        return PipelineRequest(
            text=values["text"],
            tokenizer=values["tokenizer"],
            timestep=values["timestep"],
            by_position=values["use_hyperschedule"],
            hyperschedule=values["hyperschedule"],
            seed=values["seed"],
            extras=values["return"],
        )


def encoded(tokenizer: TextTokenizer, text: str) -> Encoding:
    """Tokenise the text of a request.

    Raises:
        ValidationError: the tokenizer has no token for a part of it.
    """
    try:
        return tokenizer.encode(text)
    except TokenizerError as error:
        detail = ErrorDetail(f"`text` {error}.", "not_encodable")
        raise ValidationError({"text": [detail]}) from None


def _check_ids(tokens: NDArray[np.int64], size: int, mask_id: int | None) -> None:
    """Refuse ids that a vocabulary lacks, the mask's aside."""
    if not ((tokens >= size) & (tokens != mask_id)).any():
        return
    judged = [0 if token == mask_id else token for token in tokens.tolist()]
    offenders = bad_whole_numbers(judged, most=size - 1)
    raise ValidationError({"tokens": item_errors("tokens", offenders)})
