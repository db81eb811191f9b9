"""Forms of schedules; the services store their values."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict

from noising import services
from noising.budget import TooCostlyError
from noising.dashboard.annotation import AnnotationForm
from noising.dashboard.parameters import SpecificationForm
from noising.engine import EngineError
from noising.form_fields import SpecificationFormField, check_specification
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
    """The form for a new schedule: fields, or JSON, which is used if it is given.

    Attributes:
        process: the fields of the noise process.
        uses_json: whether the form has JSON.
    """

    name = forms.SlugField(
        max_length=LONGEST_NAME,
        error_messages={"invalid": "Letters, digits, - and _ only."},
        help_text="Letters, digits, - and _. It cannot be changed later.",
    )
    specification = SpecificationFormField(
        required=False,
        initial=None,
        label="Specification as JSON",
        widget=forms.Textarea(
            attrs={"rows": 18, "spellcheck": "false", "class": "code"}
        ),
        help_text="Used instead of the fields. Missing keys have their defaults.",
    )

    field_order = ("name", "title", "specification", "notes", "tags")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        given = dict(initial or {})
        specification = given.get("specification")
        if _is_valid(specification):
            del given["specification"]  # the fields show it
        else:
            specification = None
        super().__init__(data, initial=given)
        text = data.get("specification", "") if data is not None else ""
        self.uses_json = bool(text.strip() or given.get("specification"))
        if data is not None and not self.uses_json:
            self.process = SpecificationForm(data)
        else:
            shown = specification if data is None else _read_json(text)
            self.process = SpecificationForm(specification=shown)

    def clean_specification(self) -> Any:
        """Refuse JSON such as `""`, which the field takes for an empty value."""
        specification = self.cleaned_data["specification"]
        if self.uses_json and not isinstance(specification, dict):
            raise ValidationError("Enter a JSON object.", code="not_an_object")
        return specification

    @property
    def others(self) -> list[forms.BoundField]:
        """Return the fields besides the name and the noise process."""
        return [field for field in self if field.name not in ("name", "specification")]

    @classmethod
    def from_typed(cls, data: QueryDict) -> Self:
        """Return the form with what was typed, and the fields of the types in it."""
        typed = data.dict()
        names = [name for name in cls.base_fields if name != "specification"]
        form = cls(initial={name: typed.get(name) for name in names})
        form.process = SpecificationForm(typed=typed)
        return form

    def create(self, owner: User) -> ScheduleConfig | None:
        """Store the schedule; errors of the service become errors of the form."""
        is_valid = self.is_valid()  # both are checked, so that all errors are shown
        if not (self.uses_json or self.process.is_valid()) or not is_valid:
            return None
        given: dict[str, Any] = dict(self.cleaned_data)
        if not self.uses_json:
            given["specification"] = self.process.specification
        try:
            return services.schedule_create(
                slug=given.pop("name"), owner=owner, **given
            )
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                known = {"slug": "name"}.get(field, field)
                self.add_error(known if known in self.fields else None, messages)
            return None


def _is_valid(specification: Any) -> bool:
    try:
        check_specification(specification)
    except (EngineError, TooCostlyError):
        return False
    return True


def _read_json(text: str) -> Mapping[str, Any] | None:
    """Return the specification of a JSON text, if it is one, to show it in fields."""
    value = SpecificationFormField().bound_data(text, None)
    return value if isinstance(value, dict) else None
