"""Requests for exact quantities as orders: tokens, times, and which states."""

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
    range_detail,
)
from noising.api.problems import ContentTooLarge
from noising.api.process_requests import Chosen, ProcessSerializer
from noising.api.processes import check_seconds
from noising.api.serializers import OneOf

LEVELS_OF_A_ROW = 4
"""Noise levels that a row may need: at both of its times and between, and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityOrder:
    """What an exact quantity is asked of.

    Attributes:
        arguments: by the engine's names, each () or (N,), together one row each.
        rows: how many, N, or 1 where every argument is one value.
        candidates: (C,) states whose values are wanted, or None for all.
        chosen: the process.
    """

    arguments: Mapping[str, NDArray[Any]]
    rows: int
    candidates: NDArray[Any] | None
    chosen: Chosen

    @property
    def seconds(self) -> float:
        """What it is estimated to take beside its probabilities."""
        effort = self.chosen.served.effort
        return (
            LEVELS_OF_A_ROW * self.rows * (effort.sigma_seconds + effort.level_seconds)
        )


class QuantitySerializer(ProcessSerializer):
    """What the three requests have in common."""

    STATES: ClassVar[tuple[str, ...]] = ()
    """Fields that may hold any state; `x0` holds ids of data."""

    TIMES: ClassVar[Mapping[str, tuple[str, str]]] = {"t": ("timesteps", "times")}
    """By the engine's argument, the two fields that may give it."""

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

    def parse(self, document: Any) -> QuantityOrder:
        """Return what the document asks for.

        Raises:
            ValidationError: with one error for each field that cannot be used.
            ContentTooLarge: too many rows for so many states.
        """
        values = self.run_validation(document)
        chosen = self.chosen(values)
        names = ["x0", *self.STATES]
        names += [n for pair in self.TIMES.values() for n in pair if n in values]
        given = {name: values[name] for name in names if values[name] is not None}
        details = self._misfits(values, given, chosen)
        if details:
            raise ValidationError(details)
        rows = max(array.size for array in given.values())
        candidates = values["candidates"]
        states = chosen.process.num_states
        _check_size(
            rows, states if candidates is None else max(states, candidates.size)
        )
        process = chosen.process
        arguments = {name: given[name] for name in ("x0", *self.STATES)}
        for argument, (steps, times) in self.TIMES.items():
            arguments[argument] = (
                given[times]
                if times in given
                else np.asarray(process.time(given[steps]))
            )
        _check_order(arguments)
        order = QuantityOrder(
            arguments=arguments,
            rows=rows,
            candidates=candidates,
            chosen=chosen,
        )
        check_seconds(order.seconds, "to work out")
        return order

    def _misfits(
        self,
        values: Mapping[str, Any],
        given: Mapping[str, NDArray[Any]],
        chosen: Chosen,
    ) -> dict[str, Any]:
        process = chosen.process
        greatest = {"x0": process.vocab_size - 1, "candidates": process.num_states - 1}
        greatest |= dict.fromkeys(self.STATES, process.num_states - 1)
        steps = [pair[0] for pair in self.TIMES.values()]
        greatest |= dict.fromkeys(steps, process.num_timesteps - 1)
        details = {
            name: range_detail(name, values[name], most=most)
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


def _check_order(arguments: Mapping[str, NDArray[Any]]) -> None:
    """Refuse an earlier time that is later."""
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
