"""Responses about schedules: serializers describe them all, and build most of them.

Functions build curves and comparisons, which hold NumPy arrays for the JSON renderer;
their serializers only describe them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.openapi.specifications import SPECIFICATION
from noising.curves import QUANTITIES, Curves, Summary, differences
from noising.engine import ForwardProcess
from noising.engine.importers import NOTE_KINDS
from noising.engine.lint import SEVERITIES
from noising.engine.verdicts import GRADES
from noising.models import ScheduleConfig

LINT_GUIDE = "docs/lint.md"
"""The document with a section for each code of the linter."""

EXPORTED = (
    "name",
    "title",
    "schedule_type",
    "graph_type",
    "num_timesteps",
    "vocab_size",
    "fingerprint",
    "tags",
    "notes",
    "owner",
    "created_at",
    "updated_at",
    "archived_at",
)
"""Columns of an export as a table."""

NUMBER_OR_NULL = {"type": ["number", "null"]}
NUMBERS = {"type": "array", "items": NUMBER_OR_NULL}
QUANTITY_COLUMNS = dict.fromkeys(QUANTITIES, NUMBERS)
COLUMNS = {
    "timestep": {"type": "array", "items": {"type": "integer"}},
    "time": {"type": "array", "items": {"type": "number"}},
    **QUANTITY_COLUMNS,
}


@extend_schema_field(SPECIFICATION)
class CanonicalSpecificationField(serializers.JSONField):
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
    """Such lists of several schedules, by name."""


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: {"type": "integer"} for name in SEVERITIES},
        "additionalProperties": False,
    }
)
class LintCountsField(serializers.JSONField):
    """The number of findings by severity; severities without findings are absent."""


class GradeField(serializers.ChoiceField):
    """The grade that follows from the findings."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=GRADES, read_only=True, **options)


class DocumentationField(serializers.CharField):
    """The section of the documentation that explains a code of the linter."""

    def to_representation(self, value: Any) -> str:
        """Return the path of the document with the section's anchor."""
        return f"{LINT_GUIDE}#{value}"


class FindingSerializer(serializers.Serializer[Any]):
    """One finding of the linter."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=list(SEVERITIES))
    message = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    way_out = serializers.CharField(allow_blank=True)
    documentation = DocumentationField(
        source="code", help_text="Where the code is documented."
    )


class RemedySerializer(serializers.Serializer[Any]):
    """A better specification for the same timesteps and graph."""

    code = serializers.CharField()
    text = serializers.CharField(help_text="What to change, and what comes of it.")
    grade = serializers.ChoiceField(choices=GRADES)
    specification = CanonicalSpecificationField()


class VerdictSerializer(serializers.Serializer[Any]):
    """What a noise process is worth, and what to use instead."""

    grade = serializers.ChoiceField(choices=GRADES)
    text = serializers.CharField(help_text="The reason, with the measured values.")
    remedies = RemedySerializer(
        many=True, help_text="The smallest change first; empty if it is good."
    )


class CertificateSerializer(serializers.Serializer[ScheduleConfig]):
    """The newest certificate in brief."""

    verdict = serializers.ChoiceField(
        choices=["passed", "failed"], source="certificate_verdict"
    )
    certified_at = serializers.DateTimeField()

    def to_representation(self, instance: ScheduleConfig) -> Any:
        """Return nothing for a schedule without a certificate."""
        if instance.certified_at is None:
            return None
        return super().to_representation(instance)


class ScheduleLink(serializers.HyperlinkedIdentityField):
    """The URL of a schedule, or of a resource below it."""

    lookup_field = "slug"

    def __init__(self, view_name: str, **options: Any) -> None:
        super().__init__(view_name, lookup_url_kwarg="name", **options)


class SummaryLinksSerializer(serializers.Serializer[ScheduleConfig]):
    """Where there is more."""

    self = ScheduleLink("v1:schedule-detail")
    page = serializers.HyperlinkedIdentityField(
        "pages:schedule", lookup_field="slug", help_text="The schedule's web page."
    )


class ScheduleLinksSerializer(SummaryLinksSerializer):
    """Where there is more."""

    specification = ScheduleLink("v1:schedule-specification")
    curves = ScheduleLink("v1:schedule-curves")
    lint = ScheduleLink("v1:schedule-lint")


class HeadSerializer(serializers.ModelSerializer[ScheduleConfig]):
    """What every response about a stored schedule has."""

    name = serializers.CharField(source="slug")
    tags = serializers.ListField(child=serializers.CharField())
    owner = serializers.CharField(
        source="owner.username",
        allow_null=True,
        help_text="Name of the owner's account.",
    )
    schedule_type = serializers.CharField(source="specification.schedule.type")
    graph_type = serializers.CharField(source="specification.graph.type")

    class Meta:
        """Keys, in the order of the response."""

        model = ScheduleConfig
        fields: tuple[str, ...] = (
            "name",
            "title",
            "fingerprint",
            "num_timesteps",
            "vocab_size",
            "notes",
            "tags",
            "owner",
            "created_at",
            "updated_at",
            "archived_at",
            "schedule_type",
            "graph_type",
        )
        read_only_fields = ("title", "notes")


class SummarySerializer(HeadSerializer):
    """A schedule as lists show it."""

    # Both are annotations, because lists do not load the specification.

    schedule_type = serializers.CharField()
    graph_type = serializers.CharField()
    lint = LintCountsField(source="lint_counts")
    grade = GradeField()
    certificate = CertificateSerializer(source="*", allow_null=True)
    runs = serializers.IntegerField(
        source="run_count", help_text="Number of runs that measured the schedule."
    )
    links = SummaryLinksSerializer(source="*")

    class Meta(HeadSerializer.Meta):
        """Keys, in the order of the response."""

        fields = (
            *HeadSerializer.Meta.fields,
            "lint",
            "grade",
            "certificate",
            "runs",
            "links",
        )


class ExportedScheduleSerializer(HeadSerializer):
    """A schedule as a line of an export."""

    specification = CanonicalSpecificationField()

    class Meta(HeadSerializer.Meta):
        """Keys, in the order of the response."""

        fields = (*HeadSerializer.Meta.fields, "specification")


class ScheduleSerializer(HeadSerializer):
    """Everything about a schedule."""

    specification = CanonicalSpecificationField()
    lint = FindingSerializer(many=True, source="lint_findings")
    grade = GradeField()
    certificate = CertificateSerializer(source="*", allow_null=True)
    links = ScheduleLinksSerializer(source="*")

    class Meta(HeadSerializer.Meta):
        """Keys, in the order of the response."""

        fields = (
            *HeadSerializer.Meta.fields,
            "specification",
            "lint",
            "grade",
            "certificate",
            "links",
        )


class LintSerializer(serializers.Serializer[Any]):
    """The verdict, with the linter's findings."""

    name = serializers.CharField(source="config.slug")
    fingerprint = serializers.CharField(source="config.fingerprint")
    verdict = VerdictSerializer()
    findings = FindingSerializer(many=True, source="verdict.findings")


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
    """Curves, findings and verdict of a specification that is not stored."""

    specification = CanonicalSpecificationField()
    lint = FindingSerializer(many=True)
    verdict = VerdictSerializer()


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
    """A parameter in which specifications differ."""

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

    source = serializers.CharField(  # type: ignore[assignment]  # a field
        help_text="The project, given or found."
    )
    specification = CanonicalSpecificationField(
        source="imported.spec", help_text="In the form that POST schedules takes."
    )
    fingerprint = serializers.CharField(source="process.fingerprint")
    used = serializers.ListField(
        source="imported.used",
        child=serializers.CharField(),
        help_text="Keys of the original that the specification was made from.",
    )
    notes = NoteSerializer(source="imported.notes", many=True)


def tabulate_schedules(
    documents: Iterable[Mapping[str, Any]],
) -> Iterator[Sequence[Any]]:
    """Yield exported schedules as the rows of a table, its header first."""
    yield EXPORTED
    for document in documents:
        values = {**document, "tags": "; ".join(document["tags"])}
        yield [_cell(values[name]) for name in EXPORTED]


def serialize_curves(
    process: ForwardProcess, axis: str, curves: Curves
) -> dict[str, Any]:
    """Return the curves of a process; values that are not finite are null in JSON."""
    return {
        "fingerprint": process.fingerprint,
        "num_timesteps": process.num_timesteps,
        "vocab_size": process.vocab_size,
        "axis": axis,
        "points": curves.times.size,
        "curves": _columns(curves),
    }


def curves_rows(curves: Curves) -> Iterator[Sequence[Any]]:
    """Yield curves as the rows of a table; values that are not finite are empty."""
    columns = _columns(curves)
    yield list(columns)
    values = [
        np.where(np.isfinite(column), column.astype(object), "").tolist()
        for column in columns.values()
    ]
    yield from zip(*values, strict=True)


def serialize_comparison(
    configs: Sequence[ScheduleConfig],
    processes: Sequence[ForwardProcess],
    summaries: Sequence[Summary],
    curves: Sequence[Curves],
) -> dict[str, Any]:
    """Return a comparison of schedules; all sequences have an item for each."""
    rows = zip(configs, processes, summaries, strict=True)
    return {
        "schedules": [_summarize(*each) for each in rows],
        "differences": differences(
            {config.slug: config.specification for config in configs}
        ),
        "axis": "time",
        "points": curves[0].times.size,
        "time": curves[0].times,
        "curves": {
            config.slug: dict(one.columns)
            for config, one in zip(configs, curves, strict=True)
        },
    }


def _summarize(
    config: ScheduleConfig, process: ForwardProcess, summary: Summary
) -> dict[str, Any]:
    wasted = summary.wasted_timesteps
    return {
        "name": config.slug,
        "fingerprint": process.fingerprint,
        "num_timesteps": process.num_timesteps,
        "vocab_size": process.vocab_size,
        "schedule_type": config.specification["schedule"]["type"],
        "graph_type": config.specification["graph"]["type"],
        **asdict(summary),
        "wasted_share": None if wasted is None else wasted / process.num_timesteps,
        "lint": config.lint_counts,
    }


def _columns(curves: Curves) -> dict[str, Any]:
    axis = {} if curves.timesteps is None else {"timestep": curves.timesteps}
    return {**axis, "time": curves.times, **curves.columns}


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
