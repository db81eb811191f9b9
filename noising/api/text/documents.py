"""The forms of the answers about text, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.core.responses import MetricsSerializer, NoiseSerializer
from noising.api.fields import WHOLE_NUMBERS
from noising.tokenizers import TOKEN_TYPES

IDS_BY_TYPE = {
    "type": "object",
    "properties": dict.fromkeys(TOKEN_TYPES, WHOLE_NUMBERS),
    "additionalProperties": False,
}
PAIRS = {
    "type": "array",
    "items": {**WHOLE_NUMBERS, "minItems": 2, "maxItems": 2},
}


@extend_schema_field(IDS_BY_TYPE)
class _TypesField(serializers.Field[Any, Any, Any, Any]):
    """Ids by type."""


@extend_schema_field(PAIRS)
class _OffsetsField(serializers.Field[Any, Any, Any, Any]):
    """A pair a token."""


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
        child=serializers.ChoiceField(choices=TOKEN_TYPES),
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
