"""The engine's exception, which names the invalid value, the rule and a remedy."""

from typing import Any

_LONGEST_VALUE = 80


class EngineError(ValueError):
    """The engine was given an invalid value.

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
        sentence = f"`{field}` {rule}, got {format_value(value)}"
        super().__init__(f"{sentence}; {way_out}" if way_out else sentence)

    @property
    def sentence(self) -> str:
        """The message with the mark at its end that a sentence has."""
        text = str(self)
        return text if text.endswith((".", "?", "!")) else f"{text}."

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, so that the error survives a process pool."""
        parts = (self.field, self.code, self.rule, self.value, self.way_out)
        return (type(self), parts)


def format_value(value: Any) -> str:
    """Return `value` as text for a message: one line of at most 80 characters."""
    if isinstance(value, (list, tuple, dict, set)) and len(value) > _LONGEST_VALUE:
        return f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST_VALUE:
        return f"an integer of {value.bit_length()} bits"
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to print integers of over 4,300 digits
        return f"a {type(value).__name__} with an integer too long to show"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
