"""Forms of schedules; the services store their values."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from noising import services
from noising.dashboard.annotation import AnnotationForm
from noising.form_fields import SpecificationFormField
from noising.models import LONGEST_NAME, LONGEST_TITLE, ScheduleConfig


class ScheduleAnnotationForm(AnnotationForm):
    """Display name, notes and tags."""

    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        label="Display name",
        help_text="What pages show in place of the name; it can change.",
    )

    field_order: tuple[str, ...] = ("title", "notes", "tags")


class NewScheduleForm(ScheduleAnnotationForm):
    """The form for a new schedule."""

    name = forms.SlugField(
        max_length=LONGEST_NAME,
        help_text="Letters, digits, - and _. It cannot be changed later.",
    )
    specification = SpecificationFormField(
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
        help_text="The noise process as JSON. Everything has a default except the "
        "required parameters of some types.",
    )

    field_order = ("name", "title", "specification", "notes", "tags")

    def create(self, owner: User) -> ScheduleConfig | None:
        """Store the schedule; errors of the service become errors of the form."""
        if not self.is_valid():
            return None
        given: dict[str, Any] = dict(self.cleaned_data)
        try:
            return services.schedule_create(
                slug=given.pop("name"), owner=owner, **given
            )
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                known = {"slug": "name"}.get(field, field)
                self.add_error(known if known in self.fields else None, messages)
            return None
