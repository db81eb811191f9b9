"""The form for notes and tags of schedules, runs and audits, and names of runs."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from noising.form_fields import LongTextFormField, TagsFormField
from noising.models import LONGEST_NOTES, Audit, BenchmarkRun, ScheduleConfig

Annotated = ScheduleConfig | BenchmarkRun | Audit
Save = Callable[..., object]


class AnnotationForm(forms.Form):
    """Notes and tags."""

    notes = LongTextFormField(
        required=False,
        max_length=LONGEST_NOTES,
    )
    tags = TagsFormField()

    def save(self, write: Save) -> bool:
        """Store notes and tags; return whether they were stored.

        Args:
            write: the service that stores both; it takes them by keyword.
        """
        if not self.is_valid():
            return False
        try:
            write(**self.cleaned_data)
        except ValidationError as error:
            for field, texts in error.message_dict.items():
                self.add_error(field if field in self.fields else "tags", texts)
            return False
        return True


def edit_annotation(
    request: HttpRequest,
    annotated: Annotated,
    write: Save,
    *,
    section: str,
    title: str,
    form_class: type[AnnotationForm] = AnnotationForm,
) -> HttpResponse:
    """Show the form, or store its values and redirect to the page of the object.

    Args:
        request: the request of an account that may change the object.
        annotated: the schedule, run or audit.
        write: the service that stores them.
        section: the section of the site, whose list the page links to.
        title: the title of the page.
        form_class: the form, whose fields are attributes of the object.
    """
    form = form_class(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(annotated, name) for name in form_class.base_fields},
    )
    if form.is_bound and form.save(write):
        messages.success(request, "The changes are stored.")
        return redirect(annotated)
    context = {
        "section": section,
        "list_route": f"pages:{section}",
        "title": title,
        "form": form,
        "kept": annotated,
    }
    status = 422 if form.is_bound else 200
    return render(request, "pages/annotation.html", context, status=status)
