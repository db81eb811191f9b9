"""The playground's form, whose values are the query of the page's URL."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict

from noising.configured import default_tokenizer, tokenizer_names
from noising.dashboard.playground.examples import PROOF
from noising.engine import GRAPH_TYPES, HYPERSCHEDULE_TYPES, SCHEDULE_TYPES
from noising.engine.randomness import MAX_SEED
from noising.form_fields import LongTextFormField
from noising.models import LONGEST_NAME
from noising.tokenizers import TOKEN_TYPES

MOST_CHARACTERS: Final = 4_000
"""Characters of a text, which must fit into a URL: servers read 8 KiB."""

PARTS: Final = ("num_timesteps", "schedule", "graph", "hyperschedule")
"""The keys of a process's parameters."""


class LinkedForm(forms.Form):
    """A form with the values of a query, and defaults for the missing ones."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        prefix: str | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, initial=initial, label_suffix="")

    @classmethod
    def of(cls, query: QueryDict, **options: Any) -> Self:
        """Return the form with the values of a query."""
        blank = cls(**options)
        filled = query.copy()
        for field in blank:
            initial = field.initial
            if field.html_name not in filled and initial is not None:
                filled[field.html_name] = str(initial)
        return cls(filled, **options)


def _list_choices(names: Iterator[str] | Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class PlaygroundForm(LinkedForm):
    """The form for text, seed, timestep and protected tokens."""

    text = LongTextFormField(
        initial=PROOF,
        max_length=MOST_CHARACTERS,
        strip=False,
        error_messages={"required": "Enter a text."},
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )
    tokenizer = forms.ChoiceField(
        initial=default_tokenizer,
        choices=lambda: _list_choices(iter(tokenizer_names())),
    )
    seed = forms.IntegerField(
        initial=7,
        min_value=0,
        max_value=MAX_SEED,
        # Larger integers are not exact in JavaScript.
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    timestep = forms.IntegerField(initial=500, min_value=0, label="Timestep")
    protect_types = forms.MultipleChoiceField(
        required=False,
        choices=_list_choices(iter(TOKEN_TYPES)),
        label="Protect tokens of a type",
        widget=forms.CheckboxSelectMultiple,
    )
    protect = forms.CharField(
        required=False,
        label="Protect positions",
        help_text="Counted from 0, separated by commas.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    compare = forms.BooleanField(required=False, label="Compare with a second process")

    def clean_text(self) -> str:
        """Return the text with line feeds as line ends."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def clean_protect(self) -> list[int]:
        """Return the positions, ascending, each once."""
        words = self.cleaned_data["protect"].replace(",", " ").split()
        for word in words:
            if not (word.isascii() and word.isdigit() and len(word) <= 9):
                raise ValidationError(
                    f"A position must be a whole number from 0, got {word[:60]!r}."
                )
        return sorted({int(word) for word in words})


class ProcessForm(LinkedForm):
    """The form for one process: a stored schedule, or types of schedule and graph."""

    INITIAL: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "a": {"schedule": "cosine", "graph": "uniform"},
        "b": {"schedule": "sedd_entropy", "graph": "absorbing"},
    }

    stored = forms.CharField(
        required=False,
        max_length=LONGEST_NAME,
        label="Stored schedule",
        widget=forms.Select,
    )
    schedule = forms.ChoiceField(choices=_list_choices(SCHEDULE_TYPES))
    graph = forms.ChoiceField(choices=_list_choices(GRAPH_TYPES))
    hyperschedule = forms.ChoiceField(
        required=False, choices=[("", "none"), *_list_choices(HYPERSCHEDULE_TYPES)]
    )
    parameters = LongTextFormField(
        required=False,
        max_length=MOST_CHARACTERS,
        help_text='JSON, such as {"num_timesteps": 100, "schedule": '
        '{"beta_max": 0.05}, "hyperschedule": {"width": 8}}.',
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, data: QueryDict | None = None, *, prefix: str) -> None:
        super().__init__(data, prefix=prefix, initial=dict(self.INITIAL[prefix]))
        for name in TOKEN_TYPES:
            self.fields[name] = forms.FloatField(
                initial=settings.TOKEN_TYPE_WEIGHTS[name],
                label=f"{name.capitalize()} weight",
                widget=forms.NumberInput({"step": "any", "min": "0"}),
            )

    def offer(self, schedules: Mapping[int, Sequence[str]]) -> None:
        """Offer stored schedules; a name of the query that is unknown stays selected.

        Args:
            schedules: the names by size of vocabulary.
        """
        groups = [
            (f"{size:,} ids", [(name, name) for name in names])
            for size, names in schedules.items()
        ]
        chosen = self["stored"].value()
        if chosen and not any(chosen in names for names in schedules.values()):
            groups.append(("Unknown", [(chosen, chosen)]))
        field = cast(forms.CharField, self.fields["stored"])
        field.widget.choices = [("", "none: the types below"), *groups]

    @property
    def weight_fields(self) -> list[forms.BoundField]:
        """Return the fields of the weights, for the template."""
        return [self[name] for name in TOKEN_TYPES]

    @property
    def weights(self) -> dict[str, float]:
        """Return the weight of each token type of a valid form."""
        return {name: self.cleaned_data[name] for name in TOKEN_TYPES}

    def clean_parameters(self) -> dict[str, Any]:
        """Return the parameters by part of the specification."""
        text = self.cleaned_data["parameters"]
        if not text.strip():
            return {}
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"This is not valid JSON: {error}.") from None
        if not isinstance(given, dict):
            raise ValidationError("The parameters must be a JSON object.")
        unknown = [key for key in given if key not in PARTS]
        if unknown:
            raise ValidationError(
                f"The parameters may have {', '.join(PARTS)}, got {unknown[0][:60]!r}."
            )
        for name in PARTS[1:]:
            if not isinstance(given.get(name, {}), dict):
                raise ValidationError(f"{name} must be an object of parameters.")
            if "type" in given.get(name, {}):
                raise ValidationError(
                    f"The type of the {name} is chosen above; leave it out here."
                )
        return given

    def clean(self) -> dict[str, Any]:
        """Refuse parameters that a stored schedule already has."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        unusable = [
            key for key in values.get("parameters", {}) if key != "hyperschedule"
        ]
        if values.get("stored") and unusable:
            self.add_error(
                "parameters",
                f"A stored schedule has its own {unusable[0]}: leave it out, or choose "
                "the types instead.",
            )
        parts = values.get("parameters", {})
        if parts.get("hyperschedule") and not values.get("hyperschedule"):
            self.add_error("parameters", "These need a hyperschedule: choose its type.")
        return values
