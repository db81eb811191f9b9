"""Notes and tags: what people say about schedules and runs, in one form."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from noising.form_fields import TagsField
from noising.models import BenchmarkRun, ScheduleConfig

Kept = ScheduleConfig | BenchmarkRun
Write = Callable[..., object]


class AnnotationForm(forms.Form):
    """Notes and tags."""

    notes = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    tags = TagsField()

    def save(self, write: Write) -> bool:
        """Store notes and tags; return whether that worked.

        Args:
            write: the service, which takes both by keyword.
        """
        if not self.is_valid():
            return False
        try:
            write(**self.cleaned_data)
        except ValidationError as error:
            self.add_error("tags", ValidationError(error.messages))
            return False
        return True


def annotated(
    request: HttpRequest, kept: Kept, write: Write, *, section: str, title: str
) -> HttpResponse:
    """Show the form, or store what it was given and lead back to the page.

    Args:
        request: the request, of somebody who may change it.
        kept: what the notes are about.
        write: the service that stores them.
        section: of the site.
        title: what it is called.
    """
    form = AnnotationForm(
        request.POST if request.method == "POST" else None,
        initial={"notes": kept.notes, "tags": kept.tags},
    )
    if form.is_bound and form.save(write):
        messages.success(request, "Notes and tags are stored.")
        return redirect(kept)
    context = {"section": section, "title": title, "form": form, "kept": kept}
    status = 422 if form.is_bound else 200
    return render(request, "pages/annotation.html", context, status=status)
