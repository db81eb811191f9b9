"""Requests about runs, as typed values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from benchmarks.cases import (
    DEFAULT_BASELINE,
    DEFAULT_CORPUS,
    DEFAULT_SAMPLES,
)
from benchmarks.comparison import MOST_COMPARED
from benchmarks.corpora import BUILTIN_CORPORA
from noising.api.comparisons import parse_ids, read_ids, refuse_unknown
from noising.api.fields import (
    FlagField,
    StrictField,
    StrictSerializer,
    WholeNumberField,
    WholeNumbersField,
    format_value,
)
from noising.api.problems import MOST_ERRORS, shorten
from noising.api.renderers import PARAMETER
from noising.api.text_fields import (
    LONGEST_NAME,
    ChoiceField,
    NotesField,
    RunNameField,
    TagsField,
)
from noising.engine.randomness import MAX_SEED
from noising.engine.registry import NUM_TIMESTEPS
from noising.filters import NO_NUL
from noising.models import LONGEST_KEY
from noising.runs import RequestKey

KEY_HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = r"^[\x21-\x7e]+$"
MOST_EXPORTED: Final = 50
"""Runs whose results one request exports: those of a page of the list."""

KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A new run; `timesteps` None means eleven, evenly spaced."""

    schedules: Sequence[str]
    baseline: str
    corpus: str
    timesteps: Sequence[int] | None
    samples: int
    seed: int
    decision: bool
    name: str
    notes: str
    tags: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRequest:
    """Runs to compare with one of them, in all metrics or in one."""

    ids: Sequence[UUID]
    baseline: UUID
    metric: str | None


SCHEDULE_NAME: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    "pattern": NO_NUL,
}


def is_name(value: Any) -> bool:
    """Tell whether a value could be the name of a schedule."""
    is_text = isinstance(value, str) and "\x00" not in value
    return is_text and 1 <= len(value) <= LONGEST_NAME


@extend_schema_field(SCHEDULE_NAME)
class ScheduleNameField(StrictField):
    """The name of a schedule: a type's or a stored one's."""

    default_error_messages = {
        "not_a_name": "`{name}` must be a name of 1 to {longest} characters, "
        "got {received}.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        if not is_name(data):
            self.fail("not_a_name", longest=LONGEST_NAME, received=format_value(data))
        return str(data)


@extend_schema_field(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": settings.MAX_RUN_SCHEDULES,
        "uniqueItems": True,
        "items": SCHEDULE_NAME,
    }
)
class ScheduleNamesField(StrictField):
    """The names of some schedules, each once."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list of names, got {received}.",
        "count": "`{name}` must hold 1 to {most} names, got {count}.",
        "twice": "`{name}` must have each name once, got {received} twice.",
    }

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        most = settings.MAX_RUN_SCHEDULES
        if not 1 <= len(data) <= most:
            self.fail("count", most=most, count=len(data))
        errors: dict[str, Any] = {}
        for index, item in enumerate(data):
            if not is_name(item):
                text = (
                    f"`{self.name}[{index}]` must be a name of 1 to {LONGEST_NAME} "
                    f"characters, got {format_value(item)}."
                )
                errors[str(index)] = [ErrorDetail(text, "not_a_name")]
            elif item in data[:index]:
                self.fail("twice", received=format_value(item))
        if errors:
            raise ValidationError(dict(list(errors.items())[:MOST_ERRORS]))
        return data


class TimestepsField(WholeNumbersField):
    """Some timesteps, in any order."""

    default_error_messages = {
        "too_many": "`{name}` must have at most {most} different values, got {count}.",
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return them in ascending order, each once."""
        steps = sorted({int(step) for step in super().to_internal_value(data)})
        if len(steps) > settings.MAX_RUN_TIMESTEPS:
            most = settings.MAX_RUN_TIMESTEPS
            self.fail("too_many", most=most, count=len(steps))
        return steps


class NewRunSerializer(StrictSerializer):
    """The body of POST runs."""

    schedules = ScheduleNamesField(
        help_text="Names of schedule types, with default parameters, or of stored "
        "schedules."
    )
    baseline = ScheduleNameField(
        default=DEFAULT_BASELINE,
        help_text="Name of the schedule that the others are compared with.",
    )
    corpus = ChoiceField(
        choices=BUILTIN_CORPORA,
        default=DEFAULT_CORPUS,
        help_text="setmm: real proofs; synthetic: random tokens.",
    )
    timesteps = TimestepsField(
        most=lambda: int(NUM_TIMESTEPS.high) - 1,
        default=None,
        allow_null=True,
        help_text="Where to measure; by default at eleven timesteps, evenly spaced.",
    )
    samples = WholeNumberField(
        least=1,
        most=lambda: settings.MAX_RUN_SAMPLES,
        default=DEFAULT_SAMPLES,
        help_text="Sequences noised at each timestep.",
    )
    seed = WholeNumberField(
        most=MAX_SEED, default=0, help_text="The same seed gives the same results."
    )
    decision = FlagField(
        default=False,
        help_text="Also compute which schedule to take for the corpus.",
    )
    name = RunNameField(
        default="", help_text="Empty: a name made from the schedules and the baseline."
    )
    notes = NotesField(default="", help_text="Free text.")
    tags = TagsField(default=list, help_text="Short labels.")

    def parse(self, document: Any) -> NewRun:
        """Return the new run that the document describes.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        return NewRun(**self.run_validation(document))


class RunChangesSerializer(StrictSerializer):
    """The body of PATCH runs/{id}: keys that are not given do not change."""

    name = RunNameField(required=False, help_text="Empty: the default name.")
    notes = NotesField(required=False, help_text="Free text.")
    tags = TagsField(required=False, help_text="Short labels.")

    def parse(self, document: Any) -> Mapping[str, Any]:
        """Return the changes by name.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        changes: dict[str, Any] = self.run_validation(document)
        return changes


def read_idempotency_key(request: Request, document: Any) -> RequestKey | None:
    """Return the request's key, if it has one, with a digest of the document.

    Raises:
        ValidationError: the header cannot be a key.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        text = (
            f"`{KEY_HEADER}` must be 1 to {LONGEST_KEY} visible ASCII characters, "
            f"got {format_value(shorten(key))}."
        )
        raise ValidationError({KEY_HEADER: [ErrorDetail(text, "malformed")]})
    return RequestKey.of(key, document)


def parse_comparison(query: QueryDict) -> ComparisonRequest:
    """Return the runs that a query compares.

    Raises:
        ValidationError: a parameter is missing, unknown or not valid.
    """
    ids, baseline = parse_ids(query, most=MOST_COMPARED, others=("metric",))
    return ComparisonRequest(ids=ids, baseline=baseline, metric=query.get("metric"))


def parse_exported_ids(query: QueryDict) -> list[UUID]:
    """Return the runs whose results a query exports.

    Args:
        query: `ids`, separated by commas or repeated as a form repeats them.

    Raises:
        ValidationError: a parameter is missing, unknown or not valid.
    """
    refuse_unknown(query, ("ids", PARAMETER))
    return read_ids(",".join(query.getlist("ids")), least=1, most=MOST_EXPORTED)
