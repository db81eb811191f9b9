"""The arguments that all calls of a run have, as far as they shape the noise."""

from dataclasses import asdict, dataclass
from typing import Any

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import MAX_ELEMENTS
from noising.engine.parameters import check_integer, check_keys, mapping
from noising.replay.weights import check_form


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """The arguments of `Noiser.__call__` that are the same in all calls of a run.

    Attributes:
        lengths: whether the calls pass `lengths`, those of the rows, so that padding
            never changes.
        count: as in the call.
        at_least: as in the call.
        block: as in the call.
        low: as in the call.
        high: as in the call.
        form: form of the weight.
    """

    lengths: bool = False
    count: int | None = None
    at_least: int | None = None
    block: int | None = None
    low: float | None = None
    high: float | None = None
    form: str | None = None

    @classmethod
    def parse(cls, value: Any, process: ForwardProcess) -> "CallOptions":
        """Return the options that a JSON object describes.

        Raises:
            EngineError: a key is unknown or a value is invalid.
        """
        given = mapping(value, "call")
        check_keys(given, cls.__dataclass_fields__, "call")
        lengths, form = given.get("lengths", False), given.get("form")
        if not isinstance(lengths, bool):
            rule = "must be true or false"
            raise EngineError("call.lengths", "not_a_flag", rule, lengths)
        for name, least in (("count", 0), ("at_least", 0), ("block", 1)):
            number = given.get(name)
            if number is not None:
                check_integer(number, f"call.{name}", least, MAX_ELEMENTS)
        for name in ("low", "high"):
            number = given.get(name)
            is_number = type(number) in (int, float)
            if number is not None and not (is_number and 0 <= number <= 1):
                rule = "must be a number in [0, 1]"
                raise EngineError(f"call.{name}", "out_of_range", rule, number)
        if form is not None:
            if not isinstance(form, str):
                rule = "must be the name of a form"
                raise EngineError("call.form", "unknown_name", rule, form)
            check_form(process, form)
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Return the options for a manifest."""
        return asdict(self)
