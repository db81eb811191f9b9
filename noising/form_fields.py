"""Fields of forms, in admin and on pages: tags as words, specifications as JSON."""

import json
from typing import Any

from django import forms
from django.conf import settings

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


class TagsFormField(forms.CharField):
    """A list of tags, typed as words between commas."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", "Separate tags with commas.")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as text; leave what was typed as it is."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the tags, without surrounding spaces and empty ones."""
        typed = super().to_python(value) or ""
        return [tag for tag in (part.strip() for part in typed.split(",")) if tag]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists, not the spaces between them."""
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
        """Show a specification in lines; leave what was typed as it is."""
        if isinstance(value, dict):
            return json.dumps(value, indent=2)
        return super().prepare_value(value)

    def validate(self, value: Any) -> None:
        """Refuse what describes no process."""
        super().validate(value)
        if isinstance(value, dict):
            _check_cost(value)
        try:
            process = build_process(value)
        except EngineError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        if process.vocab_size > settings.MAX_PROBABILITIES:
            raise forms.ValidationError(
                f"The linter needs `vocab_size` of at most {settings.MAX_PROBABILITIES}"
                f", got {process.vocab_size}.",
                code="too_large",
            )


def _check_cost(specification: dict[str, Any]) -> None:
    """Refuse before it is built what would keep a worker busy for long."""
    seconds = storing_seconds(specification)
    if seconds > settings.MAX_WORK_SECONDS:
        raise forms.ValidationError(
            f"Building and linting this would take about {seconds:.1f} s; at most "
            f"{settings.MAX_WORK_SECONDS:g} s are allowed. Matrix graphs, many "
            "timesteps, and information over large vocabularies are slow.",
            code="too_costly",
        )
