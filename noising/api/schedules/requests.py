"""What the requests about schedules ask for, as typed values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.http import QueryDict

from noising.api.fields import (
    StrictField,
    StrictSerializer,
    WholeNumberField,
    format_value,
)
from noising.api.problems import shorten
from noising.api.query_params import NAMES, NUMBER, Format, read_texts
from noising.api.renderers import PARAMETER
from noising.api.schedules.fields import (
    ChoicesField,
    ConfigField,
    SpecificationField,
)
from noising.api.text_fields import NAME, ChoiceField, NameField, NotesField, TagsField
from noising.curves import MATRIX_POINTS, MAX_POINTS, QUANTITIES, Axis
from noising.engine.importers import SOURCES
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE
from noising.models import PLOTTED_SCHEDULES, RESERVED_SLUGS

DEFAULT_POINTS: Final = 257
LEAST_COMPARED: Final = 2
AXES: Final[Sequence[Axis]] = ("timestep", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule to store."""

    name: str
    specification: Mapping[str, Any]
    notes: str
    tags: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The curves that are asked for.

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
    wanted: Wanted


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
    wanted: Wanted


def _quantities() -> ChoicesField:
    return ChoicesField(
        choices=tuple(QUANTITIES),
        default=lambda: list(QUANTITIES),
        help_text="Names of curves; by default all.",
    )


def _points() -> WholeNumberField:
    return WholeNumberField(
        least=1,
        most=MAX_POINTS,
        default=DEFAULT_POINTS,
        help_text=f"Number of points at most; the information of a matrix graph has "
        f"at most {MATRIX_POINTS}.",
    )


class NewScheduleSerializer(StrictSerializer):
    """The body of POST schedules."""

    name = NameField(
        reserved=RESERVED_SLUGS,
        help_text="Letters, digits, `-` and `_`; part of the URL.",
    )
    specification = SpecificationField()
    notes = NotesField(default="", help_text="Free text.")
    tags = TagsField(default=list, help_text="Short labels.")

    def parse(self, document: Any) -> NewSchedule:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        return NewSchedule(**self.run_validation(document))


class ScheduleChangesSerializer(StrictSerializer):
    """The body of PATCH schedules/{name}: what is not given stays."""

    specification = SpecificationField(required=False)
    notes = NotesField(required=False)
    tags = TagsField(required=False)

    def parse(self, document: Any) -> dict[str, Any]:
        """Return what is to change.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        changes: dict[str, Any] = self.run_validation(document)
        return changes


class PreviewSerializer(StrictSerializer):
    """The body of POST curves."""

    specification = SpecificationField()
    quantities = _quantities()
    axis = ChoiceField(
        choices=AXES, default="timestep", help_text="The horizontal axis of the curves."
    )
    points = _points()

    def parse(self, document: Any) -> Preview:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        specification = values.pop("specification")
        return Preview(specification=specification, wanted=Wanted(**values))


class ImportSerializer(StrictSerializer):
    """The body of POST schedules/import."""

    source = ChoiceField(  # type: ignore[assignment]  # a field, not the property
        choices=tuple(SOURCES), help_text="The project that the configuration is from."
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
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        return ImportRequest(**self.run_validation(document))


class NamesField(StrictField):
    """Names of schedules that are to be compared."""

    default_error_messages = {
        "wrong_number": "`{name}` must be {least} to {most} names separated by commas, "
        "got {count}.",
        "malformed": "`{name}` must be names of letters, digits, `-` and `_`, "
        "got {received}.",
        "twice": "`{name}` must hold each name once, got {received} twice.",
    }

    def to_internal_value(self, data: list[str]) -> list[str]:
        """Return the names, in the order given."""
        if not LEAST_COMPARED <= len(data) <= PLOTTED_SCHEDULES:
            self.fail(
                "wrong_number",
                least=LEAST_COMPARED,
                most=PLOTTED_SCHEDULES,
                count=len(data),
            )
        for place, name in enumerate(data):
            if not NAME.fullmatch(name):
                self.fail("malformed", received=format_value(shorten(name)))
            if name in data[:place]:
                self.fail("twice", received=format_value(shorten(name)))
        return data


class QuantitiesQuerySerializer(StrictSerializer):
    """A query for curves."""

    forms: ClassVar[Mapping[str, Format]] = {
        "quantities": NAMES,
        "points": NUMBER,
        "names": NAMES,
    }

    quantities = _quantities()
    points = _points()

    def values_of(self, query: QueryDict) -> dict[str, Any]:
        """Return the values by parameter; the format is another's business.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        pairs = [
            (name, text)
            for name, texts in query.lists()
            for text in texts
            if name != PARAMETER
        ]
        values: dict[str, Any] = self.run_validation(read_texts(pairs, self.forms))
        return values


class CurvesQuerySerializer(QuantitiesQuerySerializer):
    """The query of GET schedules/{name}/curves."""

    axis = ChoiceField(
        choices=AXES, default="timestep", help_text="The horizontal axis of the curves."
    )

    def parse(self, query: QueryDict) -> Wanted:
        """Return what the query asks for.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        return Wanted(**self.values_of(query))


class ComparisonQuerySerializer(QuantitiesQuerySerializer):
    """The query of GET schedules/compare; its curves run over time."""

    names = NamesField()

    def parse(self, query: QueryDict) -> Comparison:
        """Return what the query asks for.

        Raises:
            ValidationError: with one error for each parameter that cannot be used.
        """
        values = self.values_of(query)
        names = values.pop("names")
        return Comparison(names=names, wanted=Wanted(axis="time", **values))
