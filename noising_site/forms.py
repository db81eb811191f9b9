"""Renders the forms of pages and admin."""

from typing import Any

from django.forms import BoundField
from django.forms.renderers import TemplatesSetting


class PlainBoundField(BoundField):
    """A field whose label has nothing after it, in place of Django's colon."""

    def label_tag(
        self,
        contents: Any = None,
        attrs: Any = None,
        label_suffix: str | None = None,
        tag: str | None = None,
    ) -> Any:
        """Return the label, or the legend, without the suffix."""
        return super().label_tag(contents, attrs, "", tag)


class FormRenderer(TemplatesSetting):
    """Takes templates/django/forms/ before Django's own, and labels without colons.

    The templates' errors quote names with backticks.
    """

    bound_field_class = PlainBoundField
