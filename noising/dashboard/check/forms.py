"""The form of a noise process to check, whose values are the query of the page."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from noising.budget import TooCostlyError, check_seconds, check_vocab_size
from noising.dashboard.parameters import PARTS, make_fields
from noising.engine import GRAPH_TYPES, PRESETS, EngineError
from noising.engine import build_process as build
from noising.engine.effort import storing_seconds
from noising.engine.importers import SOURCES
from noising.engine.importers.detection import AUTO, import_from
from noising.engine.importers.document import MAX_TEXT
from noising.engine.parameters import REQUIRED, Integer
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE
from noising.form_fields import LongTextFormField, SpecificationFormField
from noising.runs import list_plain_types

LONGEST_TEXT: Final = 3_000
"""Characters of a specification in the query: servers read lines of 8 KiB."""


def _list_plain_graphs() -> list[tuple[str, str]]:
    """Return the graphs that need no parameters, as choices."""
    return [
        (name, name)
        for name, kind in GRAPH_TYPES.items()
        if all(each.default is not REQUIRED for each in kind.PARAMETERS.values())
    ]


class SizeField(forms.IntegerField):
    """An optional size of a process, within the limits of the engine's parameter."""

    def __init__(self, parameter: Integer, *, label: str, help_text: str) -> None:
        super().__init__(
            required=False,
            label=label,
            min_value=parameter.low,
            max_value=parameter.high,
            help_text=help_text,
        )


class CheckForm(forms.Form):
    """A schedule type or a published model, or a specification in its place.

    The types in the query have fields for their parameters, which the page shows next
    to the verdict. ``of`` and ``graph-of`` name the types that their values are of.
    """

    schedule = forms.ChoiceField(
        required=False,
        initial="linear",
        choices=[
            ("Schedule types", [(name, name) for name in list_plain_types()]),
            ("Published models", [(key, each.title) for key, each in PRESETS.items()]),
        ],
    )
    num_timesteps = SizeField(
        NUM_TIMESTEPS, label="Timesteps", help_text="Empty: the model's, or 1000."
    )
    graph = forms.ChoiceField(
        required=False,
        choices=[("", "the model's, or uniform"), *_list_plain_graphs()],
    )
    vocab_size = SizeField(
        VOCAB_SIZE, label="Vocabulary", help_text="Empty: the model's, or 50257."
    )
    specification = SpecificationFormField(
        required=False,
        initial=None,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        label="Specification as JSON",
        help_text="Used instead of the fields above.",
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        query = QueryDict(mutable=True) if data is None else data.copy()
        self.parameters: dict[str, list[str]] = {}
        added: dict[str, forms.Field] = {}
        for part, marker in (("schedule", "of"), ("graph", "graph-of")):
            name = query.get(part)
            if name is None or name not in PARTS[part] or query.get("specification"):
                continue
            fields = make_fields(part, PARTS[part][name])
            is_of_type = query.get(marker) == name
            for path, field in fields.items():
                if not is_of_type or path not in query:
                    query[path] = field.widget.attrs["data-default"]
            self.parameters[part] = list(fields)
            added |= fields
        super().__init__(None if data is None else query)
        self.fields |= added

    @property
    def choices(self) -> list[forms.BoundField]:
        """Return the fields that every type has."""
        return [self[name] for name in self.base_fields if name != "specification"]

    @property
    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Return marker, type and fields of each part that has parameters."""
        return [
            (
                "of" if part == "schedule" else f"{part}-of",
                self.data[part],
                [self[path] for path in paths],
            )
            for part, paths in self.parameters.items()
            if paths
        ]

    def clean_specification(self) -> Mapping[str, Any] | None:
        """Return the specification, if it fits into a URL."""
        specification: Mapping[str, Any] | None = self.cleaned_data["specification"]
        size = len(self.data.get("specification", ""))
        if size > LONGEST_TEXT:
            raise ValidationError(
                f"At most {LONGEST_TEXT:,} characters fit into the URL, got {size:,}: "
                "use `noising lint`, or store the schedule."
            )
        return specification

    def clean(self) -> dict[str, Any]:
        """Add ``process``, the specification that was given or selected."""
        values = super().clean() or {}
        if self.errors:
            return values
        specification = values["specification"] or self._select(values)
        try:
            check_seconds(storing_seconds(specification), "to build and to lint")
            check_vocab_size(build(specification).vocab_size)
        except EngineError as error:
            path = error.field.partition("[")[0]
            names = (path, path.partition(".")[0])
            field = next((name for name in names if name in self.fields), None)
            self.add_error(field, str(error))
        except TooCostlyError as error:
            self.add_error(None, str(error))
        values["process"] = specification
        return values

    def _select(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the specification that the fields select."""
        name = values["schedule"] or "linear"
        specification: dict[str, Any] = {"schedule": {"type": name}}
        if name in PRESETS:
            specification = dict(PRESETS[name].specification)
        if values["graph"]:
            specification["graph"] = {"type": values["graph"]}
        for part, paths in self.parameters.items():
            for path in paths:
                if values[path] is not None:
                    specification[part][path.partition(".")[2]] = values[path]
        for size in ("num_timesteps", "vocab_size"):
            if values[size] is not None:
                specification[size] = values[size]
        return specification


class ImportForm(forms.Form):
    """A configuration of another project, pasted or dropped, or one of our own."""

    config = LongTextFormField(
        max_length=MAX_TEXT,
        strip=False,
        label="Configuration",
        help_text="YAML or JSON, whole or the part about the noise. A file can be "
        "dropped here.",
        widget=forms.Textarea(
            {"rows": 14, "spellcheck": "false", "class": "code", "data-drop": ""}
        ),
    )
    source = forms.ChoiceField(
        initial=AUTO,
        choices=[(AUTO, "find out"), *((name, name) for name in SOURCES)],
        label="Project",
    )
    vocab_size = SizeField(
        VOCAB_SIZE, label="Vocabulary", help_text="Replaces the configuration's."
    )
    num_timesteps = SizeField(
        NUM_TIMESTEPS, label="Timesteps", help_text="Replaces the configuration's."
    )

    def clean(self) -> dict[str, Any]:
        """Add ``source`` as it was found, and ``imported``."""
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            values["source"], values["imported"] = import_from(
                values["source"],
                values["config"],
                vocab_size=values["vocab_size"],
                num_timesteps=values["num_timesteps"],
            )
            specification = values["imported"].spec
            check_seconds(storing_seconds(specification), "to build and to lint")
            check_vocab_size(build(specification).vocab_size)
        except EngineError as error:
            needs_size = error.code == "unknown_tokenizer"
            self.add_error("vocab_size" if needs_size else "config", error.sentence)
        except TooCostlyError as error:
            self.add_error(None, str(error))
        return values
