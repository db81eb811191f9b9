"""Bodies and queries of the requests about schedules, as typed values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson
from django.http import QueryDict
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema_field,
)

from noising.api.fields import (
    StrictField,
    StrictSerializer,
    WholeNumberField,
    format_value,
)
from noising.api.openapi.specifications import SPECIFICATION
from noising.api.problems import shorten
from noising.api.query_params import NAMES, NUMBER, Format, read_texts
from noising.api.renderers import PARAMETER
from noising.api.schedules import examples
from noising.api.text_fields import (
    LONGEST_NAME,
    NAME,
    ChoiceField,
    NameField,
    NotesField,
    StoredTextField,
    TagsField,
)
from noising.curves import MATRIX_POINTS, MAX_POINTS, QUANTITIES, Axis
from noising.engine.importers import SOURCES
from noising.engine.importers.detection import AUTO
from noising.engine.importers.document import MAX_TEXT
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE
from noising.figures import LAYOUT_PARAMETERS
from noising.models import COMPARED_SCHEDULES, LONGEST_TITLE, RESERVED_SLUGS
from noising.models.tags import CONTROLS

DEFAULT_POINTS: Final = 257
LEAST_COMPARED: Final = 2
AXES: Final[Sequence[Axis]] = ("timestep", "time")

SLUG = {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": LONGEST_NAME}
NAME_PARAMETER = OpenApiParameter("name", SLUG, OpenApiParameter.PATH)
NAMES_PARAMETER = OpenApiParameter(
    "names",
    {
        "type": "array",
        "items": SLUG,
        "minItems": LEAST_COMPARED,
        "maxItems": COMPARED_SCHEDULES,
        "uniqueItems": True,
    },
    explode=False,
    style="form",
    required=True,
    description="Names of the schedules, separated by commas.",
    examples=[OpenApiExample("Two", examples.COMPARED)],
)
AXIS_PARAMETER = OpenApiParameter(
    "axis",
    {"type": "string", "enum": list(AXES), "default": AXES[0]},
    description="The horizontal axis of the curves.",
)
CURVE_PARAMETERS = [
    OpenApiParameter(
        "quantities",
        {
            "type": "array",
            "items": {"type": "string", "enum": list(QUANTITIES)},
            "minItems": 1,
            "uniqueItems": True,
        },
        explode=False,
        style="form",
        description="Names of curves, separated by commas; by default all.",
    ),
    OpenApiParameter(
        "points",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_POINTS,
            "default": DEFAULT_POINTS,
        },
        description="Number of points at most; the information of a matrix graph has "
        "fewer.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule to store."""

    name: str
    title: str
    specification: Mapping[str, Any]
    notes: str
    tags: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesRequest:
    """Curves of one or more processes.

    Attributes:
        quantities: keys of QUANTITIES.
        axis: what they run over.
        points: how many points at most.
    """

    quantities: Sequence[str]
    axis: Axis
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The curves of a specification that is not stored."""

    specification: Mapping[str, Any]
    curves: CurvesRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """Another project's configuration."""

    source: str
    config: str | Mapping[str, Any]
    vocab_size: int | None
    num_timesteps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The curves of several schedules over time."""

    names: Sequence[str]
    curves: CurvesRequest


@extend_schema_field(SPECIFICATION)
class SpecificationField(StrictField):
    """A specification as a JSON object; the engine checks its content."""

    default_error_messages = {
        "not_an_object": "`{name}` must be an object, got {received}.",
    }

    def to_internal_value(self, data: Any) -> Mapping[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=format_value(data))
        return data


class ChoicesField(ChoiceField):
    """Some of a few names, each once, in the order given."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list of names, got {received}.",
        "empty": "`{name}` must not be empty.",
        "twice": "`{name}` must hold each name once, got {received} twice.",
    }

    def schema(self) -> dict[str, Any]:
        """Return the schema of the value."""
        items = super().schema()
        return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}

    def to_internal_value(self, data: Any) -> Any:
        """Return the names."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        if not data:
            self.fail("empty")
        names: dict[str, None] = {}
        for item in data:
            if self.check_name(item) in names:
                self.fail("twice", received=format_value(item))
            names[item] = None
        return list(names)


@extend_schema_field(
    {"oneOf": [{"type": "object"}, {"type": "string", "maxLength": MAX_TEXT}]}
)
class ConfigField(StrictField):
    """A configuration as an object or as text; the engine reads it."""

    default_error_messages = {
        "not_a_config": "`{name}` must be an object, or JSON or YAML text, "
        "got {received}.",
        "too_large": "`{name}` must have at most {most} bytes as JSON, got {size}.",
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the object or the text."""
        if not isinstance(data, (dict, str)):
            self.fail("not_a_config", received=format_value(data))
        size = len(orjson.dumps(data)) if isinstance(data, dict) else 0
        if size > MAX_TEXT:
            self.fail("too_large", most=MAX_TEXT, size=size)
        return data


class NamesField(StrictField):
    """Names of schedules to compare."""

    default_error_messages = {
        "wrong_number": "`{name}` must be {least} to {most} names separated by commas, "
        "got {count}.",
        "malformed": "`{name}` must be names of letters, digits, `-` and `_`, "
        "got {received}.",
        "twice": "`{name}` must hold each name once, got {received} twice.",
    }

    def to_internal_value(self, data: list[str]) -> list[str]:
        """Return the names, in the order given."""
        if not LEAST_COMPARED <= len(data) <= COMPARED_SCHEDULES:
            self.fail(
                "wrong_number",
                least=LEAST_COMPARED,
                most=COMPARED_SCHEDULES,
                count=len(data),
            )
        for place, name in enumerate(data):
            if not NAME.fullmatch(name):
                self.fail("malformed", received=format_value(shorten(name)))
            if name in data[:place]:
                self.fail("twice", received=format_value(shorten(name)))
        return data


def _quantities() -> ChoicesField:
    return ChoicesField(
        choices=tuple(QUANTITIES),
        default=lambda: list(QUANTITIES),
        help_text="Names of curves; by default all.",
    )


def _axis() -> ChoiceField:
    return ChoiceField(
        choices=AXES, default="timestep", help_text="The horizontal axis of the curves."
    )


def _points() -> WholeNumberField:
    return WholeNumberField(
        least=1,
        most=MAX_POINTS,
        default=DEFAULT_POINTS,
        help_text=f"Number of points at most; the information of a matrix graph has "
        f"at most {MATRIX_POINTS}.",
    )


class TitleField(StoredTextField):
    """A display name: one line, without surrounding white space."""

    default_error_messages = {
        "not_a_line": "`{name}` must be one line without control characters.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(most=LONGEST_TITLE, **options)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the text."""
        return super().schema() | {"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text = super().to_internal_value(data)
        if re.search(f"[{CONTROLS}]", text):
            self.fail("not_a_line")
        return text.strip()


class NewScheduleSerializer(StrictSerializer):
    """The body of POST schedules."""

    name = NameField(
        reserved=RESERVED_SLUGS,
        help_text="Letters, digits, `-` and `_`; part of the URL.",
    )
    title = TitleField(
        default="", help_text="Display name, which pages show and which can change."
    )
    specification = SpecificationField()
    notes = NotesField(default="", help_text="Free text.")
    tags = TagsField(default=list, help_text="Short labels.")

    def parse(self, document: Any) -> NewSchedule:
        """Return the request that the document describes.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        return NewSchedule(**self.run_validation(document))


class ScheduleChangesSerializer(StrictSerializer):
    """The body of PATCH schedules/{name}: keys that are not given do not change."""

    title = TitleField(required=False)
    specification = SpecificationField(required=False)
    notes = NotesField(required=False)
    tags = TagsField(required=False)

    def parse(self, document: Any) -> dict[str, Any]:
        """Return the new values by field.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        changes: dict[str, Any] = self.run_validation(document)
        return changes


class PreviewSerializer(StrictSerializer):
    """The body of POST curves."""

    specification = SpecificationField()
    quantities = _quantities()
    axis = _axis()
    points = _points()

    def parse(self, document: Any) -> Preview:
        """Return the request that the document describes.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        specification = values.pop("specification")
        return Preview(specification=specification, curves=CurvesRequest(**values))


class ImportSerializer(StrictSerializer):
    """The body of POST schedules/import."""

    source = ChoiceField(  # type: ignore[assignment]  # a field, not the property
        choices=(AUTO, *SOURCES),
        default=AUTO,
        help_text="The project that the configuration is from; auto finds it.",
    )
    config = ConfigField(
        help_text="The configuration, as an object or as JSON or YAML text."
    )
    vocab_size = WholeNumberField(
        least=VOCAB_SIZE.low,
        most=VOCAB_SIZE.high,
        default=None,
        allow_null=True,
        help_text="Overrides the configuration's value, or adds a missing one.",
    )
    num_timesteps = WholeNumberField(
        least=NUM_TIMESTEPS.low,
        most=NUM_TIMESTEPS.high,
        default=None,
        allow_null=True,
        help_text="Overrides the configuration's value, or replaces continuous time.",
    )

    def parse(self, document: Any) -> ImportRequest:
        """Return the request that the document describes.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        return ImportRequest(**self.run_validation(document))


class QuantitiesQuerySerializer(StrictSerializer):
    """A query for curves."""

    forms: ClassVar[Mapping[str, Format]] = {
        "quantities": NAMES,
        "points": NUMBER,
        "names": NAMES,
    }

    quantities = _quantities()
    points = _points()

    def read_query(self, query: QueryDict) -> dict[str, Any]:
        """Return the values by parameter, without those of the format and the layout.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        pairs = [
            (name, text)
            for name, texts in query.lists()
            for text in texts
            if name not in {PARAMETER, *LAYOUT_PARAMETERS}
        ]
        values: dict[str, Any] = self.run_validation(read_texts(pairs, self.forms))
        return values


class CurvesQuerySerializer(QuantitiesQuerySerializer):
    """The query of GET schedules/{name}/curves."""

    axis = _axis()

    def parse(self, query: QueryDict) -> CurvesRequest:
        """Return the curves that the query selects.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        return CurvesRequest(**self.read_query(query))


class ComparisonQuerySerializer(QuantitiesQuerySerializer):
    """The query of GET schedules/compare; its curves run over time."""

    names = NamesField()

    def parse(self, query: QueryDict) -> Comparison:
        """Return the curves that the query selects.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        values = self.read_query(query)
        names = values.pop("names")
        return Comparison(names=names, curves=CurvesRequest(axis="time", **values))
