"""The responses of the endpoints about text, and their descriptions."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.core.responses import MetricsSerializer, NoiseSerializer
from noising.api.fields import WHOLE_NUMBERS
from noising.api.processes import TOKEN_TYPES
from noising.api.text.requests import DetokenizeRequest, TokenizeRequest
from noising.configured import (
    CUSTOM_TOKENIZER,
    default_tokenizer,
    find_tokenizer,
    tokenizer_names,
)
from noising.tokenizers import BUILTIN_TOKENIZERS
from noising.tokenizers import TOKEN_TYPES as TYPE_NAMES


def list_tokenizers() -> dict[str, Any]:
    """Return the tokenizers of this server without loading the built-in ones."""
    return {"tokenizers": [_describe_tokenizer(name) for name in tokenizer_names()]}


def _describe_tokenizer(name: str) -> dict[str, Any]:
    if name == CUSTOM_TOKENIZER:
        size, source = find_tokenizer(name).vocab_size, "tokenizer.json of this server"
    else:
        builtin = BUILTIN_TOKENIZERS[name]
        size, source = builtin.vocab_size, builtin.source
    return {
        "name": name,
        "vocab_size": size,
        "source": source,
        "default": name == default_tokenizer(),
    }


def serialize_tokens(request: TokenizeRequest) -> dict[str, Any]:
    """Return tokens and types, as POST /noise takes them, and extras."""
    encoding = request.encoding
    document = {"tokens": encoding.tokens, "token_types": encoding.token_types}
    if "texts" in request.extras:
        document["texts"] = request.tokenizer.texts(encoding.tokens.tolist())
    if "offsets" in request.extras:
        document["offsets"] = encoding.offsets
    if "types" in request.extras:
        document["types"] = encoding.type_names
    return document


def serialize_text(request: DetokenizeRequest) -> dict[str, Any]:
    """Return the text, and extras."""
    tokens, mask_id = request.tokens, request.mask_id
    document: dict[str, Any] = {
        "text": request.tokenizer.decode(tokens, mask_id=mask_id)
    }
    if "texts" in request.extras:
        document["texts"] = request.tokenizer.texts(tokens, mask_id=mask_id)
    return document


PAIRS = {
    "type": "array",
    "items": {**WHOLE_NUMBERS, "minItems": 2, "maxItems": 2},
}


@extend_schema_field(TOKEN_TYPES)
class _TypesField(serializers.Field[Any, Any, Any, Any]):
    """Ids by type."""


@extend_schema_field(PAIRS)
class _OffsetsField(serializers.Field[Any, Any, Any, Any]):
    """Start and end of each token."""


class TokenizerSerializer(serializers.Serializer[Any]):
    """A tokenizer of this server."""

    name = serializers.CharField(help_text="Name of the tokenizer in requests.")
    vocab_size = serializers.IntegerField(help_text="Number of ids.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the property
        help_text="Author and licence."
    )
    default = serializers.BooleanField(help_text="Used if a request names none.")


class TokenizersSerializer(serializers.Serializer[Any]):
    """The response of GET tokenizers."""

    tokenizers = TokenizerSerializer(many=True)


class TokenizedSerializer(serializers.Serializer[Any]):
    """The response of POST tokenize; the last three keys only if `return` has them."""

    tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    token_types = _TypesField(help_text="Ids of each type, in ascending order.")
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="The text that each token adds, with its blanks: joined, they give "
        "the text without what the tokenizer adds around it. U+FFFD for a part of a "
        "character.",
    )
    offsets = _OffsetsField(
        required=False,
        help_text="Start and end of each token in the text, in code points; 0 and 0 "
        "for tokens that the tokenizer adds.",
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=TYPE_NAMES),
        required=False,
        help_text="The type at each position.",
    )


class DetokenizedSerializer(serializers.Serializer[Any]):
    """The response of POST detokenize; the last key only if `return` has it."""

    text = serializers.CharField(allow_blank=True)
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="The text that each token adds, with its blanks.",
    )


class TokenizeStageSerializer(serializers.Serializer[Any]):
    """The text as tokens."""

    tokenizer = serializers.CharField(
        allow_null=True, help_text="Null if the tokenizer service was used."
    )
    tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    token_types = _TypesField(
        allow_null=True, help_text="Null if the tokenizer service sent none."
    )


TEXT_HELP = "The tokens as text, if a tokenizer of this server was used."


class NoiseStageSerializer(NoiseSerializer):
    """The response of POST /noise, and its tokens as text."""

    text = serializers.CharField(required=False, allow_blank=True, help_text=TEXT_HELP)


class DenoiseStageSerializer(serializers.Serializer[Any]):
    """The result of the denoiser service."""

    denoised_tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    metrics = MetricsSerializer(help_text="Compared with the clean tokens.")
    text = serializers.CharField(required=False, allow_blank=True, help_text=TEXT_HELP)


class PipelineSerializer(serializers.Serializer[Any]):
    """The response of POST pipeline; `denoise` only with a denoiser service."""

    tokenize = TokenizeStageSerializer()
    noise = NoiseStageSerializer()
    denoise = DenoiseStageSerializer(required=False)
