"""The forms of the answers about schedules, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from noising.api.openapi.specifications import SPECIFICATION
from noising.curves import QUANTITIES
from noising.engine.importers import NOTE_KINDS
from noising.engine.lint import SEVERITIES

NUMBER_OR_NULL = {"type": ["number", "null"]}
NUMBERS = {"type": "array", "items": NUMBER_OR_NULL}
QUANTITY_COLUMNS = dict.fromkeys(QUANTITIES, NUMBERS)
COLUMNS = {
    "timestep": {"type": "array", "items": {"type": "integer"}},
    "time": {"type": "array", "items": {"type": "number"}},
    **QUANTITY_COLUMNS,
}


@extend_schema_field(SPECIFICATION)
class SpecificationAnswerField(serializers.JSONField):
    """A specification in its canonical form."""


@extend_schema_field({"type": "object", "properties": COLUMNS, "required": ["time"]})
class ColumnsField(serializers.JSONField):
    """A list for each quantity; null where a value is infinite or there is none."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "object", "properties": QUANTITY_COLUMNS},
    }
)
class ColumnsByNameField(serializers.JSONField):
    """Those of several schedules, by name."""


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in SEVERITIES},
        "additionalProperties": False,
    }
)
class LintCountsField(serializers.JSONField):
    """How many findings of each severity there are; a severity without is absent."""


class CertificateSerializer(serializers.Serializer[Any]):
    """The newest certificate in brief."""

    verdict = serializers.ChoiceField(choices=["passed", "failed"])
    certified_at = serializers.DateTimeField()


class FindingSerializer(serializers.Serializer[Any]):
    """One thing the linter noticed."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=list(SEVERITIES))
    message = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    way_out = serializers.CharField(allow_blank=True)
    documentation = serializers.CharField(help_text="Where the code is documented.")


class HeadSerializer(serializers.Serializer[Any]):
    """What every answer about a stored schedule has."""

    name = serializers.CharField()
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification.")
    num_timesteps = serializers.IntegerField()
    vocab_size = serializers.IntegerField()
    notes = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    owner = serializers.CharField(
        allow_null=True, help_text="Name of the owner's account."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    schedule_type = serializers.CharField()
    graph_type = serializers.CharField()


class SummaryLinksSerializer(serializers.Serializer[Any]):
    """Where there is more."""

    self = serializers.URLField()
    page = serializers.URLField(help_text="The schedule's web page.")


class SummarySerializer(HeadSerializer):
    """A schedule as lists show it."""

    lint = LintCountsField()
    certificate = CertificateSerializer(allow_null=True)
    runs = serializers.IntegerField(
        help_text="Number of runs that measured the schedule."
    )
    links = SummaryLinksSerializer()


class ScheduleLinksSerializer(SummaryLinksSerializer):
    """Where there is more."""

    specification = serializers.URLField()
    curves = serializers.URLField()
    lint = serializers.URLField()


class ScheduleSerializer(HeadSerializer):
    """Everything about a schedule."""

    specification = SpecificationAnswerField()
    lint = FindingSerializer(many=True)
    certificate = CertificateSerializer(allow_null=True)
    links = ScheduleLinksSerializer()


@extend_schema_serializer(many=False)
class ExportedScheduleSerializer(HeadSerializer):
    """A schedule as a line of an export."""

    specification = SpecificationAnswerField()


class LintSerializer(serializers.Serializer[Any]):
    """What the linter found when the schedule was stored."""

    name = serializers.CharField()
    fingerprint = serializers.CharField()
    findings = FindingSerializer(many=True)


class CurvesBaseSerializer(serializers.Serializer[Any]):
    """Curves of one process."""

    fingerprint = serializers.CharField()
    num_timesteps = serializers.IntegerField()
    vocab_size = serializers.IntegerField()
    axis = serializers.ChoiceField(choices=["timestep", "time"])
    points = serializers.IntegerField(help_text="Number of points.")
    curves = ColumnsField()


class CurvesSerializer(CurvesBaseSerializer):
    """Curves of a stored schedule."""

    name = serializers.CharField()


class PreviewAnswerSerializer(CurvesBaseSerializer):
    """Curves and findings of a specification that is not stored."""

    specification = SpecificationAnswerField()
    lint = FindingSerializer(many=True)


class ComparedSerializer(serializers.Serializer[Any]):
    """A schedule among others, with its figures of merit."""

    name = serializers.CharField()
    fingerprint = serializers.CharField()
    num_timesteps = serializers.IntegerField()
    vocab_size = serializers.IntegerField()
    schedule_type = serializers.CharField()
    graph_type = serializers.CharField()
    half_time = serializers.FloatField(
        allow_null=True, help_text="Time at which half of the information is left."
    )
    final_information = serializers.FloatField(
        allow_null=True, help_text="Share of the information left at t = 1."
    )
    final_alpha = serializers.FloatField(help_text="Alpha at t = 1.")
    wasted_timesteps = serializers.IntegerField(
        allow_null=True,
        help_text="Number of timesteps that each lose almost no information.",
    )
    wasted_share = serializers.FloatField(allow_null=True)
    lint = LintCountsField()


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ValuesByNameField(serializers.JSONField):
    """A value for each schedule that has one."""


class DifferenceSerializer(serializers.Serializer[Any]):
    """A place at which specifications differ."""

    path = serializers.CharField(help_text="For example schedule.beta_max.")
    values = ValuesByNameField()


class ComparisonSerializer(serializers.Serializer[Any]):
    """A comparison of schedules."""

    schedules = ComparedSerializer(many=True)
    differences = DifferenceSerializer(many=True)
    axis = serializers.CharField(help_text="Always time.")
    points = serializers.IntegerField()
    time = serializers.ListField(child=serializers.FloatField())
    curves = ColumnsByNameField()


class NoteSerializer(serializers.Serializer[Any]):
    """A note on one key of the original configuration."""

    kind = serializers.ChoiceField(choices=NOTE_KINDS)
    key = serializers.CharField()
    text = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """Another project's configuration, converted to a specification."""

    specification = SpecificationAnswerField(
        help_text="In the form that POST schedules takes."
    )
    fingerprint = serializers.CharField()
    used = serializers.ListField(
        child=serializers.CharField(),
        help_text="Keys of the original that the specification was made from.",
    )
    notes = NoteSerializer(many=True)
