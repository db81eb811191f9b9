"""The form of a noise process to check, whose values are the query of the page."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from noising.budget import TooCostlyError, check_seconds, check_vocab_size
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


class ProcessForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""


class CheckForm(ProcessForm):
    """A schedule type or a published model, or a specification in its place."""

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
        specification = values["specification"] or _select(values)
        try:
            check_seconds(storing_seconds(specification), "to build and to lint")
            check_vocab_size(build(specification).vocab_size)
        except EngineError as error:
            field = error.field.partition(".")[0]
            self.add_error(field if field in self.fields else None, str(error))
        except TooCostlyError as error:
            self.add_error(None, str(error))
        values["process"] = specification
        return values


class ImportForm(ProcessForm):
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
            self.add_error("config", error.sentence)
        except TooCostlyError as error:
            self.add_error(None, str(error))
        return values


def _select(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification that the fields select."""
    name = values["schedule"] or "linear"
    specification: dict[str, Any] = {"schedule": {"type": name}}
    if name in PRESETS:
        specification = dict(PRESETS[name].specification)
    if values["graph"]:
        specification["graph"] = {"type": values["graph"]}
    for size in ("num_timesteps", "vocab_size"):
        if values[size] is not None:
            specification[size] = values[size]
    return specification
