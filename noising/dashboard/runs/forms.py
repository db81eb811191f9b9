"""Forms of runs; the services store their values."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator

from benchmarks.cases import (
    DEFAULT_BASELINE,
    DEFAULT_CORPUS,
    DEFAULT_SAMPLES,
    UsageError,
)
from benchmarks.corpora import BUILTIN_CORPORA
from benchmarks.names import LONGEST_RUN_NAME, explain_refusal
from noising.dashboard.annotation import AnnotationForm
from noising.engine.randomness import MAX_SEED
from noising.engine.registry import NUM_TIMESTEPS
from noising.models import BenchmarkRun, ScheduleConfig
from noising.runs import (
    QueueFullError,
    RunStateError,
    RunTooLargeError,
    list_plain_types,
    resolve_config,
    run_create,
)

REFUSALS = (QueueFullError, RunStateError, RunTooLargeError)
"""Errors of the queue that do not belong to a single field."""


class TimestepsFormField(forms.CharField):
    """Timesteps, typed as numbers separated by commas or blanks."""

    def to_python(self, value: Any) -> Any:
        """Return them in ascending order, each once; None for an empty text."""
        words = re.findall(r"[^\s,]+", super().to_python(value) or "")
        most = int(NUM_TIMESTEPS.high) - 1
        for word in words:
            if not re.fullmatch(r"[0-9]{1,6}", word) or int(word) > most:
                raise ValidationError(
                    f"Timesteps must be integers in 0..{most}, got {word[:40]!r}.",
                    code="invalid",
                )
        return sorted({int(word) for word in words}) or None

    def validate(self, value: Any) -> None:
        """Check the limit on timesteps."""
        super().validate(value)
        most = settings.MAX_RUN_TIMESTEPS
        if value is not None and len(value) > most:
            raise ValidationError(
                f"A queued run may have at most {most} timesteps, got {len(value)}.",
                code="too_many",
            )


def _list_schedule_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the names to choose from; the name of a type always means the type."""
    types = list_plain_types()
    stored = [name for name in ScheduleConfig.objects.names() if name not in types]
    groups = (("Stored", stored), ("Types, with their default parameters", types))
    return [
        (label, [(name, name) for name in names]) for label, names in groups if names
    ]


class RunAnnotationForm(AnnotationForm):
    """Name, notes and tags of a run."""

    name = forms.CharField(
        required=False,
        max_length=LONGEST_RUN_NAME,
        help_text="Empty: a name made from the schedules and the baseline.",
    )
    field_order: tuple[str, ...] = ("name", "notes", "tags")

    def clean_name(self) -> str:
        """Check the rules for names."""
        name: str = self.cleaned_data["name"]
        if refusal := explain_refusal(name):
            raise ValidationError(f"A name {refusal}.", code="invalid")
        return name


class NewRunForm(RunAnnotationForm):
    """The form for a new run in the queue."""

    schedules = forms.MultipleChoiceField(
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="Hold Ctrl or Cmd to select several.",
    )
    baseline = forms.ChoiceField(
        initial=DEFAULT_BASELINE, help_text="The others are compared with it."
    )
    corpus = forms.ChoiceField(
        choices=[(name, name) for name in BUILTIN_CORPORA],
        initial=DEFAULT_CORPUS,
        help_text="setmm: real Metamath proofs; synthetic: random tokens.",
    )
    timesteps = TimestepsFormField(
        required=False,
        help_text="For example 0, 250, 500; empty: eleven, evenly spaced.",
    )
    samples = forms.IntegerField(
        min_value=1,
        initial=DEFAULT_SAMPLES,
        validators=[MaxValueValidator(lambda: settings.MAX_RUN_SAMPLES)],
        help_text="Sequences noised at each timestep.",
    )
    seed = forms.DecimalField(
        min_value=0,
        max_value=MAX_SEED,
        decimal_places=0,
        max_digits=20,
        initial=0,
        help_text="The same seed gives the same results.",
    )

    decision = forms.BooleanField(
        required=False,
        help_text="Also compute which schedule to take for the corpus.",
    )

    field_order = (
        *("name", "schedules", "baseline", "corpus", "timesteps", "samples", "seed"),
        *("decision", "notes", "tags"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = _list_schedule_choices()
        for name in ("schedules", "baseline"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # of a field with choices
        self.fields["samples"].widget.attrs["max"] = settings.MAX_RUN_SAMPLES

    def clean_schedules(self) -> list[str]:
        """Check the limit on schedules."""
        names: list[str] = self.cleaned_data["schedules"]
        most = settings.MAX_RUN_SCHEDULES
        if len(names) > most:
            raise ValidationError(
                f"A queued run may have at most {most} schedules besides the baseline, "
                f"got {len(names)}.",
                code="too_many",
            )
        return names

    def create(self, owner: User) -> BenchmarkRun | None:
        """Queue the run; errors of the service become errors of the form."""
        if not self.is_valid():
            return None
        given = dict(self.cleaned_data)
        notes, tags = given.pop("notes"), given.pop("tags")
        try:
            config = resolve_config(**given | {"seed": int(given["seed"])})
            return run_create(config=config, owner=owner, notes=notes, tags=tags)
        except UsageError as error:
            field, _, text = str(error).partition(": ")
            if field in self.fields:
                self.add_error(field, text)
            else:
                self.add_error(None, str(error))
        except REFUSALS as error:
            self.add_error(None, str(error))
        except ValidationError as error:
            self.add_error("tags", ValidationError(error.messages))
        return None
