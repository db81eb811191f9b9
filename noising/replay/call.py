"""The arguments that all calls of a run have, as far as they shape the noise."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import MAX_ELEMENTS
from noising.engine.parameters import check_integer, check_keys, listed, mapping
from noising.replay.weights import check_form

_LATER: Final = ("t", "timestep", "protect", "special")


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
        t: the time of all calls; None where it is drawn.
        timestep: the timestep of all calls, instead.
        protect: ids of tokens that never change.
        special: whether the special tokens of the data files never change.
    """

    lengths: bool = False
    count: int | None = None
    at_least: int | None = None
    block: int | None = None
    low: float | None = None
    high: float | None = None
    form: str | None = None
    t: float | None = None
    timestep: int | None = None
    protect: tuple[int, ...] | None = None
    special: bool = False

    @classmethod
    def parse(cls, value: Any, process: ForwardProcess) -> "CallOptions":
        """Return the options that a JSON object describes.

        Raises:
            EngineError: a key is unknown or a value is invalid.
        """
        given = dict(mapping(value, "call"))
        check_keys(given, cls.__dataclass_fields__, "call")
        form = given.get("form")
        for name in ("lengths", "special"):
            flag = given.get(name, False)
            if not isinstance(flag, bool):
                rule = "must be true or false"
                raise EngineError(f"call.{name}", "not_a_flag", rule, flag)
        for name, least in (("count", 0), ("at_least", 0), ("block", 1)):
            number = given.get(name)
            if number is not None:
                check_integer(number, f"call.{name}", least, MAX_ELEMENTS)
        for name in ("low", "high", "t"):
            number = given.get(name)
            is_number = type(number) in (int, float)
            if number is not None and not (is_number and 0 <= number <= 1):
                rule = "must be a number in [0, 1]"
                raise EngineError(f"call.{name}", "out_of_range", rule, number)
        _check_time(given, process)
        if given.get("protect") is not None:
            given["protect"] = _check_ids(given["protect"], process)
        if form is not None:
            if not isinstance(form, str):
                rule = "must be the name of a form"
                raise EngineError("call.form", "unknown_name", rule, form)
            check_form(process, form)
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Return the options for a manifest.

        Later ones are left out where they say nothing, so that earlier versions of the
        library can read the manifest.
        """
        options = asdict(self)
        for name in _LATER:
            if options[name] is None or options[name] is False:
                del options[name]
        return options


def _check_time(given: Mapping[str, Any], process: ForwardProcess) -> None:
    """Check that one time at most is given, and that nothing else says it.

    Raises:
        EngineError: the timestep does not exist, or the time is given twice.
    """
    if given.get("timestep") is not None:
        steps = process.num_timesteps
        check_integer(given["timestep"], "call.timestep", 0, steps - 1)
    names = [name for name in ("t", "timestep") if given.get(name) is not None]
    ends = [name for name in ("low", "high") if given.get(name) is not None]
    if len(names) == 2 or (names and ends):
        rule = f"must not be given with `{(names + ends)[1]}`"
        raise EngineError(f"call.{names[0]}", "not_together", rule, given[names[0]])


def _check_ids(value: Any, process: ForwardProcess) -> tuple[int, ...]:
    highest = process.vocab_size - 1
    for place, token in enumerate(listed(value, "call.protect")):
        check_integer(token, f"call.protect[{place}]", 0, highest)
    return tuple(value)
