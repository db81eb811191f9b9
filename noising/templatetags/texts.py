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
    sentence = (
        conditional_escape(str(text)) if not isinstance(text, SafeString) else text
    )
    parts = sentence.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return sentence
    pieces = [
        f"<code>{part}</code>" if place % 2 else part
        for place, part in enumerate(parts)
    ]
    return mark_safe("".join(pieces))  # noqa: S308 - the sentence is escaped
