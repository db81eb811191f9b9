"""The forms of the answers about text, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.documents import MetricsSerializer, NoiseSerializer
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

    name = serializers.CharField(help_text="What requests call it.")
    vocab_size = serializers.IntegerField(help_text="Its ids are below this.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the property
        help_text="Whose it is, and its licence."
    )
    default = serializers.BooleanField(help_text="Used where none is named.")


class TokenizersSerializer(serializers.Serializer[Any]):
    """The answer of GET tokenizers."""

    tokenizers = TokenizerSerializer(many=True)


class TokenizedSerializer(serializers.Serializer[Any]):
    """The answer of POST tokenize; the last three keys only where asked for."""

    tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    token_types = _TypesField(help_text="Ids of each type, ascending.")
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="What each token adds to the text, blanks included: joined they are "
        "the text, but for what the tokenizer puts around it. U+FFFD for part of a "
        "character.",
    )
    offsets = _OffsetsField(
        required=False,
        help_text="Start and end of each token in the text, in code points; 0 and 0 "
        "for what the tokenizer adds.",
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=TOKEN_TYPES),
        required=False,
        help_text="The type at each position.",
    )


class DetokenizedSerializer(serializers.Serializer[Any]):
    """The answer of POST detokenize; the last key only where asked for."""

    text = serializers.CharField(allow_blank=True)
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="What each token adds to the text, blanks included.",
    )


class TokenizeStageSerializer(serializers.Serializer[Any]):
    """The text as tokens."""

    tokenizer = serializers.CharField(
        allow_null=True, help_text="Null for the tokenizer service."
    )
    tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    token_types = _TypesField(
        allow_null=True, help_text="Null where the tokenizer service sends none."
    )


TEXT_HELP = "Where a tokenizer of this server was used."


class NoiseStageSerializer(NoiseSerializer):
    """The answer of POST /noise, and what it reads."""

    text = serializers.CharField(required=False, allow_blank=True, help_text=TEXT_HELP)


class DenoiseStageSerializer(serializers.Serializer[Any]):
    """What the denoiser service made of it."""

    denoised_tokens = serializers.ListField(child=serializers.IntegerField(min_value=0))
    metrics = MetricsSerializer(help_text="Beside the tokens before the noise.")
    text = serializers.CharField(required=False, allow_blank=True, help_text=TEXT_HELP)


class PipelineSerializer(serializers.Serializer[Any]):
    """The answer of POST pipeline; without a denoiser service the first two."""

    tokenize = TokenizeStageSerializer()
    noise = NoiseStageSerializer()
    denoise = DenoiseStageSerializer(required=False)
