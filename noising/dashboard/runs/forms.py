"""Forms about runs; what they are given the services write."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from benchmarks.cases import (
    DEFAULT_BASELINE,
    DEFAULT_CORPUS,
    DEFAULT_SAMPLES,
    MAX_SEED,
    UsageError,
)
from benchmarks.corpora import BUILTIN_CORPORA
from noising import services
from noising.dashboard.annotation import AnnotationForm
from noising.engine.registry import NUM_TIMESTEPS
from noising.models import BenchmarkRun, ScheduleConfig
from noising.services import QueueFullError, RunStateError, RunTooLargeError

REFUSALS = (QueueFullError, RunStateError, RunTooLargeError)
"""What the queue refuses that no single field is to blame for."""


class TimestepsField(forms.CharField):
    """Some timesteps, typed as numbers between commas or blanks."""

    def to_python(self, value: Any) -> Any:
        """Return them in ascending order, each once; None for none."""
        words = re.findall(r"[^\s,]+", super().to_python(value) or "")
        most = int(NUM_TIMESTEPS.high) - 1
        for word in words:
            if not re.fullmatch(r"\d{1,6}", word) or int(word) > most:
                raise ValidationError(
                    f"Timesteps are whole numbers in 0..{most}, got {word[:40]!r}.",
                    code="invalid",
                )
        return sorted({int(word) for word in words}) or None


class NewRunForm(AnnotationForm):
    """A run that is to be put into the queue."""

    schedules = forms.MultipleChoiceField(
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="Hold Ctrl or Cmd to choose several.",
    )
    baseline = forms.CharField(
        max_length=100,
        initial=DEFAULT_BASELINE,
        help_text="What the others are compared with: a stored schedule or a type.",
    )
    corpus = forms.ChoiceField(
        choices=[(name, name) for name in BUILTIN_CORPORA],
        initial=DEFAULT_CORPUS,
        help_text="setmm: real proofs of Metamath; synthetic: made-up tokens.",
    )
    timesteps = TimestepsField(
        required=False, help_text="Such as 0, 250, 500; by default eleven, evenly."
    )
    samples = forms.IntegerField(
        min_value=1,
        initial=DEFAULT_SAMPLES,
        help_text="Sequences noised at each timestep.",
    )
    seed = forms.DecimalField(
        min_value=0,
        max_value=MAX_SEED,
        decimal_places=0,
        max_digits=20,
        initial=0,
        help_text="The same seed measures the same.",
    )

    field_order = (
        *("schedules", "baseline", "corpus", "timesteps", "samples", "seed"),
        *("notes", "tags"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ScheduleConfig.objects.names()
        schedules = self.fields["schedules"]
        schedules.choices = [(name, name) for name in names]  # type: ignore[attr-defined]  # of a field with choices
        self.fields["samples"].max_value = settings.MAX_RUN_SAMPLES  # type: ignore[attr-defined]  # of a number

    def create(self, owner: User) -> BenchmarkRun | None:
        """Put the run into the queue, or keep what stands against it as errors."""
        if not self.is_valid():
            return None
        given = dict(self.cleaned_data)
        notes, tags = given.pop("notes"), given.pop("tags")
        try:
            config = services.asked_config(**given | {"seed": int(given["seed"])})
            return services.run_create(
                config=config, owner=owner, notes=notes, tags=tags
            )
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
