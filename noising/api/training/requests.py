"""Requests for training times and for weights at times."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.array_fields import (
    WHOLE,
    MaskRowsField,
    Rows,
    TimeField,
    TimeRowsField,
    WholeField,
    WholeRowsField,
    find_range_errors,
    list_schema,
    one_of_schema,
    rows_schema,
)
from noising.api.fields import (
    OneOf,
    StrictField,
    WholeNumberField,
    build_error_detail,
    find_whole_number_errors,
    format_value,
)
from noising.api.problems import ContentTooLarge
from noising.api.processes import (
    ProcessSelection,
    ProcessSerializer,
    SeedSerializer,
    check_seconds,
)
from noising.api.text_fields import ChoiceField
from noising.engine.loss_weights import DTYPES, FORMS
from noising.engine.parameters import EXACT_FLOATS
from noising.engine.training_times import METHODS

MOST_ELEMENTS: Final = EXACT_FLOATS - 1
TIME_FIELDS: Final = ("timesteps", "times")


def count_times(shape: int | tuple[int, int]) -> int:
    """Return how many times a shape has."""
    return math.prod(shape) if isinstance(shape, tuple) else shape


def check_number(shape: int | tuple[int, int]) -> None:
    """Check that a request does not ask for too many times.

    Raises:
        ContentTooLarge: it does.
    """
    count = count_times(shape)
    if count > settings.MAX_TOKENS:
        raise ContentTooLarge(
            f"`n` must not make more than {settings.MAX_TOKENS} times, got {count}: "
            "draw parts of them with `index0` and `total`."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingTimesRequest:
    """The arguments of `sample_times`.

    Attributes:
        shape: n or (B, K).
        seed: 0..2^64-1, or None for a random one.
        arguments: the others, by the engine's names.
        selection: the process.
    """

    shape: int | tuple[int, int]
    seed: int | None
    arguments: Mapping[str, Any]
    selection: ProcessSelection

    @property
    def seconds(self) -> float:
        """The estimated time to draw them."""
        return self.selection.cached.effort.of_training_times(
            count_times(self.shape), self.arguments["method"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTimesRequest:
    """A quantity at times, and its arguments.

    Attributes:
        t: the times, of at most two axes.
        field: the field that gave them.
        arguments: the others, by the engine's names.
        selection: the process.
    """

    t: NDArray[np.float64]
    field: str
    arguments: Mapping[str, Any]
    selection: ProcessSelection

    @property
    def seconds(self) -> float:
        """The estimated time to compute it."""
        return self.t.size * self.selection.cached.effort.sigma_seconds


@extend_schema_field(
    one_of_schema(
        WHOLE, {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}
    )
)
class ShapeField(StrictField):
    """A number of times, or the shape of an array of them."""

    default_error_messages = {
        "wrong_length": "`{name}` must be a number of times or two numbers, [B, K], "
        "got {received}.",
    }

    def to_internal_value(self, data: Any) -> int | tuple[int, int]:
        """Return n or (B, K)."""
        sizes = data if isinstance(data, list) else [data]
        if isinstance(data, list) and len(data) != 2:
            self.fail("wrong_length", received=format_value(data))
        errors = find_whole_number_errors(sizes, most=MOST_ELEMENTS)
        if not isinstance(data, list):
            errors = (((), code, rule) for _, code, rule in errors)
        detail = build_error_detail(self.name, errors)
        if detail:
            raise ValidationError(detail)
        whole = tuple(map(int, sizes))
        return (whole[0], whole[1]) if isinstance(data, list) else whole[0]


@extend_schema_field(
    one_of_schema(WHOLE, list_schema(WHOLE), *rows_schema({"type": "boolean"})["oneOf"])
)
class CountsField(WholeField):
    """Numbers of positions: one, one for each row, or masks that are counted."""

    form = "a whole number, a list of them, or booleans by position"

    def to_internal_value(self, data: Any) -> NDArray[np.int64]:
        """Return one count, or one for each row."""
        is_mask = isinstance(data, list) and isinstance(
            next(iter(data), 0), bool | list
        )
        if not is_mask:
            return super().to_internal_value(data)
        field = MaskRowsField()
        field.field_name = self.field_name
        mask = field.to_internal_value(data).pad(fill=False)
        return np.asarray(np.count_nonzero(mask, axis=-1))


class TrainingTimesRequestSerializer(ProcessSerializer, SeedSerializer):
    """Which training times to draw."""

    n = ShapeField(
        help_text="Number of times, or [B, K] for K times in each of B rows. The "
        "elements of rows are numbered row by row."
    )
    method = ChoiceField(
        choices=tuple(METHODS),
        default="stratified",
        help_text="How times are spread: evenly over all elements (`stratified`, "
        "`antithetic`), over each 2^k elements in a row (`sobol`), independently "
        "(`uniform`), or by the log move chance (`importance`).",
    )
    index0 = WholeNumberField(
        most=MOST_ELEMENTS,
        default=0,
        help_text="The first element, such as the id of a row of the data set.",
    )
    total = WholeNumberField(
        most=MOST_ELEMENTS,
        default=None,
        allow_null=True,
        help_text="Number of elements of the whole range, of which this is a part; by "
        "default it ends with this part.",
    )
    low = TimeField(default=0.0, help_text="Lower end of the times, exclusive.")
    high = TimeField(default=1.0, help_text="Upper end of the times, above `low`.")

    def parse(self, document: Any) -> TrainingTimesRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
            ContentTooLarge: too many times.
        """
        values = self.run_validation(document)
        check_number(values["n"])
        names = ("method", "index0", "total", "draw", "low", "high")
        request = TrainingTimesRequest(
            shape=values["n"],
            seed=values["seed"],
            arguments={name: values[name] for name in names},
            selection=self.select_process(values),
        )
        check_seconds(request.seconds, "to draw")
        return request


class AtTimesSerializer(ProcessSerializer):
    """A body with times, of which a quantity is a function."""

    one_of = (OneOf(names=TIME_FIELDS, least=1),)
    ARGUMENTS: tuple[str, ...] = ()
    """Fields that are arguments of the engine under the same name."""

    timesteps = WholeRowsField(
        default=None,
        allow_null=True,
        help_text="Timestep in 0..num_timesteps-1, one or several, or rows of one "
        "length.",
    )
    times = TimeRowsField(
        default=None,
        allow_null=True,
        help_text="Real times in [0, 1] instead of timesteps.",
    )

    def parse(self, document: Any) -> AtTimesRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(document)
        selection = self.select_process(values)
        process = selection.process
        [field] = (name for name in TIME_FIELDS if values[name] is not None)
        rows: Rows = values[field]
        detail = _find_shape_errors(field, rows)
        if field == "timesteps" and not detail:
            most = process.num_timesteps - 1
            detail = find_range_errors(field, rows, most=most)
        if detail:
            raise ValidationError({field: detail})
        t = rows.values if field == "times" else process.time(rows.values)
        request = AtTimesRequest(
            t=np.asarray(t, np.float64),
            field=field,
            arguments={name: values[name] for name in self.ARGUMENTS},
            selection=selection,
        )
        check_seconds(request.seconds, "to compute")
        return request


def _find_shape_errors(field: str, rows: Rows) -> Any:
    if rows.lengths is None:
        return None
    text = f"`{field}` must have rows of one length, got lengths from "
    text += f"{rows.lengths.min()} to {rows.lengths.max()}."
    return [ErrorDetail(text, "wrong_length")]


class LossWeightRequestSerializer(AtTimesSerializer):
    """The weights of losses at times."""

    ARGUMENTS = ("form", "moved", "eligible", "dtype")

    form = ChoiceField(
        choices=FORMS,
        default="elbo",
        help_text="`elbo`: that of the negative ELBO, for graphs that only mask; "
        "`flat`: 1; `realised`: eligible/moved; `count`: eligible/k, with `moved` the "
        "k positions that were requested.",
    )
    moved = CountsField(
        default=None,
        allow_null=True,
        help_text="For `realised` and `count`: how many positions moved, one number, "
        "one for each row, or booleans that are counted along the row.",
    )
    eligible = CountsField(
        default=None,
        allow_null=True,
        help_text="Likewise: how many positions were neither protected nor padding.",
    )
    dtype = ChoiceField(
        choices=tuple(dtype.name for dtype in DTYPES),
        default="float32",
        help_text="The numbers that the weights are rounded to.",
    )


class LooShiftRequestSerializer(AtTimesSerializer):
    """The leave-one-out shift of uniform noise at times."""


TRAINING_TIMES: Final = TrainingTimesRequestSerializer()
LOSS_WEIGHT: Final = LossWeightRequestSerializer()
LOO_SHIFT: Final = LooShiftRequestSerializer()
