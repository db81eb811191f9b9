"""Terms with their meanings, and sentences that quote names with backticks."""

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from noising.documents import Term, load_terms, split_by_terms

register = template.Library()


@register.simple_tag(takes_context=True)
def term(context: Context, name: str, label: str = "") -> SafeString | str:
    """Return the first use of a term on a page as a link to its meaning.

    Args:
        context: of the template; its request remembers what the page has marked.
        name: the term, as in the glossary.
        label: the text of the link; by default the term.
    """
    return _mark(context, load_terms()[name.lower()], label or name)


@register.simple_tag(takes_context=True)
def terms(context: Context, text: object) -> SafeString | str:
    """Return a text as HTML, with the terms that the page has not marked yet marked."""
    text = str(text)
    if isinstance(text, SafeString):
        return text
    parts = (
        (conditional_escape(part) if found is None else _mark(context, found, part),)
        for part, found in split_by_terms(text)
    )
    return format_html_join("", "{}", parts)


@register.simple_tag
def term_sign(label: object) -> SafeString | str:
    """Return a question mark that links to the first term of a field's label."""
    for _, found in split_by_terms(str(label)):
        if found is not None:
            return _link(found, "?", f"What is “{found.name}”?")
    return ""


def _mark(context: Context, entry: Term, label: str) -> SafeString | str:
    request = context.get("request")
    marked = (
        set() if request is None else vars(request).setdefault("marked_terms", set())
    )
    if entry.anchor in marked:
        return label
    marked.add(entry.anchor)
    return _link(entry, label)


def _link(entry: Term, text: str, spoken: str = "") -> SafeString:
    page = reverse("pages:help-document", kwargs={"name": "glossary"})
    return format_html(
        '<a class="term{}" href="{}#{}" title="{}"{}>{}</a>',
        " term-sign" if spoken else "",
        page,
        entry.anchor,
        entry.meaning,
        format_html(' aria-label="{}"', spoken) if spoken else "",
        text,
    )


@register.filter
def code(text: object) -> SafeString:
    """Return sentences as HTML; what is between backticks on a line becomes code."""
    escaped = (
        conditional_escape(str(text)) if not isinstance(text, SafeString) else text
    )
    lines = "\n".join(map(_set_code, escaped.split("\n")))
    return mark_safe(lines)  # noqa: S308 - they are escaped


def _set_code(line: str) -> str:
    parts = line.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return line
    pieces = [
        f"<code>{part}</code>" if place % 2 else part
        for place, part in enumerate(parts)
    ]
    return "".join(pieces)
