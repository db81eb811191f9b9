"""Filters for the sentences of the library, which quote names with backticks."""

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from noising.documents import load_terms

register = template.Library()


@register.simple_tag
def term(name: str, label: str = "") -> SafeString:
    """Return a term as a link to the glossary, with its meaning as the tooltip.

    Args:
        name: the term, as in the glossary.
        label: the text of the link; by default the term.
    """
    entry = load_terms()[name]
    page = reverse("pages:help-document", kwargs={"name": "glossary"})
    return format_html(
        '<a class="term" href="{}#{}" title="{}">{}</a>',
        page,
        entry.anchor,
        entry.meaning,
        label or name,
    )


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
