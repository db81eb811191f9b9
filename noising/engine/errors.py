"""The one exception of the engine: it says what is wrong and what would do."""

from typing import Any

_LONGEST_VALUE = 80


class EngineError(ValueError):
    """A value that the engine cannot take.

    Attributes:
        field: dotted path of the offending value, such as ``schedule.beta_max``.
        code: stable machine-readable name of the rule, such as ``out_of_range``.
        rule: what the value must be, as a clause: "must lie in 0..999".
        value: the value received.
        way_out: what the caller can do, as a clause; may be empty.
    """

    def __init__(
        self, field: str, code: str, rule: str, value: Any, way_out: str = ""
    ) -> None:
        self.field = field
        self.code = code
        self.rule = rule
        self.value = value
        self.way_out = way_out
        sentence = f"`{field}` {rule}, got {shown(value)}"
        super().__init__(f"{sentence}; {way_out}" if way_out else sentence)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the parts, so that the error survives a process pool."""
        parts = (self.field, self.code, self.rule, self.value, self.way_out)
        return (type(self), parts)


def shown(value: Any) -> str:
    """Return `value` as a message may show it: one line, 80 characters at most."""
    if isinstance(value, (list, tuple, dict, set)) and len(value) > _LONGEST_VALUE:
        return f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST_VALUE:
        return f"an integer of {value.bit_length()} bits"
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python writes out no integer of more than 4,300 digits
        return f"a {type(value).__name__} with an integer too long to show"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
