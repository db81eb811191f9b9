"""The playground's form, whose values are the query of the page's URL."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final, Self, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict

from noising.configured import default_tokenizer, tokenizer_names
from noising.dashboard.parameters import PARTS, ParameterField, make_fields
from noising.dashboard.playground.examples import PROOF
from noising.engine import GRAPH_TYPES, HYPERSCHEDULE_TYPES, SCHEDULE_TYPES
from noising.engine.randomness import MAX_SEED
from noising.engine.registry import NUM_TIMESTEPS
from noising.form_fields import LongTextFormField
from noising.models import LONGEST_NAME
from noising.tokenizers import TOKEN_TYPES

MOST_CHARACTERS: Final = 4_000
"""Characters of a text, which must fit into a URL: servers read 8 KiB."""

TIMESTEPS: Final = "num_timesteps"

FROM_TEXT: Final[Mapping[str, frozenset[str]]] = {
    "token_types": frozenset({"hyperschedule.classes", "hyperschedule.weights"})
}
"""Parameters without a field, by type: the text and other fields give them."""


class LinkedForm(forms.Form):
    """A form with the values of a query, and defaults for the missing ones."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        prefix: str | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, initial=initial)

    @classmethod
    def of(cls, query: QueryDict, **options: Any) -> Self:
        """Return the form with the values of a query."""
        blank = cls(**options)
        filled = query.copy()
        for field in blank:
            if field.html_name not in filled and field.initial is not None:
                filled[field.html_name] = str(field.value())
        return cls(filled, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterFields:
    """The fields of the parameters of a type."""

    part: str
    type: str
    fields: Sequence[forms.BoundField]


def make_parameter_fields(part: str, kind: str) -> dict[str, forms.Field]:
    """Return a field for each parameter of a type, by path; none for no type."""
    if kind not in PARTS[part]:
        return {}
    left_out = FROM_TEXT.get(kind, frozenset())
    return {
        path: field
        for path, field in make_fields(part, PARTS[part][kind]).items()
        if path not in left_out
    }


@cache
def list_parameter_fields() -> list[ParameterFields]:
    """Return the empty fields of every type, for the script of the page."""
    listed = []
    for part, table in PARTS.items():
        for kind in table:
            form = forms.Form(label_suffix="")
            form.fields |= make_parameter_fields(part, kind)
            listed.append(ParameterFields(part=part, type=kind, fields=list(form)))
    return listed


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

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        prefix: str,
        types: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, initial=dict(self.INITIAL[prefix]))
        self.types = types or self.INITIAL[prefix]
        for name in TOKEN_TYPES:
            self.fields[name] = forms.FloatField(
                initial=settings.TOKEN_TYPE_WEIGHTS[name],
                label=f"{name.capitalize()} weight",
                widget=forms.NumberInput({"step": "any", "min": "0"}),
            )
        self.fields[TIMESTEPS] = ParameterField(
            TIMESTEPS, NUM_TIMESTEPS, label="Timesteps"
        )
        for part in PARTS:
            self.fields |= make_parameter_fields(part, self.types.get(part, ""))

    @classmethod
    def of(cls, query: QueryDict, **options: Any) -> Self:
        """Return the form with the values of a query, and fields for its types."""
        prefix = options["prefix"]
        initial = cls.INITIAL[prefix]
        types = {
            part: query.get(f"{prefix}-{part}", initial.get(part, "")) for part in PARTS
        }
        return super().of(query, types=types, **options)

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
    def timesteps_field(self) -> forms.BoundField:
        """Return the field of the number of timesteps, for the template."""
        return self[TIMESTEPS]

    @property
    def parameter_fields(self) -> list[ParameterFields]:
        """Return the fields of the parameters of each part, for the template."""
        return [
            ParameterFields(
                part=part,
                type=self.types.get(part, ""),
                fields=[self[n] for n in self.fields if n.startswith(f"{part}.")],
            )
            for part in PARTS
        ]

    @property
    def has_parameters(self) -> bool:
        """Return whether a parameter has an error or is not the default."""
        wrong = [name for name in self.errors if name in self.fields]
        return any(
            isinstance(self.fields[name], ParameterField) for name in wrong
        ) or bool(self.read_parameters(""))

    def read_parameters(self, prefix: str) -> dict[str, Any]:
        """Return the parameters that are not the default, of a form that was checked.

        Args:
            prefix: the beginning of their paths, which their keys lack.
        """
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if isinstance(field := self.fields[name], ParameterField)
            and name.startswith(prefix)
            and value is not None
            and value != field.parameter.default
        }

    @property
    def weights(self) -> dict[str, float]:
        """Return the weight of each token type of a valid form."""
        return {name: self.cleaned_data[name] for name in TOKEN_TYPES}
