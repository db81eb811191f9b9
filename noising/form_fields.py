"""Form fields for admin and pages: tags as words, specifications as JSON."""

import json
from typing import Any

from django import forms

from noising.budget import TooCostlyError, check_seconds, check_vocab_size
from noising.engine import EngineError, build_process
from noising.engine.effort import storing_seconds

INITIAL_SPECIFICATION = {
    "vocab_size": 50257,
    "num_timesteps": 1000,
    "schedule": {"type": "cosine"},
    "graph": {"type": "uniform"},
    "hyperschedule": None,
}
"""The specification that a form for a new schedule shows first."""


def check_specification(specification: Any) -> None:
    """Check that a noise process is valid, and not too costly to build and to lint.

    Raises:
        EngineError: it is not valid.
        TooCostlyError: it would take too much time or memory.
    """
    if isinstance(specification, dict):
        check_seconds(storing_seconds(specification), "to build and to lint")
    check_vocab_size(build_process(specification).vocab_size)


class LongTextFormField(forms.CharField):
    """Text with a largest length, for a text area.

    The page does not cut what is typed or pasted, as Django's attribute `maxlength`
    would without a word; the error names both lengths.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of the widget, without `maxlength`."""
        attributes = super().widget_attrs(widget)
        attributes.pop("maxlength", None)
        return attributes


class TagsFormField(forms.CharField):
    """A list of tags, typed as words separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", "Separate tags with commas.")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return a list as text, and typed text unchanged."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the tags without surrounding spaces; leave out empty ones."""
        typed = super().to_python(value) or ""
        return [tag for tag in (part.strip() for part in typed.split(",")) if tag]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists; spaces between tags do not count."""
        return bool((initial or []) != self.to_python(data))


class StrictJSONDecoder(json.JSONDecoder):
    """Raises JSONDecodeError for every text that is not valid JSON.

    The base class raises other errors for numbers of thousands of digits and for
    nesting thousands deep.
    """

    def decode(self, s: str, *args: Any) -> Any:
        """Return the parsed JSON."""
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), s, 0) from error


class SpecificationFormField(forms.JSONField):
    """A noise process as JSON; errors of the engine become errors of the field."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", INITIAL_SPECIFICATION)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 14, "cols": 70}))
        super().__init__(decoder=StrictJSONDecoder, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return a specification as indented text, and typed text unchanged."""
        if value is None:
            return ""
        if isinstance(value, dict):
            return json.dumps(value, indent=2)
        return super().prepare_value(value)

    def validate(self, value: Any) -> None:
        """Refuse a specification that is not valid or too costly."""
        super().validate(value)
        if value in self.empty_values:
            return
        try:
            check_specification(value)
        except (EngineError, TooCostlyError) as error:
            raise forms.ValidationError(str(error), code=error.code) from error
