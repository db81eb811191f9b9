"""Requests for exact quantities: tokens, times, and states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.array_fields import (
    TimesField,
    WholeField,
    WholeListField,
    find_range_errors,
)
from noising.api.fields import OneOf
from noising.api.problems import ContentTooLarge
from noising.api.processes import ProcessSelection, ProcessSerializer, check_seconds
from noising.engine import ForwardProcess

LEVELS_OF_A_ROW = 4
"""Noise levels that a row may need: at both of its times and between, and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRequest:
    """The arguments of an exact quantity.

    Attributes:
        arguments: by the engine's names, each () or (N,), together one row each.
        rows: the number of rows N, or 1 if every argument is one value.
        candidates: (C,) states whose values to return, or None for all.
        selection: the process.
    """

    arguments: Mapping[str, NDArray[Any]]
    rows: int
    candidates: NDArray[Any] | None
    selection: ProcessSelection

    @property
    def seconds(self) -> float:
        """The estimated time of everything but its probabilities."""
        effort = self.selection.cached.effort
        return (
            LEVELS_OF_A_ROW * self.rows * (effort.sigma_seconds + effort.level_seconds)
        )


class QuantitySerializer(ProcessSerializer):
    """A body with the fields that all three requests share."""

    STATES: ClassVar[tuple[str, ...]] = ()
    """Fields that may hold any state; `x0` holds clean ids only."""

    TIMES: ClassVar[Mapping[str, tuple[str, str]]] = {"t": ("timesteps", "times")}
    """The two fields that may give each argument of the engine."""

    one_of = tuple(OneOf(names=names, least=1) for names in TIMES.values())

    x0 = WholeField(help_text="Clean token id, one for all rows or one for each.")
    timesteps = WholeField(
        default=None,
        allow_null=True,
        help_text="Timestep of x_t in 0..num_timesteps-1, one for all rows or one for "
        "each.",
    )
    times = TimesField(
        default=None,
        allow_null=True,
        help_text="Real time of x_t in [0, 1], instead of a timestep.",
    )
    candidates = WholeListField(
        default=None,
        allow_null=True,
        help_text="States whose values to return, in this order; by default all.",
    )

    def parse(self, document: Any) -> QuantityRequest:
        """Return the request of a document.

        Raises:
            ValidationError: with one error for each field that cannot be used.
            ContentTooLarge: too many rows for so many states.
        """
        values = self.run_validation(document)
        selection = self.select_process(values)
        process = selection.process
        names = ["x0", *self.STATES]
        names += [n for pair in self.TIMES.values() for n in pair if n in values]
        given = {name: values[name] for name in names if values[name] is not None}
        details = self._find_errors(values, given, process)
        if details:
            raise ValidationError(details)
        rows = max(array.size for array in given.values())
        candidates = values["candidates"]
        states = process.num_states
        _check_size(
            rows, states if candidates is None else max(states, candidates.size)
        )
        arguments = {name: given[name] for name in ("x0", *self.STATES)}
        for argument, (steps, times) in self.TIMES.items():
            arguments[argument] = (
                given[times]
                if times in given
                else np.asarray(process.time(given[steps]))
            )
        _check_times(arguments)
        request = QuantityRequest(
            arguments=arguments,
            rows=rows,
            candidates=candidates,
            selection=selection,
        )
        check_seconds(request.seconds, "to compute")
        return request

    def _find_errors(
        self,
        values: Mapping[str, Any],
        given: Mapping[str, NDArray[Any]],
        process: ForwardProcess,
    ) -> dict[str, Any]:
        greatest = {"x0": process.vocab_size - 1, "candidates": process.num_states - 1}
        greatest |= dict.fromkeys(self.STATES, process.num_states - 1)
        steps = [pair[0] for pair in self.TIMES.values()]
        greatest |= dict.fromkeys(steps, process.num_timesteps - 1)
        details = {
            name: find_range_errors(name, values[name], most=most)
            for name, most in greatest.items()
            if values[name] is not None
        }
        counts = {name: array.size for name, array in given.items() if array.ndim}
        most = max(counts.values(), default=1)
        for name, count in counts.items():
            if count != most:
                text = (
                    f"`{name}` must be one value or one for each of the {most} rows, "
                )
                text += f"got {count}."
                details[name] = details.get(name) or [ErrorDetail(text, "wrong_length")]
        return {name: detail for name, detail in details.items() if detail}


def _check_size(rows: int, states: int) -> None:
    if rows * states > settings.MAX_PROBABILITIES:
        raise ContentTooLarge(
            f"Rows times states must not be more than {settings.MAX_PROBABILITIES}, "
            f"got {rows} times {states}; `candidates` shortens the response only."
        )


def _check_times(arguments: Mapping[str, NDArray[Any]]) -> None:
    """Refuse an earlier time that is after the time of x_t."""
    if "s" not in arguments:
        return
    s, t = np.broadcast_arrays(*np.atleast_1d(arguments["s"], arguments["t"]))
    late = np.flatnonzero(s > t)
    if late.size:
        at = int(late[0])
        text = "The earlier time must not be after the time of x_t, got "
        text += f"{s[at].item()} and {t[at].item()}."
        raise ValidationError([ErrorDetail(text, "out_of_order")])


class MarginalRequestSerializer(QuantitySerializer):
    """q(x_t | x_0) for clean tokens at times."""


class ScoreRatioRequestSerializer(QuantitySerializer):
    """The concrete score of noised tokens, given the clean ones."""

    STATES = ("xt",)

    xt = WholeField(help_text="Noised token id, one for all rows or one for each.")


class PosteriorRequestSerializer(ScoreRatioRequestSerializer):
    """q(x_s | x_t, x_0) for noised and clean tokens at two times."""

    TIMES = {
        "t": ("timesteps", "times"),
        "s": ("earlier_timesteps", "earlier_times"),
    }
    one_of = tuple(OneOf(names=names, least=1) for names in TIMES.values())

    earlier_timesteps = WholeField(
        default=None, allow_null=True, help_text="Timestep of x_s, at most that of x_t."
    )
    earlier_times = TimesField(
        default=None,
        allow_null=True,
        help_text="Real time of x_s, instead of a timestep.",
    )
