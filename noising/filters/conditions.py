"""Conditions of list filters, with their schemas and error messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.drainage import set_override

NO_NUL = "^[^\\u0000]*$"
"""PostgreSQL cannot store the character NUL."""

LONGEST_TEXT = 200
"""Characters of a text condition at most."""


def choice_condition(
    name: str, choices: Sequence[str] | Mapping[str, str], **options: Any
) -> filters.ChoiceFilter:
    """Return a condition whose value is one of several words.

    Args:
        name: its name in the query.
        choices: the words; forms show the values of a mapping.
        options: options of django-filter.
    """
    shown = choices if isinstance(choices, Mapping) else {c: c for c in choices}
    return filters.ChoiceFilter(
        choices=list(shown.items()),
        empty_label=options.pop("empty_label", "any"),
        error_messages={
            "invalid_choice": f"`{name}` must be one of {', '.join(choices)}, "
            "got %(value)s."
        },
        **options,
    )


def text_condition(name: str, **options: Any) -> filters.CharFilter:
    """Return a condition whose value is text."""
    text = filters.CharFilter(
        max_length=LONGEST_TEXT,
        error_messages={
            "max_length": f"`{name}` must have at most {LONGEST_TEXT} characters.",
            "null_characters_not_allowed": f"`{name}` must not contain NUL.",
        },
        **options,
    )
    schema = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL}
    set_override(text, "field", schema)
    return text
