"""Forms of runs; the services store their values."""

import re
from collections.abc import Collection
from dataclasses import dataclass
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
    BenchmarkConfig,
    UsageError,
)
from benchmarks.corpora import BUILTIN_CORPORA
from benchmarks.names import LONGEST_RUN_NAME, explain_refusal
from noising.dashboard import plots
from noising.dashboard.annotation import AnnotationForm
from noising.engine.randomness import MAX_SEED
from noising.engine.registry import NUM_TIMESTEPS
from noising.models import BenchmarkRun, Corpus, ScheduleConfig
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChoice:
    """A schedule that a run can measure, as the form lists it.

    Attributes:
        name: its name.
        title: its display name; "" if it has none.
        kind: the schedule type.
        graph, timesteps: those that it is stored for; "" for a type, which takes those
            of the others.
        grade: the grade of its verdict; "" if it is not known.
        sparkline: the URL of its image; "" if it has none.
        is_chosen: whether it is to be measured.
    """

    name: str
    kind: str
    title: str = ""
    graph: str = ""
    timesteps: str = ""
    grade: str = ""
    sparkline: str = ""
    is_chosen: bool = False


def _list_choices(chosen: Collection[str]) -> list[ScheduleChoice]:
    """Return the schedules, the chosen ones first, then stored ones, then types.

    The name of a type always means the type.
    """
    types = list_plain_types()
    stored = {config.slug: config for config in ScheduleConfig.objects.for_choice()}
    choices = [
        ScheduleChoice(
            name=slug,
            title=config.title,
            kind=config.schedule_type,
            graph=config.graph_type,
            timesteps=str(config.num_timesteps),
            grade=config.grade,
            sparkline=plots.find_sparkline(config),
            is_chosen=slug in chosen,
        )
        for slug, config in stored.items()
        if slug not in types
    ]
    for name in types:
        # The schedule that is built in under the name of a type looks the same.
        config = stored.get(name)
        is_same = config is not None and config.schedule_type == name
        choices.append(
            ScheduleChoice(
                name=name,
                kind=name,
                grade=config.grade if config and is_same else "",
                sparkline=plots.find_sparkline(config) if config and is_same else "",
                is_chosen=name in chosen,
            )
        )
    return sorted(choices, key=lambda choice: not choice.is_chosen)


def _list_corpora(owner_id: int | None) -> list[Any]:
    """Return the corpora that every worker has, and those of an account, as choices."""
    choices: list[Any] = [(name, name) for name in BUILTIN_CORPORA]
    own = Corpus.objects.of(owner_id).measurable().for_list()
    stored = [(each.reference, f"{each.name}, {each.tokens:,} tokens") for each in own]
    if stored:
        choices.append(("Your data", stored))
    return choices


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
    """The form for a new run in the queue.

    Args:
        owner_id: the account whose corpora it offers; None for a visitor.
    """

    schedules = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        help_text="Stored schedules of one run need the same graph and timesteps; "
        "types have their default parameters and take both from the others.",
    )
    baseline = forms.ChoiceField(
        initial=DEFAULT_BASELINE, help_text="The others are compared with it."
    )
    corpus = forms.ChoiceField(
        initial=DEFAULT_CORPUS,
        help_text="setmm: real Metamath proofs; synthetic: random tokens; your data: "
        "what you stored on the page Data, other than counts.",
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

    def __init__(self, *args: Any, owner_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["corpus"].choices = _list_corpora(owner_id)  # type: ignore[attr-defined]  # of a field with choices
        self.schedule_choices = _list_choices(self["schedules"].value() or ())
        stored = [
            (each.name, each.name) for each in self.schedule_choices if each.graph
        ]
        types = [(name, name) for name in list_plain_types()]
        choices = [("Types, with their default parameters", types)]
        if stored:
            choices.insert(0, ("Stored", stored))
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

    @property
    def most_schedules(self) -> int:
        """Return how many schedules one run may have."""
        most: int = settings.MAX_RUN_SCHEDULES
        return most

    @property
    def others(self) -> list[forms.BoundField]:
        """Return all fields but the schedules, which the page shows as a table."""
        return [field for field in self if field.name != "schedules"]

    def resolve(self) -> BenchmarkConfig | None:
        """Return what to measure; None with errors of the form."""
        if not self.is_valid():
            return None
        given = dict(self.cleaned_data)
        for name in ("notes", "tags"):
            del given[name]
        try:
            return resolve_config(**given | {"seed": int(given["seed"])})
        except UsageError as error:
            field, _, text = str(error).partition(": ")
            if field in self.fields:
                self.add_error(field, text)
            else:
                self.add_error(None, str(error))
        return None

    def create(self, owner: User) -> BenchmarkRun | None:
        """Queue the run; errors of the service become errors of the form."""
        config = self.resolve()
        if config is None:
            return None
        notes, tags = self.cleaned_data["notes"], self.cleaned_data["tags"]
        try:
            return run_create(config=config, owner=owner, notes=notes, tags=tags)
        except REFUSALS as error:
            self.add_error(None, str(error))
        except ValidationError as error:
            self.add_error("tags", ValidationError(error.messages))
        return None
