"""Filters for the sentences of the library, which quote names with backticks."""

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def code(text: object) -> SafeString:
    """Return a sentence as HTML, with what is between backticks set as code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return conditional_escape(text)
    pieces = [
        format_html("<code>{}</code>", part) if place % 2 else conditional_escape(part)
        for place, part in enumerate(parts)
    ]
    return mark_safe("".join(pieces))  # noqa: S308 - each piece is escaped
