"""Requests about text as typed values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import (
    EXTRAS,
    GREATEST_INT64,
    FlagField,
    StrictSerializer,
    WholeNumberField,
    WholeNumbersField,
    build_error_detail,
    find_whole_number_errors,
)
from noising.api.processes import HyperscheduleField
from noising.api.text_fields import ChoiceField, TextField
from noising.configured import (
    default_process,
    find_tokenizer,
    tokenizer_names,
)
from noising.engine import ForwardProcess
from noising.engine.randomness import MAX_SEED
from noising.tokenizers import Encoding, TextTokenizer, TokenizerError

TOKENIZE_EXTRAS = ("texts", "offsets", "types")
DETOKENIZE_EXTRAS = ("texts",)


def get_text_limit() -> int:
    """Return the greatest number of characters of a text."""
    limit: int = settings.MAX_TEXT_CHARACTERS
    return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizeRequest:
    """A text and its tokenizer.

    Attributes:
        encoding: the text, tokenised.
        tokenizer: the tokenizer.
        extras: further keys of the response.
    """

    encoding: Encoding
    tokenizer: TextTokenizer
    extras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetokenizeRequest:
    """Tokens and their tokenizer.

    Attributes:
        tokens: ids of the tokenizer's vocabulary, or the mask's.
        mask_id: the mask of the server's process, if it has one.
        tokenizer: the tokenizer.
        extras: further keys of the response.
    """

    tokens: list[int]
    mask_id: int | None
    tokenizer: TextTokenizer
    extras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRequest:
    """A text and how to noise it.

    Attributes:
        text: the text.
        tokenizer: a built-in tokenizer's name; None for the tokenizer service, or for
            the default tokenizer if there is no service.
        timestep: integer step in 0..T-1.
        by_position: whether noise depends on the position.
        hyperschedule: the process under the requested hyperschedule, or None to use
            the token types.
        seed: 0..2^64-1, or None for a random one.
        extras: further keys of the `noise` stage.
    """

    text: str
    tokenizer: str | None
    timestep: int
    by_position: bool
    hyperschedule: ForwardProcess | None
    seed: int | None
    extras: frozenset[str]


class TokenizerField(ChoiceField):
    """The name of a tokenizer of this server, or null.

    Args:
        help_text: says what null means.
    """

    def __init__(self, *, help_text: str) -> None:
        super().__init__(
            choices=tokenizer_names, default=None, allow_null=True, help_text=help_text
        )


class TokenizeRequestSerializer(StrictSerializer):
    """The body of POST tokenize."""

    extras = TOKENIZE_EXTRAS

    text = TextField(most=get_text_limit, help_text="The text to tokenise.")
    tokenizer = TokenizerField(help_text="By default the server's TOKENIZER.")

    def parse(self, document: Any) -> TokenizeRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        tokenizer = find_tokenizer(values["tokenizer"])
        return TokenizeRequest(
            encoding=encode_text(tokenizer, values["text"]),
            tokenizer=tokenizer,
            extras=values["return"],
        )


class DetokenizeRequestSerializer(StrictSerializer):
    """The body of POST detokenize."""

    extras = DETOKENIZE_EXTRAS

    tokens = WholeNumbersField(
        most=lambda: GREATEST_INT64,
        allow_empty=True,
        help_text="Ids of the tokenizer's vocabulary, or the server's mask id.",
    )
    tokenizer = TokenizerField(help_text="By default the server's TOKENIZER.")

    def parse(self, document: Any) -> DetokenizeRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        tokenizer = find_tokenizer(values["tokenizer"])
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

    extras = EXTRAS
    extras_help = "Further keys of the `noise` stage."

    text = TextField(
        most=get_text_limit, help_text="The text to tokenise, noise and denoise."
    )
    tokenizer = TokenizerField(
        help_text="A tokenizer of this server, instead of the tokenizer service."
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
        most=MAX_SEED,
        default=None,
        allow_null=True,
        help_text="Makes the noise repeatable; by default a random seed is drawn.",
    )

    def parse(self, document: Any) -> PipelineRequest:
        """Return the request of a document.

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


def encode_text(tokenizer: TextTokenizer, text: str) -> Encoding:
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
    """Refuse ids that are neither in the vocabulary nor the mask."""
    if not ((tokens >= size) & (tokens != mask_id)).any():
        return
    checked = [0 if token == mask_id else token for token in tokens.tolist()]
    errors = find_whole_number_errors(checked, most=size - 1)
    raise ValidationError({"tokens": build_error_detail("tokens", errors)})
